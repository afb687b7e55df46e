/**
 * Scanning: the records between two vectors, several partitions merged by timestamp, each exactly in its own
 * order, ties by partition. Forward and backward are the same walk seen from either end: each partition
 * offers its next record, and the one that is due is taken. Memory holds one batch a partition, smaller ones
 * where there are many partitions, and nothing is fetched while the consumer does not ask.
 */
import { setMaxListeners } from 'node:events'
import type { Batch, EventLog, LogRecord, Vector } from '../log/event-log.ts'

/** What all partitions' batches together should hold. */
const BUFFER_BYTES = 16 * 1024 * 1024
const BATCH_BYTES = { least: 16 * 1024, most: 1024 * 1024 }
/** How many offsets a scan backward looks at first where the number of events that are wanted is not known. */
const FIRST_WINDOW = 32

/** Some records in order, and where the scan has come with them. */
export interface ScanStep {
  /** May be empty: then only holes were passed. */
  readonly records: readonly LogRecord[]
  /** Forward: next offsets behind the last record. Backward: offsets of the first ones not to be read. */
  readonly place: Vector
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** About how many events are wanted: fetches begin that small. Default: as many as there are. */
  readonly events?: number
}

/** One partition's records, a batch at a time, and where the partition has come with each, or further. */
type Batches = AsyncIterator<{ readonly records: readonly LogRecord[]; readonly next: number }, void>

/** One partition's part of a merge. */
interface Source {
  readonly partition: number
  /** No further than this does it come. */
  readonly to: number
  readonly batches: Batches
  records: readonly LogRecord[]
  at: number
  /** Where the partition has come once `records` are used up. */
  place: number
  isDone: boolean
}

/** A stretch of one partition, and how to fetch it. */
interface Stretch {
  readonly log: EventLog
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly signal: AbortSignal | undefined
  readonly batchBytes: number
  /** How many records are wanted of it, about. */
  readonly share: number
  readonly window: number
}

/** From `from` to `to`, in order. Partitions where `from` is at or past `to` have nothing to read. */
export function scanForward(
  log: EventLog,
  from: Vector,
  to: Vector,
  options: ScanOptions = {},
): AsyncGenerator<ScanStep> {
  const sources = stretches(log, from, to, options).map((stretch) =>
    sourceOf(stretch, forwardBatches(stretch)[Symbol.asyncIterator]()),
  )
  const isDue = (a: LogRecord, b: LogRecord) => a.timestamp < b.timestamp
  return merge(sources, from, isDue, (record) => record.offset + 1)
}

/** From `to` back to `from`, in the opposite order. */
export function scanBackward(
  log: EventLog,
  from: Vector,
  to: Vector,
  options: ScanOptions = {},
): AsyncGenerator<ScanStep> {
  const sources = stretches(log, from, to, options).map((stretch) => sourceOf(stretch, backwardBatches(stretch)))
  // Ties the other way round: forward takes the lower partition first.
  const isDue = (a: LogRecord, b: LogRecord) => a.timestamp > b.timestamp
  return merge(sources.reverse(), to, isDue, (record) => record.offset)
}

function stretches(log: EventLog, from: Vector, to: Vector, { signal, events }: ScanOptions): Stretch[] {
  const open = [...to.keys()].filter((p) => (from[p] ?? 0) < to[p]!)
  const share = events === undefined ? Number.POSITIVE_INFINITY : Math.ceil((events + 1) / open.length)
  const batchBytes = Math.max(BATCH_BYTES.least, Math.min(BATCH_BYTES.most, Math.floor(BUFFER_BYTES / open.length)))
  // Every partition's read listens to it.
  if (signal) setMaxListeners(0, signal)
  const window = Number.isFinite(share) ? Math.max(FIRST_WINDOW, share) : FIRST_WINDOW
  return open.map((partition) => ({
    ...{ log, partition, signal, batchBytes, window, share },
    from: from[partition] ?? 0,
    to: to[partition]!,
  }))
}

function sourceOf({ partition, to }: Stretch, batches: Batches): Source {
  return { partition, to, batches, records: [], at: 0, place: 0, isDone: false }
}

/**
 * Takes the record that is due, again and again, until some partition has no more in its buffer: then a step
 * is complete. On a tie the partition that comes first in `sources` is due.
 */
async function* merge(
  sources: readonly Source[],
  start: Vector,
  isDue: (a: LogRecord, b: LogRecord) => boolean,
  placeOf: (record: LogRecord) => number,
): AsyncGenerator<ScanStep> {
  const place = [...start]
  let open = sources
  try {
    for (;;) {
      await Promise.all(open.filter(isUsedUp).map((source) => fetch(source, place)))
      open = open.filter((source) => !source.isDone)
      const records: LogRecord[] = []
      let isComplete = open.length === 0 || open.some(isUsedUp)
      while (!isComplete) {
        let due = open[0]!
        let record = due.records[due.at]!
        for (let i = 1; i < open.length; i++) {
          const source = open[i]!
          const other = source.records[source.at]!
          if (isDue(other, record)) {
            due = source
            record = other
          }
        }
        due.at++
        records.push(record)
        isComplete = isUsedUp(due)
        place[due.partition] = isComplete ? due.place : placeOf(record)
      }
      yield { records, place: [...place] }
      if (open.length === 0) return
    }
  } finally {
    await Promise.all(sources.map((source) => source.batches.return?.()))
  }
}

function isUsedUp(source: Source): boolean {
  return source.at >= source.records.length
}

/** The next batch of a partition; one without records moves its place on, past holes. */
async function fetch(source: Source, place: number[]): Promise<void> {
  const { value: batch, done } = await source.batches.next()
  if (done) {
    source.isDone = true
    return
  }
  source.records = batch.records
  source.at = 0
  // Holes behind the last record may go on beyond.
  source.place = Math.min(batch.next, source.to)
  if (batch.records.length === 0) place[source.partition] = source.place
}

function forwardBatches({ log, partition, from, to, signal, batchBytes, share }: Stretch): AsyncIterable<Batch> {
  return log.read(partition, from, to, { ...(signal && { signal }), batchBytes, records: share })
}

/**
 * A log reads forward only: windows before the end, each read whole and turned round. A window grows while
 * its records stay few and small (in a compacted topic whole windows may be holes), and one that turns out
 * too large for memory is left and tried again smaller.
 */
async function* backwardBatches(stretch: Stretch) {
  const { from, to, signal, batchBytes } = stretch
  let size = stretch.window
  for (let end = to; end > from; ) {
    const begin = Math.max(from, end - size)
    const { records, bytes, next } = await readWindow(stretch, begin, end)
    if (signal?.aborted) return
    if (next < end) {
      size = Math.max(1, Math.floor((next - begin) / 2))
      continue
    }
    yield { records: records.reverse(), next: begin }
    end = begin
    if (bytes < batchBytes) size *= 2
  }
}

/** Everything from `begin` to `end`, but not much more than fits a buffer: then `next` is before `end`. */
async function readWindow(
  stretch: Stretch,
  begin: number,
  end: number,
): Promise<{ records: LogRecord[]; bytes: number; next: number }> {
  const records: LogRecord[] = []
  let bytes = 0
  let next = begin
  for await (const batch of forwardBatches({ ...stretch, from: begin, to: end })) {
    for (const record of batch.records) {
      records.push(record)
      bytes += record.size
    }
    next = Math.min(batch.next, end)
    // A window of one offset is read whatever its size: it cannot be made smaller.
    if (bytes > 4 * stretch.batchBytes && next < end && end - begin > 1) break
  }
  return { records, bytes, next }
}
