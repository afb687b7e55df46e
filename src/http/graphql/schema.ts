/**
 * The executable schema: the catalogue's, with a resolver for each field derived from what the catalogue
 * says of it. No event's name stands here.
 */
import {
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  isScalarType,
  Kind,
  type ValueNode,
} from 'graphql'
import type { Catalogue, MutationField, SubscriptionField } from '../../catalogue/catalogue.ts'
import { parseDateTime } from '../../catalogue/date-time.ts'
import type { Json } from '../../catalogue/field-type.ts'
import type { DecodedEvent, Properties } from '../../event/event.ts'
import type { SdlQueryEventsArgs, SdlSubscriptionEventsArgs } from '../../generated/types.ts'
import { both, eventFilter, fieldFilter } from '../../operations/filter.ts'
import type { Operations } from '../../operations/operations.ts'
import { DEFAULT_PAGE, type Page, type ReplayArguments } from '../../operations/replay.ts'
import type { RequestContext } from '../context.ts'
import { type Asked, copiesIn, spend } from './cost.ts'
import { hold } from './memory.ts'
import { Source } from './stream.ts'

type Resolver = GraphQLFieldResolver<unknown, RequestContext>

/** Gives the catalogue's schema its resolvers. */
export function executableSchema(catalogue: Catalogue, operations: Operations): GraphQLSchema {
  const { schema } = catalogue
  setScalars(schema)
  for (const event of catalogue.events) {
    const fields = objectType(schema, event.name).getFields()
    for (const { name } of event.fields)
      fields[name]!.resolve = (source) => (source as DecodedEvent).parts.properties[name]
  }
  for (const mutation of catalogue.mutations) {
    resolve(schema, 'Mutation', mutation.name, mutationResolver(mutation, operations))
  }
  for (const field of catalogue.subscriptions) {
    const type = objectType(schema, 'Subscription').getFields()[field.name]!
    type.subscribe = subscriptionResolver(field, operations)
    type.resolve = (event) => event
  }
  resolve(schema, 'Query', 'events', (_root, args, context, info) => {
    const copies = copiesIn(info)
    const keep = (bytes: number) => hold(context, bytes * copies)
    return operations.replay({ ...replayArguments(args, context, info), keep }, context.caller, context.signal)
  })
  resolve(schema, 'Query', 'partitions', (_root, _args, { caller }) => operations.partitions(caller))
  const page = (name: string, get: (page: Page) => unknown) =>
    resolve(schema, 'EventConnection', name, (source) => get(source as Page))
  page('nodes', ({ events }) => events)
  page('edges', ({ events }) => events.map((node) => ({ node, cursor: () => node.cursor })))
  page('end', ({ logEnd }) => operations.cursorOf(logEnd))
  page('pageInfo', ({ hasNextPage, hasPreviousPage, start, end }) => ({
    hasNextPage,
    hasPreviousPage,
    startCursor: () => start && operations.cursorOf(start),
    endCursor: () => end && operations.cursorOf(end),
  }))
  return schema
}

/**
 * A replay's arguments, from those of `Query.events` as graphql-js has coerced them, counted against what its request
 * may ask for. Throws BAD_USER_INPUT.
 */
export function replayArguments(
  args: { readonly [name: string]: unknown },
  context: RequestContext,
  asked: Asked,
): ReplayArguments {
  const { since, ...rest } = args as SdlQueryEventsArgs
  const isSearch = eventFilter(rest.filter) !== null || context.caller.rights.readable !== null
  spend(context, asked, rest.first ?? rest.last ?? DEFAULT_PAGE, isSearch)
  return { ...rest, since: moment(since) }
}

function mutationResolver(mutation: MutationField, operations: Operations): Resolver {
  return (_root, args: Properties, { head, caller }, { path }) => {
    const properties: { [name: string]: Json } = Object.create(null)
    for (const { name } of mutation.arguments) properties[name] = argumentOf(args, name)
    return operations.publish({ mutation, field: String(path.key), properties, request: head, caller })
  }
}

function subscriptionResolver({ event, filters }: SubscriptionField, operations: Operations): Resolver {
  return async (_root, args, context) => {
    const { after, from, since, until, filter } = args as SdlSubscriptionEventsArgs
    const values = filters.map((name) => [name, argumentOf(args, name)] as const).filter(([, value]) => value !== null)
    const matches = both(event === null ? null : fieldFilter(event, values), eventFilter(filter))
    const place = { after: context.lastEventId ?? after, from, since: moment(since), until }
    return new Source(await operations.subscribe({ ...place, matches }, context.caller, context))
  }
}

/** Null where the argument is left out. It may be named `constructor`: graphql-js's arguments have a prototype. */
function argumentOf(args: { readonly [name: string]: unknown }, name: string): Json {
  return Object.hasOwn(args, name) ? (args[name] as Json) : null
}

function moment(dateTime: string | null | undefined): number | null {
  return dateTime == null ? null : parseDateTime(dateTime)
}

function setScalars(schema: GraphQLSchema): void {
  setScalar(
    schema,
    'DateTime',
    (text) => parseDateTime(text) !== null,
    'DateTime must be RFC 3339, such as "2026-11-24T12:00:00.000Z".',
  )
  setScalar(schema, 'Cursor', () => true, 'Cursor must be a string that Herald gave out.')
}

/** A scalar that is a string in JSON and in documents; `refusal` says what else it must be. */
function setScalar(schema: GraphQLSchema, name: string, isGood: (text: string) => boolean, refusal: string): void {
  const scalar = schema.getType(name)
  if (!isScalarType(scalar)) throw new Error(`${name} is no scalar`)
  const parse = (value: unknown, nodes?: ValueNode) => {
    if (typeof value === 'string' && isGood(value)) return value
    throw new GraphQLError(refusal, { nodes: nodes ?? null })
  }
  scalar.parseValue = (value) => parse(value)
  scalar.parseLiteral = (node) => parse(node.kind === Kind.STRING ? node.value : null, node)
}

function resolve(schema: GraphQLSchema, typeName: string, fieldName: string, resolver: Resolver): void {
  objectType(schema, typeName).getFields()[fieldName]!.resolve = resolver
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType<unknown, RequestContext> {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new Error(`${name} is no object type`)
  return type
}
