/**
 * One subscription, from the place where it is pinned on: scan, then live. It scans the log up to where the tail is,
 * joins its lane at exactly that vector in one synchronous step, and from there on is handed what its lane is: no
 * gap, no double. While it lives so it costs no timer, no promise and no queue.
 *
 * One whose client does not keep up gets a small queue of its own, of what its lane renders anyway. When that runs
 * over, it goes back to scanning from its own place: what a subscriber is behind is in the log, not in memory. One
 * that takes nothing at all is ended with SUBSCRIBER_TOO_SLOW and comes back with its last cursor.
 */
import { setTimeout } from 'node:timers/promises'
import { HeraldError } from '../errors.ts'
import type { CursorCodec, Place } from '../event/cursor.ts'
import type { Decoder } from '../event/decode.ts'
import type { EventLog, Vector } from '../log/event-log.ts'
import type { Matches } from './filter.ts'
import { type Audience, Delivery, type Lane, type Rendered } from './lane.ts'
import type { Live } from './live.ts'
import { distance, isAhead, later } from './places.ts'
import { type ScanStep, scanForward } from './scan.ts'
import { Trail } from './trail.ts'

/** What waits for one subscriber. Small: many may be slow at once, and the log holds the rest. */
const QUEUE = { events: 4_000, bytes: 2 * 1024 * 1024 }
/** A subscription this near to the tail joins it: less than a queue holds, so that the rest can be scanned meanwhile. */
const HANDOVER = 1_000
/** What is rendered of a scan before it is sent and others get their turn. */
const CHUNK = { events: 64, bytes: 64 * 1024 }
/**
 * A live subscriber that has taken nothing for `soon` is too slow when the log has moved on by so much meanwhile;
 * whoever has taken nothing for `late`, in any case.
 */
const STALL = { soonMs: 1_000, events: 10_000, bytes: 16 * 1024 * 1024, lateMs: 30_000 }
/** How often one that waits for its client looks whether it has become too slow. */
const LOOK_MS = 250
/** How long a subscription waits before it asks a log that went away again. */
const RETRY_MS = 200
/** How often a scan that finds nothing tells how far it is. */
const PROGRESS_MS = 1_000

/** Who takes what a subscription delivers: a client, as its protocol knows it. Its methods throw nothing. */
export interface Sink {
  /** Whether so much waits to be sent that it should take no more for now. */
  readonly isFull: boolean
  take(delivery: Delivery): void
  /** Nothing matched, but the place has moved to this cursor. */
  moveOn(cursor: string): void
  /** Resolves when it is no longer full, or gone, or after so many milliseconds. */
  room(ms: number): Promise<void>
  /**
   * The last that it hears. Null: complete. `cursor`: where to go on; null where there is nothing to go on with, or
   * where it is complete and the sink knows the place.
   */
  end(error: unknown, cursor: string | null): void
}

export interface SubscribeDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly decoder: Decoder
}

/** Where a subscription begins, and what it is about. */
export interface Pinned {
  readonly start: Vector
  /** Null: it follows the log. */
  readonly end: Vector | null
  /** Null: every event. */
  readonly matches: Matches | null
  /** The life of the topic that its places belong to. */
  readonly incarnation: Buffer
}

export class Subscription {
  /** Called once, when it is closed or has ended. */
  onClose: (() => void) | null = null
  readonly #shared: SubscribeDependencies
  readonly #end: Vector | null
  readonly #incarnation: Buffer
  /** Until its lane has it. */
  #matches: Matches | null
  /** Behind what the sink was handed. */
  #place: Place
  /** Whether the place has moved on without a word to the sink. */
  #isUntold = false
  #sink: Sink | null = null
  #lane: Lane | null = null
  /** Set where the tail is not yet past the place at which it joined. */
  #pin: Vector | null = null
  /** Null: what the lane brings is handed on at once. */
  #queue: Queue | null = null
  #wasLive = false
  #isEnded = false
  /** Ends what is read of the log; made only for those who read. */
  #abort: AbortController | null = null

  constructor(shared: SubscribeDependencies, { start, end, matches, incarnation }: Pinned) {
    this.#shared = shared
    this.#end = end
    this.#incarnation = incarnation
    this.#matches = matches
    this.#place = { vector: start, partition: null }
  }

  /** Cursor of the place that it has come to. */
  get cursor(): string {
    return this.#shared.cursors.encode(this.#place)
  }

