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

export type Answer =
  /** `place` is null where the protocol tells none (REST). */
  | { readonly kind: 'acknowledged'; readonly place: Place | null }
  | { readonly kind: 'failed'; readonly code: string; readonly outcome: Outcome }
  /** The connection ended, or could not be made, before an answer came. */
  | { readonly kind: 'none'; readonly why: string }

export interface Publish {
  readonly name: string
  readonly publisher: string
  readonly invokedAt: number
  readonly endedAt: number
  readonly answer: Answer
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

/** One logical subscriber, over all its connections. */
export interface Stream {
  readonly subscriber: string
  /** When its place was known to be pinned: whatever was published after that must reach it. Null: never. */
  pinnedAt: number | null
  /** Whether it left before the end: then it is owed nothing behind its last delivery. */
  readonly left: boolean
  readonly connections: Connection[]
  readonly deliveries: Delivery[]
}

export interface Fault {
  readonly name: string
  readonly from: number
  /** When what was broken was whole again. */
  readonly to: number
}

export interface History {
  readonly publishes: readonly Publish[]
  readonly streams: readonly Stream[]
  /** Each a whole replay through one gateway, in its order. */
  readonly replays: readonly { readonly gateway: string; readonly entries: readonly Entry[] }[]
  /** All that is in the log, as another reader than Herald read it, sorted by partition and offset. */
  readonly log: readonly Entry[]
  readonly faults: readonly Fault[]
  /** When the publishers were told to stop. */
  readonly loadEndedAt: number
  /** What must never happen and is no single event's matter: a gateway that ended by itself, a cursor refused. */
  readonly accidents: readonly string[]
}
