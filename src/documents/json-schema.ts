/**
 * JSON Schemas (draft 2020-12, and just as good under draft-07) of what the catalogue's types stand for: a value in
 * a record, a value that comes as text in a path or a query string, and a text that a template makes. They say of
 * a value what catalogue/field-type.ts says; a test holds the one against the other.
 */
import { type GraphQLType, getNullableType, isEnumType, isListType, isNonNullType, isScalarType } from 'graphql'
import type { Template } from '../catalogue/template.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

const SCALARS: { readonly [name: string]: JsonSchema } = {
  Int: { type: 'integer', minimum: -0x80000000, maximum: 0x7fffffff },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  String: { type: 'string' },
  ID: { type: 'string' },
  Cursor: { type: 'string' },
  DateTime: { type: 'string', format: 'date-time' },
}

/** A scalar of the user's own is whatever JSON holds. */
const ANYTHING = ['string', 'number', 'boolean', 'object', 'array']

/** What a field of this type holds in a record's JSON; null where the type allows it. */
export function valueSchema(type: GraphQLType): JsonSchema {
  return isNonNullType(type) ? presentSchema(type.ofType) : orNull(presentSchema(type))
}

/** What an argument of this type holds in a path or a query string: never null, and texts for scalars of the user's own. */
export function textSchema(type: GraphQLType): JsonSchema {
  const nullable = getNullableType(type)
  // A list that is empty cannot be told from one that was left out.
  if (isListType(nullable)) return { type: 'array', items: textSchema(nullable.ofType), minItems: 1 }
  return isScalarType(nullable) && !Object.hasOwn(SCALARS, nullable.name)
    ? titled('string', nullable.name)
    : presentSchema(nullable)
}

/** The texts that a template makes. `typeOf`: the type of the field that a placeholder stands for. */
export function templateSchema(template: Template, typeOf: (name: string) => GraphQLType): JsonSchema {
  if (template.names.length === 0) return { type: 'string', const: template.text }
  const [first, ...others] = template.literals.map(escaped)
  const parts = template.names.map((name, index) => `${textPattern(typeOf(name))}${others[index]}`)
  return { type: 'string', pattern: `^${first}${parts.join('')}$` }
}

function presentSchema(type: GraphQLType): JsonSchema {
  if (isListType(type)) return { type: 'array', items: valueSchema(type.ofType) }
  if (isEnumType(type)) return { ...titled('string', type.name), enum: type.getValues().map(({ name }) => name) }
  if (!isScalarType(type)) throw new Error(`${type} is none of scalar, enum, and list of them`)
  return SCALARS[type.name] ?? titled(ANYTHING, type.name)
}

function titled(type: string | readonly string[], title: string): JsonSchema {
  return { title, type }
}

function orNull(schema: JsonSchema): JsonSchema {
  const values = schema.enum as readonly string[] | undefined
  return { ...schema, type: [schema.type, 'null'].flat(), ...(values && { enum: [...values, null] }) }
}

/** What stands in a text for a value; nothing stands for null. */
function textPattern(type: GraphQLType): string {
  if (!isNonNullType(type)) return `(?:${presentPattern(type)})?`
  return presentPattern(type.ofType)
}

function presentPattern(type: GraphQLType): string {
  if (isEnumType(type))
    return `(?:${type
      .getValues()
      .map(({ name }) => name)
      .join('|')})`
  switch (isScalarType(type) ? type.name : '') {
    case 'Int':
      return '(?:0|-?[1-9][0-9]{0,9})'
    case 'Float':
      return '-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?'
    case 'Boolean':
      return '(?:true|false)'
    default:
      return '[\\s\\S]*'
  }
}

/** As it must be escaped under ECMAScript's flag `u` too, which validators set. */
function escaped(literal: string): string {
  return literal.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&')
}
