/**
 * The types that an event's field may have, scalars, enums and lists of them, and the three things that are
 * asked of one: does a value out of a record fit it, what text stands for a value in a template, in a path
 * or in a query string, and what value does such a text stand for. Values are what JSON holds.
 */
import { type GraphQLType, getNullableType, isEnumType, isListType, isNonNullType, isScalarType } from 'graphql'
import { parseDateTime } from './date-time.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** JSON.stringify overflows the stack on what JSON.parse reads without ado: a value this deep fits no type. */
const MAX_NESTING = 100

const INT = /^(?:0|-?[1-9]\d{0,9})$/
const FLOAT = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Whether a field or an argument of an event may have this type. */
export function isFieldType(type: GraphQLType): boolean {
  const nullable = getNullableType(type)
  const item = isListType(nullable) ? getNullableType(nullable.ofType) : nullable
  return isScalarType(item) || isEnumType(item)
}

/** Whether a value out of a record is one of this type. A property that is absent counts as null. */
export function fits(type: GraphQLType, value: unknown): value is Json {
  if (isNonNullType(type)) return value !== null && value !== undefined && fits(type.ofType, value)
  if (value === null || value === undefined) return true
  if (isListType(type)) return Array.isArray(value) && value.every((item) => fits(type.ofType, item))
  if (isEnumType(type)) return typeof value === 'string' && type.getValue(value) !== undefined
  if (!isScalarType(type)) return false
  switch (type.name) {
    case 'Int':
      return Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0x7fffffff
    case 'Float':
      return Number.isFinite(value)
    case 'Boolean':
      return typeof value === 'boolean'
    case 'String':
    case 'ID':
    case 'Cursor':
      return typeof value === 'string'
    case 'DateTime':
      return typeof value === 'string' && parseDateTime(value) !== null
    default:
      return isJson(value, MAX_NESTING) // a scalar of the user's own is whatever JSON holds
  }
}

function isJson(value: unknown, levels: number): value is Json {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  return value === null || (levels > 0 && Object.values(value).every((inner) => isJson(inner, levels - 1)))
}

/** The text that stands for a scalar or enum value. */
export function toText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The scalar or enum value that a text stands for; undefined where it stands for none. */
export function fromText(type: GraphQLType, text: string): Json | undefined {
  if (isNonNullType(type)) return fromText(type.ofType, text)
  const value = readText(type, text)
  return value !== undefined && fits(type, value) ? value : undefined
}

function readText(type: GraphQLType, text: string): Json | undefined {
  if (!isScalarType(type)) return isEnumType(type) ? text : undefined
  switch (type.name) {
    case 'Int':
      return INT.test(text) ? Number(text) : undefined
    case 'Float':
      return FLOAT.test(text) ? Number(text) : undefined
    case 'Boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    default:
      return text
  }
}
