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

/** What a subscriber asks for. */
export interface Asked {
  /** The subscription field that it streams. */
  readonly field: 'events' | 'guildJoined'
  /** Only events whose publisher's name begins so; null: all. Of `events` alone. */
  readonly prefix: string | null
  /** Only the events of these names; null: all. Of `events` alone. */
  readonly among: readonly string[] | null
  /** Everything from the beginning to the end that the log has when it is asked; else what is new, for ever. */
  readonly isArchive: boolean
}

/**
 * Opens one connection to a gateway; `after` null begins with what is new, or at the beginning. `shared`: the name of
 * the WebSocket that it shares with others. The result closes it at once.
 */
export type Open = (
  gateway: string,
  asked: Asked,
  after: string | null,
  listener: Listener,
  shared: string | null,
) => () => void

/** Why a connection ended where the gateway said that nothing more comes. */
export const COMPLETE = 'complete'
