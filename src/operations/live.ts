/**
 * Live: the process's one tail of the log, shared by all subscribers. It keeps the vector of what it has
 * handed out; a follower that joins is pinned to that vector at once, and gets everything behind it. A
 * follower's queue is bounded: one that does not keep up loses its queue, not its place, and reads on from
 * the log (subscribe.ts). So nobody waits for anybody, and an event is kept in memory once however many
 * queues hold it.
 *
 * LATEST means: behind all that was acknowledged, and before all that is not yet. The tail may be on either
 * side of that line: it may lag behind an acknowledgement, and it may see a record before its publisher does.
 * So every publishing goes through here, and says when it began and what became of it.
 */

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { HeraldError } from '../errors.ts'
import type { Decoder } from '../event/decode.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { Appended, Batch, EventLog, Vector } from '../log/event-log.ts'
import type { Matches } from './filter.ts'
import { later } from './places.ts'

const QUEUE_EVENTS = 10_000
const QUEUE_BYTES = 16 * 1024 * 1024
/** How many records, or bytes, to hand out before sockets get their turn. */
const TURN = { records: 256, bytes: 256 * 1024 }
/** How long the start of the tail waits before it tries again. */
const RETRY_MS = 200
/** How long an operation waits for a log that was never reached. */
const BEGIN_MS = 4_500
/** How many operations may wait so, and how many bytes their records may hold. */
const WAITING = { operations: 10_000, bytes: 64 * 1024 * 1024 }
/** How often a follower to which nothing matches hears how far the log is. */
const PROGRESS_MS = 1_000

/** What a follower is told: an event, or only how far the log has come. */
export type LiveItem = { readonly event: DecodedEvent } | { readonly progress: Vector }

/** A subscriber's view of the tail. */
export class Follower {
  /** Set when the queue ran over: it is empty, and the follower is no longer fed. */
  overrun = false
  error: HeraldError | null = null
  readonly #pin: Vector
  readonly #matches: Matches | null
  #items: LiveItem[] = []
  #bytes = 0
  #wake: (() => void) | null = null
  #progressAt = Date.now()

  constructor(pin: Vector, matches: Matches | null) {
    this.#pin = pin
    this.#matches = matches
  }

