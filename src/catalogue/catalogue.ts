/**
 * The catalogue: what the SDL declares, read once at start (build.ts). Everything that knows an event's name
 * derives it from here: resolvers, REST routes, encoder, decoder, metrics' labels, the start-up table.
 */
import type { DocumentNode, GraphQLArgument, GraphQLOutputType, GraphQLSchema } from 'graphql'
import type { RestRoute } from './rest-route.ts'
import type { Template } from './template.ts'

/** A field of an event beyond the interface's six. */
export interface EventField {
  readonly name: string
  readonly type: GraphQLOutputType
}

/** An event: an object type with `@event`. */
export interface EventType {
  /** The object type's name, `GuildJoined`. */
  readonly name: string
  /** Template of `event_type`. */
  readonly type: Template
  /** Template of the record's key; null: the record has none. */
  readonly key: Template | null
  /** All fields beyond the six. */
  readonly fields: readonly EventField[]
  /** Those of them that are properties of the record's JSON: the template does not hold them. */
  readonly properties: readonly EventField[]
  /** Roles of `@allow`, one of which is needed to publish or read it; null: it asks for none. */
  readonly roles: readonly string[] | null
}

/** A mutation, and the event that it publishes. */
export interface MutationField {
  readonly name: string
  readonly event: EventType
  readonly arguments: readonly GraphQLArgument[]
  readonly rest: RestRoute | null
}

/** A subscription field, and what it streams. */
export interface SubscriptionField {
  readonly name: string
  /** The event's type that it is restricted to; null: all events. */
  readonly event: EventType | null
  /** Names of the arguments that are filters by equality. */
  readonly filters: readonly string[]
}

export interface Catalogue {
  /** The whole SDL, vocabulary included, root types merged. */
  readonly document: DocumentNode
  /** The executable schema, without resolvers. */
  readonly schema: GraphQLSchema
  readonly events: readonly EventType[]
  readonly mutations: readonly MutationField[]
  readonly subscriptions: readonly SubscriptionField[]
}
