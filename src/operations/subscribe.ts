/**
 * Subscribe: pin, scan, live. A subscription that begins in the past scans the log up to where the tail is,
 * then joins the tail at exactly that vector, in one synchronous step: no gap, no double. One that does not
 * keep up with the tail goes back to scanning from its own place; one that takes nothing at all for a while
 * is ended with SUBSCRIBER_TOO_SLOW and can come back with its last cursor.
 */
import { setTimeout } from 'node:timers/promises'
import { HeraldError } from '../errors.ts'
import type { CursorCodec, Place } from '../event/cursor.ts'
import type { Decoder } from '../event/decode.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { EventLog, Vector } from '../log/event-log.ts'
import type { Matches } from './filter.ts'
import type { Follower, Live } from './live.ts'
import { behind, decodeCursor, extentFor, later } from './places.ts'
import { scanForward } from './scan.ts'

/** A subscriber that takes nothing for so long, with its queue full, is too slow. */
const STALL_MS = 1_000
/** A subscription this near to the tail joins it: less than a queue holds, so that the rest can be scanned meanwhile. */
const HANDOVER = 2_000
/** How long a subscription waits before it asks a log that went away again. */
const RETRY_MS = 200
/** How often a scan that finds nothing tells how far it is. */
const PROGRESS_MS = 1_000

export interface SubscribeArguments {
  readonly after?: string | null | undefined
  readonly from?: 'EARLIEST' | 'LATEST' | null | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | null | undefined
  readonly until?: 'END' | null | undefined
  /** Null: every event. */
  readonly matches: Matches | null
}

export interface SubscribeDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly decoder: Decoder
}

/** What a subscription hands out: an event, or only the place that it has come to without one. */
export type Delivery = { readonly event: DecodedEvent } | { readonly progress: Place }

export interface Subscription extends AsyncIterable<Delivery> {
  /** Where it begins. */
  readonly start: Place
  /** Whether it ends without an event, since it is `until: END` and begins there. */
  readonly isOver: boolean
}

/** What the parts of one subscription share. */
interface Reading extends SubscribeDependencies {
  readonly matches: Matches | null
  /** The life of the topic that its places belong to. */
  readonly incarnation: Buffer
  readonly signal: AbortSignal
}

/**
 * Resolves once the place is pinned: everything acknowledged after the call is delivered. Throws
 * BAD_USER_INPUT, CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE; the iteration throws SUBSCRIBER_TOO_SLOW
 * and CURSOR_EXPIRED, and waits where the log goes away. The signal ends it.
 */
export async function subscribe(
  dependencies: SubscribeDependencies,
  args: SubscribeArguments,
  signal: AbortSignal,
): Promise<Subscription> {
  const { log, live, cursors } = dependencies
  // Pinned before anything is awaited: an event that is acknowledged from here on is behind this vector.
  let latest = live.latest()
  if (latest === null) {
    await live.begun()
    latest = live.latest() ?? []
  }
  const reading: Reading = { ...dependencies, matches: args.matches, incarnation: log.incarnation(), signal }
  requireUp(log)
  const after = decodeCursor(cursors, args.after)
  if (after === null && args.since == null && args.from !== 'EARLIEST' && args.until == null) {
    return subscriptionOf(latest, null)
  }
  const [extent, since] = await Promise.all([
    extentFor(log, [after], { seen: latest, signal }),
    after === null && args.since != null ? log.offsetsAt(args.since) : null,
  ])
  const end = args.until === 'END' ? extent.ends : null
  if (after !== null) return subscriptionOf(behind(after, extent), end)
  if (since !== null) return subscriptionOf(since, end)
  return subscriptionOf(args.from === 'EARLIEST' ? extent.beginnings : latest, end)

  function subscriptionOf(start: Vector, end: Vector | null): Subscription {
    return {
      start: { vector: start, partition: null },
      isOver: end !== null && !isAhead(end, start),
      [Symbol.asyncIterator]: () => (end === null ? follow(reading, start) : scan(reading, start, end)),
    }
  }
}

