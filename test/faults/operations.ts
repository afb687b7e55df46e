/** The subscriptions that the clients under faults use, and how an event of theirs is read. */
import { print } from 'graphql'
import { graphql } from '../generated/index.ts'
import type { Asked } from './connection.ts'
import type { Entry, Wanted } from './history.ts'

const EVENTS =
  graphql(`subscription FaultsEvents($after: Cursor, $from: Position, $until: Until, $filter: EventFilter) {
  stream: events(after: $after, from: $from, until: $until, filter: $filter) {
    cursor record { partition offset } ... on GuildJoined { guildName }
  }
}`)
const GUILDS = graphql(`subscription FaultsGuilds($after: Cursor, $from: Position) {
  stream: guildJoined(after: $after, from: $from) { cursor guildName record { partition offset } }
}`)

const SUBSCRIPTIONS = { events: print(EVENTS), guildJoined: print(GUILDS) } as const

/** The request for what is asked, behind a cursor or, for null, at its beginning. */
export function requestFor({ field, isArchive, ...filter }: Asked, after: string | null) {
  return {
    query: SUBSCRIPTIONS[field],
    variables: {
      ...(after !== null && { after }),
      ...(isArchive && { from: 'EARLIEST', until: 'END' }),
      ...filterFor(filter),
    },
  }
}

/** The vocabulary's filter for the events that are asked for, as the variable. */
export function filterFor({ prefix, among }: Filter) {
  if (prefix !== null) return { filter: { type: { startsWith: `joined_guild:${prefix}` } } }
  if (among !== null) return { filter: { type: { in: among.map((name) => `joined_guild:${name}`) } } }
  return {}
}

/** What the checker holds such a filter to; null: all. */
export function wantedBy({ prefix, among }: Filter): Wanted | null {
  if (prefix !== null) return { words: `filter ${prefix}`, wants: (name) => name.startsWith(prefix) }
  if (among === null) return null
  const names = new Set(among)
  return { words: `a filter of ${names.size} names`, wants: (name) => names.has(name) }
}

type Filter = Pick<Asked, 'prefix' | 'among'>

/** A result of one of the subscriptions. */
export interface StreamResult {
  readonly data?: { readonly stream: StreamedEvent } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

interface StreamedEvent {
  readonly cursor: string
  readonly guildName?: string
  readonly record: { readonly partition: number; readonly offset: string }
}

/** An event's name and place. One that is no joining of a guild is named by its place: nobody published it. */
export function entryOf({ guildName, record: { partition, offset } }: StreamedEvent): Entry {
  return { name: guildName ?? `foreign ${partition}/${offset}`, partition, offset: Number(offset) }
}
