/**
 * Live: the process's one tail of the log, shared by all subscribers. Each event is decoded once, and handed to each
 * lane of subscribers who asked for the same (lane.ts). The tail keeps the vector of what it has handed out: a
 * subscription joins its lane at exactly that vector (subscription.ts).
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
import { channels } from '../observability/channels.ts'
import type { Matches } from './filter.ts'
import { type Audience, Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { later } from './places.ts'
import type { Subscription } from './subscription.ts'

/** How many records, or bytes, to hand out before sockets get their turn. */
const TURN = { records: 256, bytes: 256 * 1024 }
/** How soon subscribers to whom nothing matches hear how far the log is. */
const PROGRESS_MS = 1_000
/**
 * How long the tail rests between two batches while nobody follows: each costs a question to the log, and a busy
 * publisher makes hundreds of small ones a second. Who subscribes wakes it.
 */
const REST_MS = 10
/** How long the start of the tail waits before it tries again. */
const RETRY_MS = 200
/**
 * How long an operation waits for a log that was never reached. It is answered inside 5 s of its coming: the first
 * document of a process took up to 0.9 s to be understood on a busy machine (measured), so 4.5 s were too much.
 */
const BEGIN_MS = 4_000
/** How many operations may wait so, and how many bytes their records may hold. */
const WAITING = { operations: 10_000, bytes: 64 * 1024 * 1024 }
export interface LiveDependencies {
  readonly log: EventLog
  readonly decoder: Decoder
}

/** Appends that have no answer yet: their records are at or behind what the tail had handed out when they began. */
interface UnderWay {
  readonly since: Vector
  appends: number
}

export class Live {
  readonly #log: EventLog
  readonly #decoder: Decoder
  readonly #lanes = new Lanes()
  readonly #stop = new AbortController()
  /** Per partition, behind the last event that this process published. */
  readonly #acknowledged: number[] = []
  /** In the order of their beginning. */
  readonly #underWay: UnderWay[] = []
  readonly #waiting = new Set<() => void>()
  #waitingBytes = 0
  #vector: Vector | null = null
  /** The life of the topic that the vector belongs to. */
  #incarnation: Buffer | null = null
  #handedOut = { events: 0, bytes: 0 }
  #running: Promise<void> | null = null
  #recordAt: number | null = null
  /** Set while the lanes are yet to be told how far the log is. */
  #telling: NodeJS.Timeout | null = null
  #wake: () => void = () => {}

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

  /** How much the tail has handed out, whether or not somebody was there to have it. */
  get handedOut(): { readonly events: number; readonly bytes: number } {
    return this.#handedOut
  }

  /** How many subscribers the tail feeds now. */
  get followers(): number {
    let count = 0
    for (const lane of this.#lanes.values()) count += lane.size
    return count
  }

  /** Begins to follow the log, through outages, until `close`. */
  start(): void {
    this.#running ??= this.#follow()
  }

  /**
   * Resolves once the log was reached and the tail has its first vector; null where that is so. Every operation waits
   * for it, and publishing too: were an event acknowledged before the tail has a place, a subscriber that came before
   * the acknowledgement could not be pinned before the event. `bytes`: what the operation holds in memory
   * meanwhile. Rejects with LOG_UNAVAILABLE inside 5 s, OVERLOADED.
   */
  begun(bytes = 0): Promise<void> | null {
    return this.#vector === null ? this.#begin(bytes) : null
  }

  async #begin(bytes: number): Promise<void> {
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
    const underWay = this.#beginning(this.#vector)
    underWay.appends++
    try {
      const appended = await append()
      // Not so where the log is another one by now: then the offset says nothing.
      if (this.#underWay.includes(underWay)) this.#acknowledge(appended)
      return appended
    } finally {
      const at = --underWay.appends === 0 ? this.#underWay.indexOf(underWay) : -1
      if (at >= 0) this.#underWay.splice(at, 1)
    }
  }

  /** Those that begin while the tail stands still are one entry: there are thousands a second, and few vectors. */
  #beginning(since: Vector): UnderWay {
    const newest = this.#underWay.at(-1)
    if (newest?.since === since) return newest
    const made = { since, appends: 0 }
    this.#underWay.push(made)
    return made
  }

