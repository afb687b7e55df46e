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
  return readerOf(type).fits(value)
}

/** The scalar or enum value that a text stands for; undefined where it stands for none. */
export function fromText(type: GraphQLType, text: string): Json | undefined {
  const { fits, read } = readerOf(type)
  const value = read(text)
  return value !== undefined && fits(value) ? value : undefined
}

/** The text that stands for a scalar or enum value. */
export function toText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What is asked of one type. */
interface TypeReader {
  readonly fits: (value: unknown) => boolean
  /** What a text would stand for, if that fits. */
  readonly read: (text: string) => Json | undefined
}

/** Made once for each type: to ask graphql-js what kind it is of costs more than all else, for each value again. */
const readers = new WeakMap<GraphQLType, TypeReader>()

function readerOf(type: GraphQLType): TypeReader {
  let reader = readers.get(type)
  if (reader === undefined) {
    reader = makeReader(type)
    readers.set(type, reader)
  }
  return reader
}

function makeReader(type: GraphQLType): TypeReader {
  if (isNonNullType(type)) {
    const { fits, read } = makeReader(type.ofType)
    return { fits: (value) => !isAbsent(value) && fits(value), read }
  }
  const present = makePresent(type)
  return { fits: (value) => isAbsent(value) || present(value), read: makeRead(type) }
}

function isAbsent(value: unknown): boolean {
  return value === null || value === undefined
}

/** Whether a value that is there fits. */
function makePresent(type: GraphQLType): TypeReader['fits'] {
  if (isListType(type)) {
    const { fits } = makeReader(type.ofType)
    return (value) => Array.isArray(value) && value.every(fits)
  }
  if (isEnumType(type)) return (value) => typeof value === 'string' && type.getValue(value) !== undefined
  if (!isScalarType(type)) return () => false
  switch (type.name) {
    case 'Int':
      return (value) => Number.isInteger(value) && (value as number) >= -0x80000000 && (value as number) <= 0x7fffffff
    case 'Float':
      return Number.isFinite
    case 'Boolean':
      return (value) => typeof value === 'boolean'
    case 'String':
    case 'ID':
    case 'Cursor':
      return (value) => typeof value === 'string'
    case 'DateTime':
      return (value) => typeof value === 'string' && parseDateTime(value) !== null
    default:
      return (value) => isJson(value, MAX_NESTING) // a scalar of the user's own is whatever JSON holds
  }
}

function makeRead(type: GraphQLType): TypeReader['read'] {
  if (!isScalarType(type)) return isEnumType(type) ? (text) => text : () => undefined
  switch (type.name) {
    case 'Int':
      return (text) => (INT.test(text) ? Number(text) : undefined)
    case 'Float':
      return (text) => (FLOAT.test(text) ? Number(text) : undefined)
    case 'Boolean':
      return (text) => (text === 'true' ? true : text === 'false' ? false : undefined)
    default:
      return (text) => text
  }
}

function isJson(value: unknown, levels: number): value is Json {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean'
  return value === null || (levels > 0 && Object.values(value).every((inner) => isJson(inner, levels - 1)))
}
