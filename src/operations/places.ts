/**
 * From what a user gave (cursors, moments) to vectors of offsets, held against what the log has now. Cursors
 * are decoded before the log is asked anything: a bad one costs nothing.
 */
import { setTimeout } from 'node:timers/promises'
import { HeraldError } from '../errors.ts'
import { type CursorCodec, invalid, type Place } from '../event/cursor.ts'
import type { EventLog, Vector } from '../log/event-log.ts'

/** After a failover the log's end lags behind what was acknowledged before (KIP-207): so long it may. */
const END_LAG_MS = 5_000
const END_POLL_MS = 200

/** What the log holds: `beginnings[p] <= offset < ends[p]`. */
export interface Extent {
  readonly beginnings: Vector
  readonly ends: Vector
}

/**
 * The log's extent; waits up to 5 s for an end that a cursor is past. `seen`: what surely is in the log, though
 * the committed end may be before it (while a foreign transaction is open). Throws CURSOR_INVALID if a cursor
 * still is past both. A signal that aborts cuts the wait short.
 */
export async function extentFor(
  log: EventLog,
  places: readonly (Place | null)[],
  { seen, signal }: { readonly seen: Vector; readonly signal?: AbortSignal | undefined },
): Promise<Extent> {
  const deadline = Date.now() + END_LAG_MS
  for (;;) {
    const [beginnings, ends] = await bothOf(log)
    const isPast = (offset: number, p: number) => offset > Math.max(ends[p] ?? -1, seen[p] ?? -1)
    if (!places.some((place) => place?.vector.some(isPast))) return { beginnings, ends }
    if (Date.now() >= deadline || signal?.aborted) throw invalid('is past the end of the log')
    await setTimeout(END_POLL_MS, undefined, { ...(signal && { signal }) }).catch(() => {})
  }
}

/** Asked at once; a partition that is added between the two answers is left for the next question. */
async function bothOf(log: EventLog): Promise<[beginnings: Vector, ends: Vector]> {
  const [beginnings, ends] = await Promise.all([log.beginnings(), log.ends()])
  const count = Math.min(beginnings.length, ends.length)
  return [beginnings.slice(0, count), ends.slice(0, count)]
}

/** The cursor that `text` is; null for none. Throws CURSOR_INVALID, CURSOR_EXPIRED. */
export function decodeCursor(cursors: CursorCodec, text: string | null | undefined): Place | null {
  return text == null ? null : cursors.decode(text)
}

/**
 * Where to go on behind a place; partitions that were added since begin at 0. Throws CURSOR_EXPIRED where
 * retention has removed what follows.
 */
export function behind(place: Place, { beginnings }: Extent): Vector {
  return beginnings.map((beginning, p) => {
    const offset = place.vector[p] ?? 0
    if (offset < beginning) throw expired(p, beginning, offset)
    return offset
  })
}

/**
 * Where to stop so as to leave out the event that a `before` cursor belongs to, and what follows it. Throws
 * CURSOR_EXPIRED where retention has removed that event, or what was before it and beside it.
 */
export function upTo(place: Place, { beginnings, ends }: Extent): Vector {
  return ends.map((_end, p) => {
    const offset = (place.vector[p] ?? 0) - (place.partition === p ? 1 : 0)
    const beginning = beginnings[p] ?? 0
    if (p < place.vector.length && offset < beginning) throw expired(p, beginning, offset)
    return offset
  })
}

function expired(partition: number, beginning: number, offset: number): HeraldError {
  return new HeraldError(
    'CURSOR_EXPIRED',
    `Events at this cursor are gone: the log keeps partition ${partition} from offset ${beginning} on, and the cursor is at ${offset}. Begin anew with from: EARLIEST, or lose them knowingly with from: LATEST.`,
  )
}

/** Partition by partition the later one. */
export function later(a: Vector, b: Vector): Vector {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, p) => Math.max(a[p] ?? 0, b[p] ?? 0))
}

/** How many offsets `to` is ahead of `from`, over all partitions. */
export function distance(from: Vector, to: Vector): number {
  return to.reduce((sum, offset, p) => sum + Math.max(0, offset - (from[p] ?? 0)), 0)
}

/** Whether `to` is ahead of `from` in some partition. */
export function isAhead(to: Vector, from: Vector): boolean {
  return to.some((offset, p) => offset > (from[p] ?? 0))
}
