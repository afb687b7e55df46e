/**
 * `@rest(path, reply)`: a path of literal segments and `{argument}` segments, and the text that it answers.
 */
import { type GraphQLField, type GraphQLSchema, getNullableType, isListType } from 'graphql'
import type { MutationField } from './catalogue.ts'
import { SchemaRefusal } from './refusal.ts'
import { Template } from './template.ts'

export type Segment = { readonly literal: string } | { readonly argument: string }

export interface RestRoute {
  /** As declared, `/join_guild/{guildName}`. */
  readonly path: string
  readonly segments: readonly Segment[]
  readonly reply: Template
}

/**
 * Which of two routes that both match a path is asked first: the one of the lesser text. At the first
 * segment in which they differ, a literal goes before an argument.
 */
export function precedence({ segments }: RestRoute): string {
  return segments.map((segment) => ('literal' in segment ? '0' : '1')).join('')
}

/** What Herald serves itself, now or in a later version: no event's path may lie over one. */
export const RESERVED_PATHS: readonly string[] = [
  '/graphql',
  '/livez',
  '/readyz',
  '/metrics',
  '/console',
  '/session',
  '/openapi.json',
  '/asyncapi.json',
  '/schema.graphql',
]

/** Parses the directive's arguments. Throws `SchemaRefusal`. */
export function parseRestRoute(
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  path: string,
  reply: string,
): RestRoute {
  const refuse = (message: string) => new SchemaRefusal(coordinate, field.astNode ?? undefined, `@rest: ${message}`)
  const pathTemplate = attempt(() => new Template(path), refuse)
  const replyTemplate = attempt(() => new Template(reply), refuse)
  const type = (name: string) => field.args.find((argument) => argument.name === name)?.type
  for (const name of [...pathTemplate.names, ...replyTemplate.names]) {
    if (type(name) === undefined) throw refuse(`{${name}} names no argument of ${coordinate}`)
    if (isListType(getNullableType(type(name))))
      throw refuse(`{${name}} is a list, which no segment and no reply holds`)
  }
  if (!path.startsWith('/')) throw refuse(`the path "${path}" must begin with /`)
  if (/[?#%\\\s]/.test(path)) throw refuse(`the path "${path}" holds ?, #, %, \\ or white space; write it decoded`)
  const parts = path === '/' ? [] : path.slice(1).split('/')
  const segments = parts.map((part): Segment => {
    if (part === '') throw refuse(`the path "${path}" has an empty segment, or ends with /`)
    if (!part.includes('{')) return { literal: part }
    if (/^\{[^{}]*\}$/.test(part)) return { argument: part.slice(1, -1) }
    throw refuse(`the segment "${part}" mixes text and an argument; {argument} takes a whole segment`)
  })
  return { path, segments, reply: replyTemplate }
}

/** No two paths are equal, and none lies over a reserved one. Throws `SchemaRefusal`. */
export function checkRoutes(mutations: readonly MutationField[], schema: GraphQLSchema): void {
  const seen = new Map<string, string>()
  for (const { name, rest } of mutations) {
    if (rest === null) continue
    const refuse = (message: string) => {
      const node = schema.getMutationType()?.getFields()[name]?.astNode ?? undefined
      return new SchemaRefusal(`Mutation.${name}`, node, `@rest(path: "${rest.path}"): ${message}`)
    }
    const reserved = RESERVED_PATHS.find((path) => covers(rest, path.slice(1).split('/')))
    if (reserved !== undefined) throw refuse(`it lies over ${reserved}, which Herald serves itself`)
    const shape = rest.segments.map((segment) => ('literal' in segment ? `/${segment.literal}` : '/{}')).join('')
    const other = seen.get(shape)
    if (other !== undefined) throw refuse(`Mutation.${other} has the same path`)
    seen.set(shape, name)
  }
}

function covers(route: RestRoute, path: readonly string[]): boolean {
  // Below a reserved path too: /graphql/{name} would make a part of /graphql's own space an event.
  const compared = Math.min(route.segments.length, path.length)
  if (compared < path.length) return false
  return path.every((part, index) => {
    const segment = route.segments[index]!
    return 'literal' in segment ? segment.literal === part : route.segments.length === path.length
  })
}

function attempt<T>(make: () => T, refuse: (message: string) => SchemaRefusal): T {
  try {
    return make()
  } catch (error) {
    throw refuse((error as Error).message)
  }
}
