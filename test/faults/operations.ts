/** The subscriptions that the clients under faults use, and how an event of theirs is read. */
import { print } from 'graphql'
import { graphql } from '../generated/index.ts'
import type { Entry } from './history.ts'

const EVENTS = graphql(`subscription FaultsEvents($after: Cursor) {
  stream: events(after: $after) { cursor record { partition offset } ... on GuildJoined { guildName } }
}`)
const GUILDS = graphql(`subscription FaultsGuilds($after: Cursor) {
  stream: guildJoined(after: $after) { cursor guildName record { partition offset } }
}`)

/** The documents by the field that they stream. */
export const SUBSCRIPTIONS = { events: print(EVENTS), guildJoined: print(GUILDS) } as const

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
