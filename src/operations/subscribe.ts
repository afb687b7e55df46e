/**
 * Subscribe: from what was asked for to the place where the subscription begins. It is pinned when the call
 * arrives; what happens from there on is subscription.ts.
 */
import { HeraldError } from '../errors.ts'
import type { EventLog, Vector } from '../log/event-log.ts'
import type { Matches } from './filter.ts'
import { behind, decodeCursor, extentFor } from './places.ts'
import { type SubscribeDependencies, Subscription } from './subscription.ts'

export interface SubscribeArguments {
  readonly after?: string | null | undefined
  readonly from?: 'EARLIEST' | 'LATEST' | null | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | null | undefined
  readonly until?: 'END' | null | undefined
  /** Null: every event. */
  readonly matches: Matches | null
}

/**
 * Resolves once the place is pinned: everything acknowledged after the call is delivered. Throws
 * BAD_USER_INPUT, CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE. The signal cuts the wait short for an end of
 * the log that a cursor is past, and is asked for only then; `close` the subscription when done.
 */
export async function subscribe(
  dependencies: SubscribeDependencies,
  args: SubscribeArguments,
  asking: { readonly signal: AbortSignal },
): Promise<Subscription> {
  const { log, live, cursors } = dependencies
  // Pinned before anything is awaited: an event that is acknowledged from here on is behind this vector.
  let latest = live.latest()
  if (latest === null) {
    await live.begun()
    latest = live.latest() ?? []
  }
  const incarnation = log.incarnation()
  requireUp(log)
  const after = decodeCursor(cursors, args.after)
  if (after === null && args.since == null && args.from !== 'EARLIEST' && args.until == null) {
    return subscriptionOf(latest, null)
  }
  const [extent, since] = await Promise.all([
    extentFor(log, [after], { seen: latest, signal: asking.signal }),
    after === null && args.since != null ? log.offsetsAt(args.since) : null,
  ])
  const end = args.until === 'END' ? extent.ends : null
  if (after !== null) return subscriptionOf(behind(after, extent), end)
  if (since !== null) return subscriptionOf(since, end)
  return subscriptionOf(args.from === 'EARLIEST' ? extent.beginnings : latest, end)

  function subscriptionOf(start: Vector, end: Vector | null): Subscription {
    return new Subscription(dependencies, { start, end, matches: args.matches, incarnation })
  }
}

/** A live subscription outlives an outage of the log; a new one is told. */
function requireUp(log: EventLog): void {
  const health = log.health()
  if (!health.up) throw new HeraldError('LOG_UNAVAILABLE', `The log is away: ${health.reason}. Try again.`)
}