/** Everything from `start` on, for ever. */
async function* follow(reading: Reading, start: Vector): AsyncGenerator<Delivery, void> {
  const { live, matches, signal } = reading
  let place = start
  while (!signal.aborted) {
    const target = live.vector
    if (target === null) {
      // The tail lost its place and begins anew: where ours is well it goes on, else scanning tells.
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {})
      continue
    }
    requireSame(reading)
    if (distance(place, target) > HANDOVER) {
      place = yield* scan(reading, place, target)
      continue
    }
    // From `target` to `join` nothing is awaited, so `target` is where the tail is. What lies between `place`
    // and the pin is scanned while the queue already fills.
    const pin = later(place, target)
    const follower = live.join(pin, matches)
    const leave = () => live.leave(follower)
    // Whoever aborts may never ask for another event: then no `finally` runs.
    signal.addEventListener('abort', leave, { once: true })
    try {
      place = yield* scan(reading, place, pin)
      place = yield* drain(reading, follower, place)
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }
}

/** What the tail brings, until the queue runs over; returns the place to go on from. */
async function* drain(reading: Reading, follower: Follower, start: Vector): AsyncGenerator<Delivery, Vector> {
  const { signal } = reading
  let place = start
  while (!follower.overrun && !signal.aborted) {
    for (const item of await follower.take(signal)) {
      // What was queued before the topic was made again must not get a cursor of the new one.
      requireSame(reading)
      if ('event' in item) {
        const handedAt = Date.now()
        // A subscriber that comes from a gateway whose tail is ahead of ours: a cursor behind its own place would
        // give it again what it has had.
        const isBehind = isAhead(place, item.event.parts.vector)
        place = later(place, item.event.parts.vector)
        yield isBehind ? { event: item.event.at(place) } : item
        if (follower.overrun && Date.now() - handedAt >= STALL_MS) throw tooSlow()
      } else {
        place = later(place, item.progress)
        yield { progress: { vector: place, partition: null } }
      }
      if (signal.aborted) return place
    }
    if (follower.error !== null) throw follower.error
  }
  return place
}

/**
 * The matching events from `start` to `end`, with a word now and then on how far it is; returns the place
 * behind them. A log that goes away is waited for: a subscription that is open stays open.
 */
async function* scan(reading: Reading, start: Vector, end: Vector): AsyncGenerator<Delivery, Vector> {
  const { log, decoder, matches, signal } = reading
  let place = start
  let toldAt = Date.now()
  while (isAhead(end, place) && !signal.aborted) {
    try {
      for await (const step of scanForward(log, place, end, { signal })) {
        requireSame(reading)
        for (const record of step.records) {
          const vector = [...place]
          vector[record.partition] = record.offset + 1
          place = vector
          const event = decoder.decode(record, vector)
          if (matches !== null && !matches(event)) continue
          yield { event }
          if (signal.aborted) return place
          toldAt = Date.now()
        }
        place = step.place
        if (Date.now() - toldAt >= PROGRESS_MS) {
          yield { progress: { vector: place, partition: null } }
          toldAt = Date.now()
        }
      }
      break
    } catch (error) {
      if (!(error instanceof HeraldError) || error.code !== 'LOG_UNAVAILABLE') throw error
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }
  return later(place, end)
}

/** A place says nothing about another life of the topic: reading on there would skip events in silence. */
function requireSame({ log, incarnation }: Reading): void {
  if (log.incarnation().equals(incarnation)) return
  throw new HeraldError(
    'CURSOR_EXPIRED',
    'The topic was made again since the subscription began: the events it was reading are gone. Begin anew with from: EARLIEST or from: LATEST.',
  )
}

function tooSlow(): HeraldError {
  return new HeraldError(
    'SUBSCRIBER_TOO_SLOW',
    'The subscriber did not take its events in time. Subscribe again with after: the cursor of the last event that you have.',
  )
}

/** A live subscription outlives an outage of the log; a new one is told. */
function requireUp(log: EventLog): void {
  const health = log.health()
  if (!health.up) throw new HeraldError('LOG_UNAVAILABLE', `The log is away: ${health.reason}. Try again.`)
}

/** How many offsets `to` is ahead of `from`, over all partitions. */
function distance(from: Vector, to: Vector): number {
  return to.reduce((sum, offset, p) => sum + Math.max(0, offset - (from[p] ?? 0)), 0)
}

function isAhead(to: Vector, from: Vector): boolean {
  return distance(from, to) > 0
}
