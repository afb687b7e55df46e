/**
 * The port between Herald and a log of records. Two adapters implement it: `kafka/` (a Kafka topic) and
 * `embedded/` (LMDB, one partition). `test/log/event-log.suite.ts` states every duty below as a test and
 * runs over both; the comments here say whose duty each thing is.
 *
 * Positions: a partition is a number from 0 up, an offset is the place of a record in its partition. Offsets
 * rise, and need not be contiguous (compaction and transaction markers leave holes). `next` always means
 * the offset to go on from, so a log that is empty has end 0. Offsets are plain numbers: 2^53 is out of
 * reach for a topic.
 *
 * Errors: an adapter throws `HeraldError` with a code of the table and nothing else on purpose:
 * LOG_UNAVAILABLE (the log is away, the deadline passed), OVERLOADED (queue full), RECORD_TOO_LARGE,
 * CURSOR_EXPIRED (retention or another incarnation of the topic took the place away).
 */

import type { LogRecord } from './record.ts'

/** A record as it was read: anybody may have written it, so every part of it is to be distrusted. */
export type { LogRecord }

/** Next offset of every partition; the index is the partition. */
export type Vector = readonly number[]

export type RecordHeaders = readonly (readonly [name: string, value: string])[]

/** A record to append. The adapter chooses the partition: by `key` as Kafka's default partitioner does. */
export interface NewRecord {
  readonly key: string | null
  readonly value: Buffer
  readonly headers: RecordHeaders
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** Where an acknowledged record is. */
export interface Appended {
  readonly partition: number
  readonly offset: number
  /** The log's own timestamp where it sets one (Kafka's LogAppendTime), else the record's. Milliseconds. */
  readonly timestamp: number
}

/** A run of one partition's records, in offset order. May be empty: then it only moves `next` on. */
export interface Batch {
  readonly partition: number
  readonly records: readonly LogRecord[]
  /** Where to go on: past the last record, and past holes and control records that follow it. */
  readonly next: number
  /** Size of the records in bytes, about; what bounds of memory and of scanning are counted in. */
  readonly bytes: number
}

/** Takes one batch of a tail; returns nothing where it is done with it at once. */
export type Take = (batch: Batch) => Promise<void> | undefined

export interface ReadOptions {
  readonly signal?: AbortSignal
  /** About how many bytes one fetch should bring at most. Default 1 MiB. */
  readonly batchBytes?: number
  /** About how many records will be taken: fetches begin that small and grow, and nothing is fetched that is not needed. */
  readonly records?: number
}

export type Health = { readonly up: true } | { readonly up: false; readonly reason: string }

/** A log that cannot be opened as things are; `message` is one line that says what to do. */
export class LogRefusal extends Error {
  override readonly name = 'LogRefusal'
}

export interface EventLog {
  /** Kafka's topic, and its name in records, cursors and `Record.topic`. */
  readonly topic: string

  /**
   * Which life of the topic this is, 16 bytes: Kafka's topic id, a stored UUID when embedded. A topic that
   * is deleted and made again has another. Throws LOG_UNAVAILABLE while the log was never reached.
   */
  incarnation(): Buffer

  /**
   * Resolves once the log can be used. Never rejects for an absent log: the adapter keeps trying by itself
   * until `close`. The caller's duty is to bound the wait.
   */
  ready(): Promise<void>

  /**
   * Appends one record and resolves at durable acknowledgement (Kafka acks=all; embedded: synced to disk),
   * never before. Records of one partition are written in the order of the calls. Batching is the adapter's
   * duty: calls made while a batch is under way go together in the next. Retrying is the adapter's duty
   * too, and never doubles a record. Rejects within 5 s in any case, with `outcome` on the error: NOT_WRITTEN
   * is a promise. OVERLOADED (NOT_WRITTEN) at once when the queue is full; RECORD_TOO_LARGE (NOT_WRITTEN)
   * at once, without harm to other records.
   */
  append(record: NewRecord): Promise<Appended>

  /** Read-committed end of every partition, asked freshly. Rejects with LOG_UNAVAILABLE within 5 s. */
  ends(): Promise<Vector>

  /** The oldest offset that is kept, of every partition. Rejects with LOG_UNAVAILABLE within 5 s. */
  beginnings(): Promise<Vector>

  /**
   * In every partition the offset of the first record whose timestamp is at or after `timestamp`
   * (milliseconds), the end where there is none, the beginning for times before 1970.
   * Rejects with LOG_UNAVAILABLE within 5 s.
   */
  offsetsAt(timestamp: number): Promise<Vector>

  /**
   * Reads one partition's committed records with `from <= offset < to`, in order, and ends as soon as `to`
   * is reached: also where the last offsets before it hold no record (empty, compacted, control records,
   * aborted transactions). The caller must take `to` from `ends()`. Nothing is fetched ahead of demand by
   * more than one batch. Throws CURSOR_EXPIRED if `from` is no longer kept, LOG_UNAVAILABLE if nothing
   * arrives for 5 s. Leaving the loop, or the signal, releases everything; an aborted read just ends.
   */
  read(partition: number, from: number, to: number, options?: ReadOptions): AsyncIterable<Batch>

  /**
   * Everything from `from` on, for ever, as it is committed: each partition in order, nothing left out,
   * nothing twice, through outages and leader changes (the adapter's duty). Each batch is given to `take` in the
   * turn in which it came; the next one when what that returned has resolved: this is the back-pressure. Partitions
   * added later are read from 0 within 10 s; partitions beyond `from.length` start at 0. Rejects with CURSOR_EXPIRED
   * when the place is gone (retention overtook it, or the topic is another incarnation): then the caller must tell
   * its subscribers; and with what `take` throws. Resolves when the signal aborts; nothing is taken any more then.
   */
  tail(from: Vector, take: Take, signal: AbortSignal): Promise<void>

  /** Records that wait for their acknowledgement, those that are on their way included. */
  queued(): number

  /** What is known now, without asking; at most 5 s old. */
  health(): Health

  /** Sends what is queued (for 5 s at most), then releases everything; idempotent. */
  close(): Promise<void>
}