  /** Feeds one event; `event` is decoded once for all followers. Returns false if it takes no more. */
  offer(event: DecodedEvent): boolean {
    const { partition, offset, bytes } = event.parts
    // Acknowledged before this follower came, though the tail sees it only now.
    if (offset < (this.#pin[partition] ?? 0)) return true
    if (this.#matches !== null && !this.#matches(event)) return true
    if (this.#items.length >= QUEUE_EVENTS || this.#bytes + bytes > QUEUE_BYTES) {
      this.overrun = true
      this.#items = []
      this.#notify()
      return false
    }
    this.#items.push({ event })
    this.#bytes += bytes
    this.#progressAt = Date.now()
    this.#notify()
    return true
  }

  /** Tells a follower for which nothing matched how far the log is, now and then. */
  moveOn(vector: Vector, now: number): void {
    if (now - this.#progressAt < PROGRESS_MS || this.#items.length > 0) return
    this.#progressAt = now
    this.#items.push({ progress: vector })
    this.#notify()
  }

  fail(error: HeraldError): void {
    this.error = error
    this.#notify()
  }

  /** All that is queued; empty when the queue ran over, the follower failed, or the signal aborted. */
  async take(signal: AbortSignal): Promise<readonly LiveItem[]> {
    while (this.#items.length === 0 && !this.overrun && this.error === null && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', this.#notify, { once: true })
      })
      signal.removeEventListener('abort', this.#notify)
    }
    const items = this.#items
    this.#items = []
    this.#bytes = 0
    return items
  }

  #notify = (): void => {
    this.#wake?.()
    this.#wake = null
  }
}

export interface LiveDependencies {
  readonly log: EventLog
  readonly decoder: Decoder
}

/** An append that has no answer yet: its record is at or behind what the tail had handed out when it began. */
interface UnderWay {
  readonly since: Vector
}

export class Live {
  readonly #log: EventLog
  readonly #decoder: Decoder
  readonly #followers = new Set<Follower>()
  readonly #stop = new AbortController()
  /** Per partition, behind the last event that this process published. */
  readonly #acknowledged: number[] = []
  /** In the order of their beginning. */
  readonly #underWay = new Set<UnderWay>()
  readonly #waiting = new Set<() => void>()
  #waitingBytes = 0
  #vector: Vector | null = null
  #running: Promise<void> | null = null
  #recordAt: number | null = null

  constructor({ log, decoder }: LiveDependencies) {
    this.#log = log
    this.#decoder = decoder
  }

  /** What the tail has handed out; null while the log was not yet reached. */
  get vector(): Vector | null {
    return this.#vector
  }

  /** When the last record that the tail has handed out was written, in milliseconds since 1970; null: none yet. */
  get recordAt(): number | null {
    return this.#recordAt
  }

  /** How many subscribers the tail feeds now. */
  get followers(): number {
    return this.#followers.size
  }

  /** Begins to follow the log, through outages, until `close`. */
  start(): void {
    this.#running ??= this.#follow()
  }

  /**
   * Resolves once the log was reached and the tail has its first vector. Every operation waits for it, and
   * publishing too: were an event acknowledged before the tail has a place, a subscriber that came before
   * the acknowledgement could not be pinned before the event. `bytes`: what the operation holds in memory
   * meanwhile. Throws LOG_UNAVAILABLE inside 5 s, OVERLOADED.
   */
  async begun(bytes = 0): Promise<void> {
    if (this.#vector !== null) return
    if (this.#waiting.size >= WAITING.operations || this.#waitingBytes + bytes > WAITING.bytes) {
      throw new HeraldError('OVERLOADED', 'Too many requests wait for the log. Try again.', { outcome: 'NOT_WRITTEN' })
    }
    this.#waitingBytes += bytes
    const inTime = await new Promise<boolean>((resolve) => {
      const wake = () => {
        clearTimeout(late)
        resolve(true)
      }
      const late = globalThis.setTimeout(() => {
        this.#waiting.delete(wake)
        resolve(false)
      }, BEGIN_MS)
      this.#waiting.add(wake)
    })
    this.#waitingBytes -= bytes
    if (inTime) return
    const health = this.#log.health()
    throw new HeraldError(
      'LOG_UNAVAILABLE',
      `The log is away: ${health.up ? 'it has not answered yet' : health.reason}. Try again.`,
      { outcome: 'NOT_WRITTEN' },
    )
  }

  /** Runs an append of this process's, so that `latest` knows of it. Call it when the tail has `begun`. */
  async publishing(append: () => Promise<Appended>): Promise<Appended> {
    if (this.#vector === null) {
      throw new HeraldError('LOG_UNAVAILABLE', 'The log is another one now. Try again.', { outcome: 'NOT_WRITTEN' })
    }
    const underWay = { since: this.#vector }
    this.#underWay.add(underWay)
    try {
      const appended = await append()
      // Not so where the log is another one by now: then the offset says nothing.
      if (this.#underWay.has(underWay)) this.#acknowledge(appended)
      return appended
    } finally {
      this.#underWay.delete(underWay)
    }
  }

  /**
   * Where a follower that comes now begins: behind all that this process has acknowledged, which the tail may
   * not have seen yet, and before all that is not yet acknowledged, which it may have seen already. Null
   * while the log was not yet reached.
   */
  latest(): Vector | null {
    if (this.#vector === null) return null
    const [oldest] = this.#underWay
    return later(oldest?.since ?? this.#vector, this.#acknowledged)
  }

  /**
   * Joins at `pin`, which must be at or behind the tail's vector: the follower gets everything from there on.
   * `leave` it when done.
   */
  join(pin: Vector, matches: Matches | null): Follower {
    const follower = new Follower(pin, matches)
    this.#followers.add(follower)
    return follower
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
  }

  /** Stops the tail; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    await Promise.race([this.#log.ready(), once(signal, 'abort')])
    while (!signal.aborted) {
      try {
        // After an error the tail goes on from its own place; only the first time, or when that place is
        // gone, does it begin at the end.
        this.#vector ??= await this.#log.ends()
        for (const wake of this.#waiting) wake()
        this.#waiting.clear()
        for await (const batch of this.#log.tail(this.#vector, signal)) await this.#deliver(batch)
      } catch (error) {
        if (error instanceof HeraldError && error.code === 'CURSOR_EXPIRED') this.#restart(error)
        await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** The place of the tail is gone: followers must hear it, or they would miss events in silence. */
  #restart(error: HeraldError): void {
    this.#vector = null
    this.#acknowledged.length = 0
    this.#underWay.clear()
    for (const follower of this.#followers) follower.fail(error)
    this.#followers.clear()
  }

  #acknowledge({ partition, offset }: Appended): void {
    for (let p = this.#acknowledged.length; p <= partition; p++) this.#acknowledged[p] = 0
    this.#acknowledged[partition] = Math.max(this.#acknowledged[partition]!, offset + 1)
  }

  /**
   * Whoever runs between two turns sees a vector that is exact; within a turn nobody runs. So a vector is made
   * for an event only if there is somebody to have it.
   */
  async #deliver({ partition, records, next }: Batch): Promise<void> {
    let turn = { records: 0, bytes: 0 }
    for (const record of records) {
      if (this.#followers.size === 0) break
      // Queues keep it: its batch would stay in memory with it.
      const event = this.#decoder.decode(record.detached(), this.#at(partition, record.offset + 1))
      for (const follower of this.#followers) {
        if (!follower.offer(event)) this.#followers.delete(follower)
      }
      turn.records++
      turn.bytes += event.parts.bytes
      if (turn.records >= TURN.records || turn.bytes >= TURN.bytes) {
        turn = { records: 0, bytes: 0 }
        this.#vector = event.parts.vector
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    this.#vector = this.#at(partition, next)
    this.#recordAt = records.at(-1)?.timestamp ?? this.#recordAt
    const now = Date.now()
    for (const follower of this.#followers) follower.moveOn(this.#vector, now)
  }

  #at(partition: number, offset: number): Vector {
    const vector = [...(this.#vector ?? [])]
    for (let p = vector.length; p <= partition; p++) vector[p] = 0
    vector[partition] = Math.max(vector[partition]!, offset)
    return vector
  }
}
