/** What a subscriber and one connection of it say to each other, whatever the transport. */
import type { Entry } from './history.ts'

/** What a connection tells. */
export interface Listener {
  /** The subscription's place is pinned; for a first connection that was asked for what is new. */
  pinned(cursor: string): void
  /** Where the log is, without an event. */
  progress(cursor: string): void
  event(entry: Entry, cursor: string): void
  /** It has ended, for this reason; told once, and nothing after it. `code`: of the GraphQL error, if any. */
  ended(why: string, code: string | null): void
}

/** Opens one connection to a gateway; `after` null begins with what is new. The result closes it at once. */
export type Open = (gateway: string, field: Field, after: string | null, listener: Listener) => () => void

/** The subscription field that it streams. */
export type Field = 'events' | 'guildJoined'

/** Why a connection ended where the gateway said that nothing more comes. */
export const COMPLETE = 'complete'
