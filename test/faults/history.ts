/**
 * What a run under faults records: every publish with its answer, every delivery with its place, what a replay
 * through Herald gave, and what the log held in the end as a reader that is not Herald saw it. The checker
 * judges nothing but this. Times are milliseconds of one process's monotonic clock.
 *
 * Every publish carries a name that no other has, so a record tells which publish it came from.
 */
import type { Outcome } from '../../src/errors.ts'

/** A place in the log. */
export interface Place {
  readonly partition: number
  readonly offset: number
}

/** A record's name, at its place. */
export interface Entry extends Place {
  readonly name: string
}

/** A record that the log holds. */
export interface Logged extends Entry {
  /** The record's, in milliseconds since 1970. */
  readonly timestamp: number
}

/** Which events somebody asked for. */
export interface Wanted {
  readonly words: string
  wants(name: string): boolean
}

export type Answer =
  /** `place` is null where the protocol tells none (REST). */
  | { readonly kind: 'acknowledged'; readonly place: Place | null }
  | { readonly kind: 'failed'; readonly code: string; readonly outcome: Outcome }
  /** The connection ended, or could not be made, before an answer came. */
  | { readonly kind: 'none'; readonly why: string }

/** The same event asked for once more, with the same Idempotency-Key. */
export interface Retry {
  readonly answer: Answer
  /** Whether the process that it asked surely is the one of the first attempt: the connection was the same. */
  readonly isSameProcess: boolean
}

export interface Publish {
  readonly name: string
  readonly publisher: string
  readonly invokedAt: number
  readonly endedAt: number
  /** The first success if there is one, else the last answer. */
  readonly answer: Answer
  /** Where an Idempotency-Key was sent: the first attempt's answer, and those of the others. */
  readonly keyed?: { readonly first: Answer; readonly retries: readonly Retry[] }
}

export interface Delivery extends Entry {
  readonly at: number
  /** Index of the connection that it came over. */
  readonly connection: number
}

/** One connection of a subscriber. */
export interface Connection {
  readonly gateway: string
  /** The cursor that it resumed from; null: it began with what is new. */
  readonly after: string | null
  readonly at: number
  /** Why it ended. */
  end: string | null
}

/** One logical subscriber, over all its connections, or one who reads the log through page by page. */
export interface Stream {
  readonly subscriber: string
  /** When its place was known to be pinned: whatever was published after that must reach it. Null: never. */
  pinnedAt: number | null
  /** Whether it left before the end: then it is owed nothing behind its last delivery. */
  readonly left: boolean
  /** Null: every event. */
  readonly wanted: Wanted | null
  /** Whether it began at the log's beginning: then it is owed everything from there on. */
  readonly isFromBeginning: boolean
  /** What was acknowledged before this moment it is owed in any case: it was told that it has all of it. Null: not. */
  hasAllBefore: number | null
  readonly connections: Connection[]
  readonly deliveries: Delivery[]
}

/** A whole replay through one gateway, in its order. */
export interface Replay {
  readonly gateway: string
  readonly entries: readonly Entry[]
  /** Null: every event. */
  readonly wanted: Wanted | null
  /** In each partition from the first record on that is as old, in milliseconds since 1970; null: from the beginning. */
  readonly since: number | null
}

export interface Fault {
  readonly name: string
  readonly from: number
  /** When what was broken was whole again. */
  readonly to: number
  /** When every client had been served again after that; null: not within the run's patience. */
  readonly servedAt: number | null
}

export interface History {
  readonly publishes: readonly Publish[]
  readonly streams: readonly Stream[]
  readonly replays: readonly Replay[]
  /** All that is in the log, as another reader than Herald read it, sorted by partition and offset. */
  readonly log: readonly Logged[]
  readonly faults: readonly Fault[]
  /** When the publishers were told to stop. */
  readonly loadEndedAt: number
  /** What must never happen and is no single event's matter: a gateway that ended by itself, a cursor refused. */
  readonly accidents: readonly string[]
}
