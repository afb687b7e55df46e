/**
 * Replay: a page of the log, forward or backward, by the rules of Relay's connections
 * (https://relay.dev/graphql/connections.htm). A page ends where the limit is reached, where the log ended
 * when the query began, or after so many bytes or so much time of scanning: then it says where to go on. It ends so
 * too where the log fails in the middle of it: what was read is good, and the next page tells the error.
 *
 * A page is handed out in runs while it is read, so whoever writes it out needs memory for a run, whatever its size;
 * nothing is read ahead of a reader that is slow but what is under way.
 */

import { HeraldError } from '../errors.ts'
import type { CursorCodec, Place } from '../event/cursor.ts'
import type { Decoder } from '../event/decode.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { EventLog, LogRecord, Vector } from '../log/event-log.ts'
import { counts } from '../observability/counts.ts'
import { both, type EventFilter, eventFilter, readableFilter } from './filter.ts'
import type { Live } from './live.ts'
import { Pace } from './pace.ts'
import { behind, decodeCursor, type Extent, extentFor, later, upTo } from './places.ts'
import { type ScanStep, scanBackward, scanForward } from './scan.ts'
import { Trail } from './trail.ts'

export const DEFAULT_PAGE = 1_000
export const MAX_PAGE = 10_000
const MAX_SCAN_BYTES = 16 * 1024 * 1024
const MAX_SCAN_MS = 5_000
/** Events of a run: few enough that others get their turn between two. */
const RUN = 256

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
  /** Told of the bytes that a whole page keeps, as they come; what it throws ends the page. */
  readonly keep?: (bytes: number) => void
}

/** What lies around a page. */
export interface PageBounds {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly start: Place | null
  readonly end: Place | null
}

export interface Page extends PageBounds {
  readonly events: readonly DecodedEvent[]
  /** Where the log ended when the query began. */
  readonly logEnd: Place
}

/** A page that is being read. */
export interface OpenPage {
  /** Where the log ended when the query began. */
  readonly logEnd: Place
  /** Cursors of the life of the topic that is read, whatever became of it since. */
  readonly cursors: CursorCodec
  /** The events in the log's order; to be gone through once, or ended with `return`. Throws only faults of ours. */
  readonly runs: AsyncGenerator<readonly DecodedEvent[], PageBounds, void>
}

export interface ReplayDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly decoder: Decoder
}

/** How often to begin anew where retention takes away the beginning while it is read. */
const ATTEMPTS = 3

/** A whole page. Throws BAD_USER_INPUT, CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE. */
export async function replay(
  dependencies: ReplayDependencies,
  args: ReplayArguments,
  signal?: AbortSignal,
): Promise<Page> {
  const { runs, logEnd } = await openPage(dependencies, args, signal)
  const events: DecodedEvent[] = []
  try {
    for (;;) {
      const { done, value } = await runs.next()
      if (done) return { events, ...value, logEnd }
      args.keep?.(bytesOf(value))
      events.push(...value)
    }
  } finally {
    await runs.return(NOTHING)
  }
}

/** What the records of events hold. */
export function bytesOf(events: readonly DecodedEvent[]): number {
  return events.reduce((sum, { parts }) => sum + parts.bytes, 0)
}

/** Resolves once the first events were read. Throws BAD_USER_INPUT, CURSOR_INVALID, CURSOR_EXPIRED, LOG_UNAVAILABLE. */
export async function openPage(
  dependencies: ReplayDependencies,
  args: ReplayArguments,
  signal?: AbortSignal,
): Promise<OpenPage> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await begin(dependencies, args, signal)
    } catch (error) {
      // Who names no place to begin at means the beginning, wherever it is by now.
      const isMoved = error instanceof HeraldError && error.code === 'CURSOR_EXPIRED' && args.after == null
      if (!isMoved || attempt === ATTEMPTS) throw error
    }
  }
}

