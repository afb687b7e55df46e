/**
 * Replay: a page of the log, forward or backward, by the rules of Relay's connections
 * (https://relay.dev/graphql/connections.htm). A page ends where the limit is reached, where the log ended
 * when the query began, or after so many bytes or so much time of scanning: then it says where to go on.
 */

import { HeraldError } from '../errors.ts'
import type { CursorCodec, Place } from '../event/cursor.ts'
import type { Decoder } from '../event/decode.ts'
import { sizeOf } from '../event/decode.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { EventLog, LogRecord, Vector } from '../log/event-log.ts'
import { counts } from '../observability/counts.ts'
import { both, type EventFilter, eventFilter, readableFilter } from './filter.ts'
import type { Live } from './live.ts'
import { behind, decodeCursor, type Extent, extentFor, later, upTo } from './places.ts'
import { type ScanStep, scanBackward, scanForward } from './scan.ts'

export const DEFAULT_PAGE = 1_000
export const MAX_PAGE = 10_000
const MAX_SCAN_BYTES = 16 * 1024 * 1024
const MAX_SCAN_MS = 5_000

export interface ReplayArguments {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | null | undefined
  readonly filter?: EventFilter | null | undefined
  /** Object types that the caller may read; null: every event. */
  readonly readable?: ReadonlySet<string> | null
}

export interface Page {
  readonly events: readonly DecodedEvent[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly start: Place | null
  readonly end: Place | null
  /** Where the log ended when the query began. */
  readonly logEnd: Place
}

export interface ReplayDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly decoder: Decoder
}

/** How often to begin anew where retention takes away the beginning while it is read. */
const ATTEMPTS = 3

/** Throws BAD_USER_INPUT, CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE. */
export async function replay(
  dependencies: ReplayDependencies,
  args: ReplayArguments,
  signal?: AbortSignal,
): Promise<Page> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readPage(dependencies, args, signal)
    } catch (error) {
      // Who names no place to begin at means the beginning, wherever it is by now.
      const isMoved = error instanceof HeraldError && error.code === 'CURSOR_EXPIRED' && args.after == null
      if (!isMoved || attempt === ATTEMPTS) throw error
    }
  }
}

async function readPage(
  { log, live, cursors, decoder }: ReplayDependencies,
  args: ReplayArguments,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const backward = args.last != null
  const limit = limitOf(args)
  await live.begun()
  const after = decodeCursor(cursors, args.after)
  const before = decodeCursor(cursors, args.before)
  const [extent, since] = await Promise.all([
    extentFor(log, [after, before], { seen: live.latest() ?? [], signal }),
    args.since == null ? null : log.offsetsAt(args.since),
  ])
  const lower = lowerBound(extent, after, since)
  const upper = before === null ? extent.ends : upTo(before, extent)
  const matches = both(readableFilter(args.readable ?? null), eventFilter(args.filter))

  const events: DecodedEvent[] = []
  const scan = (backward ? scanBackward : scanForward)(log, lower, upper, { signal, events: limit })
  const walk = new Walk(backward ? upper : lower, backward)
  let more = limit === 0 && isBelow(lower, upper)
  const deadline = Date.now() + MAX_SCAN_MS
  scanning: for await (const step of limit === 0 ? [] : scan) {
    for (const record of step.records) {
      const event = decoder.decode(record, walk.behind(record))
      if (matches === null || matches(event)) {
        if (events.length === limit) {
          more = true
          break scanning
        }
        events.push(event)
      }
      walk.take(record)
      if (walk.bytes >= MAX_SCAN_BYTES) break
    }
    if (walk.bytes < MAX_SCAN_BYTES) walk.move(step)
    if (walk.bytes >= MAX_SCAN_BYTES || Date.now() >= deadline) break
  }
  const cut = !more && walk.isBetween(lower, upper)
  const reached: Place = { vector: walk.place, partition: null }
  if (backward) events.reverse()
  counts.replayed += events.length
  const start = events[0]?.place ?? null
  const end = events.at(-1)?.place ?? null
  return {
    events,
    hasNextPage: backward ? before !== null && matches === null && isBelow(upper, extent.ends) : more || cut,
    hasPreviousPage: backward
      ? more || cut
      : after !== null && matches === null && isBelow(later(extent.beginnings, since ?? []), lower),
    start: backward && cut ? reached : start,
    end: !backward && cut ? reached : end,
    logEnd: { vector: extent.ends, partition: null },
  }
}

/** How far a scan has come, record by record. */
class Walk {
  bytes = 0
  #place: number[]
  readonly #backward: boolean

  constructor(start: Vector, backward: boolean) {
    this.#place = [...start]
    this.#backward = backward
  }

  get place(): Vector {
    return this.#place
  }

  /** The place right behind a record, whichever way the scan goes. */
  behind(record: LogRecord): Vector {
    const vector = [...this.#place]
    vector[record.partition] = record.offset + 1
    return vector
  }

  take(record: LogRecord): void {
    this.#place[record.partition] = this.#backward ? record.offset : record.offset + 1
    this.bytes += sizeOf(record)
  }

  move(step: ScanStep): void {
    this.#place = [...step.place]
  }

  isBetween(lower: Vector, upper: Vector): boolean {
    return this.#backward
      ? this.place.some((offset, p) => offset > (lower[p] ?? 0))
      : this.place.some((offset, p) => offset < (upper[p] ?? 0))
  }
}

function limitOf({ first, last }: ReplayArguments): number {
  const refuse = (message: string) => new HeraldError('BAD_USER_INPUT', message)
  if (first != null && last != null) throw refuse('Give first or last, not both.')
  const [name, limit] = last != null ? ['last', last] : ['first', first ?? DEFAULT_PAGE]
  if (limit < 0) throw refuse(`${name} must not be negative.`)
  if (limit > MAX_PAGE) throw refuse(`${name} must be at most ${MAX_PAGE}: read on with a cursor instead.`)
  return limit
}

function lowerBound(extent: Extent, after: Place | null, since: Vector | null): Vector {
  const from = after === null ? extent.beginnings : behind(after, extent)
  return since === null ? from : later(from, since)
}

/** Whether `a` is before `b` in some partition. */
function isBelow(a: Vector, b: Vector): boolean {
  return b.some((offset, p) => (a[p] ?? 0) < offset)
}