  /** Whether it ends without an event, since it is `until: END` and begins there. */
  get isOver(): boolean {
    return this.#end !== null && !isAhead(this.#end, this.#place.vector)
  }

  /** Begins to deliver; once. The sink hears of the end, unless that is a `close`. */
  deliver(audience: Audience, sink: Sink): void {
    if (this.#isEnded) return
    const { live } = this.#shared
    const end = this.#end
    this.#sink = sink
    this.#lane = live.enter(audience, this.#matches)
    this.#matches = null
    if (end !== null) {
      this.#scan(end).then(
        () => this.end(null),
        (error: unknown) => this.end(error),
      )
    } else if (live.vector !== null && !isAhead(live.vector, this.#place.vector)) {
      this.#join(live.vector)
      this.#wasLive = true
    } else void this.#catchUp()
  }

  /** Ends it and tells the sink why; null: complete. What is thrown by anything may be given. */
  end(error: unknown): void {
    if (this.#isEnded) return
    this.close()
    // A cursor of another life of the topic would be read as a place in that one.
    const hasCursor = this.#isSame() && (error !== null || this.#isUntold)
    this.#sink?.end(error, hasCursor ? this.cursor : null)
  }

  /** Ends it without a word: the client is gone, or wants no more. */
  close(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.onClose?.()
    this.#abort?.abort()
    this.#queue = null
    if (this.#lane !== null) this.#shared.live.leave(this.#lane, this)
  }

  /** From its lane: events that the tail has brought. */
  take(delivery: Delivery): void {
    let own: Delivery | null = delivery
    if (this.#pin !== null) {
      own = this.#lane!.behind(delivery, this.#pin)
      if (!isAhead(this.#pin, delivery.place.vector)) this.#pin = null
      if (own === null) return
    }
    if (this.#queue === null) {
      if (!this.#sink!.isFull) return this.#hand(own)
      this.#queue = new Queue()
      void this.#catchUp()
    }
    this.#queue.push(own)
    // It reads on from the log.
    if (this.#queue.isOver) this.#lane!.delete(this)
  }

  /** From its lane: nothing matched, but the tail is there. */
  moveOn(place: Place): void {
    if (this.#queue !== null || this.#pin !== null || this.#sink!.isFull) return
    this.#place = place
    this.#tell()
  }

  #tell(): void {
    this.#isUntold = false
    this.#sink!.moveOn(this.cursor)
  }

  #hand(delivery: Delivery): void {
    this.#sink!.take(delivery)
    this.#place = delivery.place
    this.#isUntold = false
  }

  /** From here on the lane brings everything behind its place. In one synchronous step with reading `tail`. */
  #join(tail: Vector): Vector {
    const pin = later(this.#place.vector, tail)
    this.#pin = isAhead(pin, tail) ? pin : null
    this.#lane!.add(this)
    return pin
  }

  /** Comes to where the tail is and stays there; or, being there, hands on what waits. */
  async #catchUp(): Promise<void> {
    const { live } = this.#shared
    try {
      while (!this.#isEnded) {
        if (this.#queue === null) {
          const tail = live.vector
          if (tail === null) {
            // The tail lost its place and begins anew: where ours is well it goes on, else scanning tells.
            await this.#pause()
            continue
          }
          this.#requireSame()
          if (distance(this.#place.vector, tail) > HANDOVER) {
            await this.#scan(tail)
            continue
          }
          // What lies between our place and the pin is scanned while the queue already fills.
          this.#queue = new Queue()
          await this.#scan(this.#join(tail))
        }
        if (await this.#handQueued()) {
          this.#wasLive = true
          // The log may say nothing more for long, and all that did not match would be scanned again.
          if (this.#isUntold && !this.#isEnded) this.#tell()
          return
        }
      }
    } catch (error) {
      this.end(error)
    }
  }

  /** True when the queue is used up: it is live. False when it ran over: what it lacks is in the log. */
  async #handQueued(): Promise<boolean> {
    for (;;) {
      if (this.#sink!.isFull) await this.#room()
      const queue = this.#queue
      if (queue === null) return true
      const next = queue.isOver ? undefined : queue.shift()
      if (next === undefined) {
        this.#queue = null
        return !queue.isOver
      }
      this.#requireSame()
      this.#hand(next)
    }
  }

  /**
   * Hands over the matching events up to `end`, with a word now and then on how far it is. A log that goes away is
   * waited for: a subscription that is open stays open.
   */
  async #scan(end: Vector): Promise<void> {
    const { log } = this.#shared
    this.#abort ??= new AbortController()
    const { signal } = this.#abort
    let toldAt = Date.now()
    while (isAhead(end, this.#place.vector) && !this.#isEnded) {
      try {
        for await (const step of scanForward(log, this.#place.vector, end, { signal })) {
          if (await this.#handStep(step)) toldAt = Date.now()
          if (this.#isEnded) return
          if (Date.now() - toldAt < PROGRESS_MS) continue
          toldAt = Date.now()
          this.#tell()
        }
        this.#moveTo(end)
      } catch (error) {
        if (!(error instanceof HeraldError) || error.code !== 'LOG_UNAVAILABLE') throw error
        await this.#pause()
      }
    }
  }

  /** Whether something matched. */
  async #handStep({ records, place }: ScanStep): Promise<boolean> {
    const trail = new Trail(this.#place.vector)
    let chunk: Rendered[] = []
    let bytes = 0
    let isMatched = false
    const handChunk = async () => {
      if (this.#sink!.isFull) await this.#room()
      if (this.#isEnded) return
      this.#requireSame()
      this.#hand(new Delivery(chunk))
      chunk = []
      bytes = 0
      isMatched = true
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const record of records) {
      const { partition, offset } = record
      const item = this.#lane!.rendered(this.#shared.decoder.decode(record, trail.behind(partition, offset + 1)))
      trail.move(partition, offset + 1)
      if (item === null) continue
      chunk.push(item)
      bytes += item.payload.length
      if (chunk.length >= CHUNK.events || bytes >= CHUNK.bytes) await handChunk()
      if (this.#isEnded) return isMatched
    }
    if (chunk.length > 0) await handChunk()
    this.#requireSame()
    if (!this.#isEnded) this.#moveTo(place)
    return isMatched
  }

  /** Past what did not match, and past holes. */
  #moveTo(vector: Vector): void {
    if (isAhead(vector, this.#place.vector)) {
      this.#place = { vector: later(this.#place.vector, vector), partition: null }
      this.#isUntold = true
    }
  }

  /** Resolves when the sink takes more. Throws SUBSCRIBER_TOO_SLOW where it does not for too long. */
  async #room(): Promise<void> {
    const { live } = this.#shared
    const since = performance.now()
    const { events, bytes } = live.handedOut
    while (this.#sink!.isFull && !this.#isEnded) {
      const waited = performance.now() - since
      const isLeftBehind = live.handedOut.events - events > STALL.events || live.handedOut.bytes - bytes > STALL.bytes
      if (waited >= STALL.lateMs || (this.#wasLive && isLeftBehind && waited >= STALL.soonMs)) throw tooSlow()
      await this.#sink!.room(LOOK_MS)
    }
  }

  async #pause(): Promise<void> {
    this.#abort ??= new AbortController()
    await setTimeout(RETRY_MS, undefined, { signal: this.#abort.signal }).catch(() => {})
  }

  #isSame(): boolean {
    return this.#shared.log.incarnation().equals(this.#incarnation)
  }

  /** A place says nothing about another life of the topic: reading on there would skip events in silence. */
  #requireSame(): void {
    if (this.#isSame()) return
    throw new HeraldError(
      'CURSOR_EXPIRED',
      'The topic was made again since the subscription began: the events it was reading are gone. Begin anew with from: EARLIEST or from: LATEST.',
    )
  }
}

/** What waits for a subscriber; it runs over when that is too much, and is empty from then on. */
class Queue {
  isOver = false
  #deliveries: Delivery[] = []
  #events = 0
  #bytes = 0

  push(delivery: Delivery): void {
    if (this.isOver) return
    this.#deliveries.push(delivery)
    this.#events += delivery.items.length
    this.#bytes += delivery.bytes
    // One that is large by itself may wait: whatever it is, others hold it too.
    this.isOver = this.#deliveries.length > 1 && (this.#events > QUEUE.events || this.#bytes > QUEUE.bytes)
    if (this.isOver) this.#deliveries = []
  }

  shift(): Delivery | undefined {
    const delivery = this.#deliveries.shift()
    if (delivery !== undefined) {
      this.#events -= delivery.items.length
      this.#bytes -= delivery.bytes
    }
    return delivery
  }
}

/** The error of a subscriber that does not take what it asked for. */
export function tooSlow(): HeraldError {
  return new HeraldError(
    'SUBSCRIBER_TOO_SLOW',
    'The subscriber did not take its events in time. Subscribe again with after: the cursor of the last event that you have.',
  )
}