async function begin(
  { log, live, cursors: current, decoder }: ReplayDependencies,
  args: ReplayArguments,
  signal: AbortSignal | undefined,
): Promise<OpenPage> {
  const backward = args.last != null
  const limit = limitOf(args)
  await live.begun()
  const after = decodeCursor(current, args.after)
  const before = decodeCursor(current, args.before)
  const cursors = current.pinned()
  const [extent, since] = await Promise.all([
    extentFor(log, [after, before], { seen: live.latest() ?? [], signal }),
    args.since == null ? null : log.offsetsAt(args.since),
  ])
  const lower = lowerBound(extent, after, since)
  const upper = before === null ? extent.ends : upTo(before, extent)
  const matches = both(readableFilter(args.readable ?? null), eventFilter(args.filter))

  const reading = read()
  const first = await reading.next()
  return { logEnd: { vector: extent.ends, partition: null }, cursors, runs: runs() }

  async function* runs(): AsyncGenerator<readonly DecodedEvent[], PageBounds, void> {
    try {
      if (first.done) return first.value
      yield first.value
      return yield* reading
    } finally {
      // Whoever leaves at the first run has not begun with the rest.
      await reading.return(NOTHING)
    }
  }

  async function* read(): AsyncGenerator<readonly DecodedEvent[], PageBounds, void> {
    const walk = new Walk(backward ? upper : lower, backward)
    const collected: DecodedEvent[] = []
    let more = limit === 0 && isBelow(lower, upper)
    let count = 0
    let one: DecodedEvent | undefined
    let other: DecodedEvent | undefined
    let run: DecodedEvent[] = []
    if (limit > 0) {
      const scan = (backward ? scanBackward : scanForward)(log, lower, upper, { signal, events: limit })
      try {
        scanning: for await (const step of timed(scan, () => walk.hasMoved)) {
          for (const record of step.records) {
            const event = decoder.decode(record, walk.behind(record), cursors)
            if (matches === null || matches(event)) {
              if (count === limit) {
                more = true
                break scanning
              }
              count++
              one ??= event
              other = event
              run.push(event)
            }
            walk.take(record)
            if (walk.bytes >= MAX_SCAN_BYTES) break
            if (run.length < RUN) continue
            if (backward) collected.push(...run)
            else yield run
            run = []
          }
          if (walk.bytes >= MAX_SCAN_BYTES) break
          walk.move(step)
        }
      } finally {
        await scan.return(undefined)
      }
    }
    if (backward) {
      collected.push(...run)
      collected.reverse()
      for (let at = 0; at < collected.length; at += RUN) yield collected.slice(at, at + RUN)
    } else if (run.length > 0) yield run
    counts.replayed += count
    const cut = !more && walk.isBetween(lower, upper)
    const reached: Place = { vector: walk.place, partition: null }
    const [start, end] = backward ? [other, one] : [one, other]
    return {
      hasNextPage: backward ? before !== null && matches === null && isBelow(upper, extent.ends) : more || cut,
      hasPreviousPage: backward
        ? more || cut
        : after !== null && matches === null && isBelow(later(extent.beginnings, since ?? []), lower),
      start: backward && cut ? reached : (start?.place ?? null),
      end: !backward && cut ? reached : (end?.place ?? null),
    }
  }
}

const NOTHING: PageBounds = { hasNextPage: false, hasPreviousPage: false, start: null, end: null }

/** All pages that are read in this process. */
const pace = new Pace()

/**
 * The steps of a scan, as far as its time goes: the time of the scanning, not of whoever takes the steps. Where the
 * log fails and the page has come somewhere, it ends there.
 */
async function* timed(scan: AsyncGenerator<ScanStep>, hasMoved: () => boolean): AsyncGenerator<ScanStep, void> {
  for (let left = MAX_SCAN_MS; left > 0; ) {
    const begun = performance.now()
    await pace.turn()
    let result: IteratorResult<ScanStep>
    try {
      result = await scan.next()
    } catch (error) {
      if (error instanceof HeraldError && hasMoved()) return
      throw error
    }
    left -= performance.now() - begun
    if (result.done) return
    yield result.value
  }
}

/** How far a scan has come, record by record. */
class Walk {
  bytes = 0
  hasMoved = false
  readonly #place: number[]
  readonly #backward: boolean
  /** Null where there is one partition: the place behind a record follows from it. */
  readonly #trail: Trail | null

  constructor(start: Vector, backward: boolean) {
    this.#place = [...start]
    this.#backward = backward
    this.#trail = start.length === 1 ? null : new Trail(start)
  }

  get place(): Vector {
    return this.#place
  }

  /** The place right behind a record that is about to be taken, whichever way the scan goes. */
  behind({ partition, offset }: LogRecord): Vector | (() => Vector) {
    return this.#trail === null ? [offset + 1] : this.#trail.behind(partition, offset + 1)
  }

  take(record: LogRecord): void {
    this.hasMoved = true
    this.#set(record.partition, this.#backward ? record.offset : record.offset + 1)
    this.bytes += record.size
  }

  move({ place }: ScanStep): void {
    this.hasMoved = true
    for (let p = 0; p < place.length; p++) if (place[p] !== this.#place[p]) this.#set(p, place[p]!)
  }

  isBetween(lower: Vector, upper: Vector): boolean {
    return this.#backward
      ? this.place.some((offset, p) => offset > (lower[p] ?? 0))
      : this.place.some((offset, p) => offset < (upper[p] ?? 0))
  }

  #set(partition: number, offset: number): void {
    this.#place[partition] = offset
    this.#trail?.move(partition, offset)
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