  /**
   * Where a follower that comes now begins: behind all that this process has acknowledged, which the tail may
   * not have seen yet, and before all that is not yet acknowledged, which it may have seen already. Null
   * while the log was not yet reached.
   */
  latest(): Vector | null {
    if (this.#vector === null) return null
    return later(this.#underWay[0]?.since ?? this.#vector, this.#acknowledged)
  }

  /** The lane of an audience, to join when it is time. `leave` it when done. */
  enter(audience: Audience, matches: Matches | null): Lane {
    this.#wake()
    let lane = this.#lanes.get(audience.key)
    if (lane === undefined) {
      lane = new Lane(audience, matches, this.#vector ?? [])
      this.#lanes.add(lane)
    }
    lane.users++
    return lane
  }

  leave(lane: Lane, member: Subscription): void {
    lane.delete(member)
    if (--lane.users === 0) this.#lanes.delete(lane)
  }

  /** Stops the tail; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#stop.abort()
    if (this.#telling !== null) clearTimeout(this.#telling)
    await this.#running
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop
    await Promise.race([this.#log.ready(), once(signal, 'abort')])
    while (!signal.aborted) {
      try {
        // After an error the tail goes on from its own place; only the first time, or when that place is
        // gone, does it begin at the end.
        if (this.#vector === null) {
          this.#incarnation = this.#log.incarnation()
          this.#vector = await this.#log.ends()
        }
        for (const wake of this.#waiting) wake()
        this.#waiting.clear()
        await this.#log.tail(this.#vector, (batch) => this.#deliver(batch), signal)
      } catch (error) {
        if (error instanceof HeraldError && error.code === 'CURSOR_EXPIRED') this.#restart(error)
        await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#wake = resolve
      globalThis.setTimeout(resolve, REST_MS)
    })
  }

  /** The place of the tail is gone: its subscribers must hear it, or they would miss events in silence. */
  #restart(error: HeraldError): void {
    this.#vector = null
    this.#acknowledged.length = 0
    this.#underWay.length = 0
    for (const lane of this.#lanes.values()) lane.fail(error)
  }

  #acknowledge({ partition, offset }: Appended): void {
    for (let p = this.#acknowledged.length; p <= partition; p++) this.#acknowledged[p] = 0
    this.#acknowledged[partition] = Math.max(this.#acknowledged[partition]!, offset + 1)
  }

  /** Whoever runs between two turns sees a vector that is exact; within a turn nobody runs. Most batches are one turn. */
  #deliver(batch: Batch): Promise<void> | undefined {
    const left = this.#deliverTurn(batch, 0)
    return left < batch.records.length ? this.#deliverRest(batch, left) : this.#delivered(batch)
  }

  async #deliverRest(batch: Batch, from: number): Promise<void> {
    for (let at = from; at < batch.records.length; at = this.#deliverTurn(batch, at)) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await this.#delivered(batch)
  }

  /** Hands out the records from an index on, as many as a turn holds; returns the index of the first that is left. */
  #deliverTurn({ partition, records }: Batch, from: number): number {
    if (this.#lanes.size === 0) return records.length
    const turn: DecodedEvent[] = []
    let bytes = 0
    let at = from
    while (at < records.length && turn.length < TURN.records && bytes < TURN.bytes) {
      const record = records[at++]!
      const { offset } = record
      const before = this.#vector
      // Queues keep it: its batch would stay in memory with it. A vector is made where one is asked for: with many
      // partitions it costs more than all else, and most deliveries ask for that of their last event only.
      const event = this.#decoder.decode(record.detached(), () => moved(before, partition, offset + 1))
      turn.push(event)
      bytes += event.parts.bytes
    }
    if (turn.length > 0) this.#hand(turn)
    if (at < records.length) this.#vector = turn.at(-1)!.vector
    return at
  }

  /** Returns nothing where the tail can go on at once. */
  #delivered({ partition, records, next, bytes }: Batch): Promise<void> | undefined {
    this.#vector = moved(this.#vector, partition, next)
    this.#recordAt = records.at(-1)?.timestamp ?? this.#recordAt
    this.#handedOut = { events: this.#handedOut.events + records.length, bytes: this.#handedOut.bytes + bytes }
    if (this.#lanes.size === 0) return this.#rest()
    this.#tellSoon()
    return undefined
  }

  /**
   * A batch may be the last for long: it is told by a timer, or a subscriber to whom nothing matched would come back
   * to where it was before it.
   */
  #tellSoon(): void {
    this.#telling ??= globalThis.setTimeout(() => {
      this.#telling = null
      if (this.#vector === null || this.#stop.signal.aborted) return
      let isTold = true
      for (const lane of this.#lanes.values()) isTold = lane.moveOn(this.#vector) && isTold
      if (!isTold) this.#tellSoon()
    }, PROGRESS_MS)
  }

  /** To every lane that they may be for. What is still to come of an earlier life of the topic must get no cursor of the new one. */
  #hand(events: readonly DecodedEvent[]): void {
    if (!this.#log.incarnation().equals(this.#incarnation!)) {
      throw new HeraldError('CURSOR_EXPIRED', 'The topic was made again: the events that were being read are gone.')
    }
    this.#lanes.deal(events, (lane, own) => {
      try {
        lane.deliver(own)
      } catch (error) {
        channels.fault.publish({ error })
        lane.fail(error)
      }
    })
  }
}

/** A vector with one partition's offset moved on. */
function moved(from: Vector | null, partition: number, offset: number): Vector {
  const vector = from === null ? [] : from.slice()
  for (let p = vector.length; p <= partition; p++) vector[p] = 0
  vector[partition] = Math.max(vector[partition]!, offset)
  return vector
}
