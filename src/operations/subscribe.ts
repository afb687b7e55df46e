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
/** How long a scan waits for a log that went away. */
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

/**
 * Resolves once the place is pinned: everything acknowledged after that is delivered. Throws BAD_USER_INPUT,
 * CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE; the iteration throws SUBSCRIBER_TOO_SLOW, CURSOR_EXPIRED,
 * and LOG_UNAVAILABLE while it scans. The signal ends it.
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
  requireUp(log)
  const after = decodeCursor(cursors, args.after)
  if (after === null && args.since == null && args.from !== 'EARLIEST' && args.until == null) {
    return subscriptionOf(latest, null)
  }
  const [extent, since] = await Promise.all([
    extentFor(log, [after]),
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
      [Symbol.asyncIterator]: () =>
        end === null
          ? follow(dependencies, args.matches, start, signal)
          : scan(dependencies, args.matches, start, end, signal),
    }
  }
}

/** Everything from `start` on, for ever. */
async function* follow(
  dependencies: SubscribeDependencies,
  matches: Matches | null,
  start: Vector,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, void> {
  const { log, live } = dependencies
  let place = start
  while (!signal.aborted) {
    const target = live.vector ?? (await log.ends())
    if (distance(place, target) > HANDOVER || live.vector === null) {
      place = yield* scanThroughOutages(dependencies, matches, place, target, signal)
      continue
    }
    // From here to `join` nothing is awaited, so `target` is where the tail is. What lies between `place`
    // and the pin is scanned while the queue already fills.
    const pin = later(place, target)
    const follower = live.join(pin, matches)
    try {
      place = yield* scanThroughOutages(dependencies, matches, place, pin, signal)
      place = yield* drain(follower, place, signal)
    } finally {
      live.leave(follower)
    }
  }
}

/** What the tail brings, until the queue runs over; returns the place to go on from. */
async function* drain(follower: Follower, start: Vector, signal: AbortSignal): AsyncGenerator<Delivery, Vector, void> {
  let place = start
  while (!follower.overrun && !signal.aborted) {
    for (const item of await follower.take(signal)) {
      if ('event' in item) {
        const handedAt = Date.now()
        yield item
        place = later(place, item.event.parts.vector)
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

/** As `scan`, but a log that goes away is waited for: a subscription that is open stays open. */
async function* scanThroughOutages(
  dependencies: SubscribeDependencies,
  matches: Matches | null,
  start: Vector,
  end: Vector,
  signal: AbortSignal,
): AsyncGenerator<Delivery, Vector, void> {
  let place = start
  while (isAhead(end, place) && !signal.aborted) {
    try {
      for await (const delivery of scan(dependencies, matches, place, end, signal)) {
        place = 'event' in delivery ? delivery.event.parts.vector : delivery.progress.vector
        yield delivery
      }
      return end.length > 0 ? later(place, end) : place
    } catch (error) {
      if (!(error instanceof HeraldError) || error.code !== 'LOG_UNAVAILABLE') throw error
      await setTimeout(RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }
  return place
}

/** The matching events from `start` to `end`, with a word now and then on how far it is. */
async function* scan(
  { log, decoder }: SubscribeDependencies,
  matches: Matches | null,
  start: Vector,
  end: Vector,
  signal: AbortSignal,
): AsyncGenerator<Delivery, void, void> {
  let place = start
  let toldAt = Date.now()
  for await (const step of scanForward(log, start, end, { signal })) {
    for (const record of step.records) {
      const vector = [...place]
      vector[record.partition] = record.offset + 1
      place = vector
      const event = decoder.decode(record, vector)
      if (matches !== null && !matches(event)) continue
      yield { event }
      toldAt = Date.now()
      if (signal.aborted) return
    }
    place = step.place
    if (Date.now() - toldAt >= PROGRESS_MS) {
      toldAt = Date.now()
      yield { progress: { vector: place, partition: null } }
    }
  }
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
