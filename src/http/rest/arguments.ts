/** A mutation's arguments out of a path and a query string: texts become values of the arguments' types. */
import { type GraphQLArgument, getNullableType, isListType, isNonNullType } from 'graphql'
import { fromText, type Json } from '../../catalogue/field-type.ts'
import { HeraldError } from '../../errors.ts'
import type { Properties } from '../../event/event.ts'

/** Throws BAD_USER_INPUT for an argument that is missing, doubled, or no text of its type. */
export function readArguments(
  declared: readonly GraphQLArgument[],
  segments: ReadonlyMap<string, string>,
  query: ReadonlyMap<string, readonly string[]>,
): Properties {
  const values: { [name: string]: Json } = Object.create(null)
  for (const argument of declared) {
    const segment = segments.get(argument.name)
    const texts = segment === undefined ? (query.get(argument.name) ?? []) : [segment]
    values[argument.name] = readArgument(argument, texts)
  }
  return values
}

function readArgument({ name, type, defaultValue }: GraphQLArgument, texts: readonly string[]): Json {
  if (texts.length === 0) {
    if (defaultValue !== undefined) return defaultValue as Json
    if (isNonNullType(type)) throw refuse(`The argument "${name}" is missing: give it in the query string.`)
    return null
  }
  const nullable = getNullableType(type)
  if (isListType(nullable)) return texts.map((text) => read(name, nullable.ofType, text))
  if (texts.length > 1) throw refuse(`The argument "${name}" is given more than once.`)
  return read(name, type, texts[0]!)
}

function read(name: string, type: GraphQLArgument['type'], text: string): Json {
  const value = fromText(type, text)
  if (value === undefined) throw refuse(`The argument "${name}" is no ${getNullableType(type)}.`)
  return value
}

function refuse(message: string): HeraldError {
  return new HeraldError('BAD_USER_INPUT', message, { outcome: 'NOT_WRITTEN' })
}
