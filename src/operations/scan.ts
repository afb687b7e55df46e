/**
 * Scanning: the records between two vectors, several partitions merged by timestamp, each exactly in its own
 * order, ties by partition. Forward and backward are the same walk seen from either end: each partition
 * offers its next record, and the one that is due is taken. Memory holds one batch a partition.
 */
import { sizeOf } from '../event/decode.ts'
import type { EventLog, LogRecord, Vector } from '../log/event-log.ts'

/** Some records in order, and where the scan has come with them. */
export interface ScanStep {
  readonly records: readonly LogRecord[]
  /** Forward: next offsets behind the last record. Backward: offsets of the first ones not to be read. */
  readonly place: Vector
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined
  /** About how many bytes to fetch at a time from a partition. */
  readonly batchBytes?: number
}

/** One partition's records, buffered a batch at a time. */
interface Source {
  readonly partition: number
  readonly batches: AsyncIterator<{ readonly records: readonly LogRecord[]; readonly place: number }>
  records: readonly LogRecord[]
  at: number
  /** Where the partition has come once `records` are used up. */
  place: number
}

/** From `from` to `to`, in order. Partitions where `from` is at or past `to` have nothing to read. */
export function scanForward(log: EventLog, from: Vector, to: Vector, options: ScanOptions): AsyncGenerator<ScanStep> {
  const sources = to.flatMap((end, p) => {
    const begin = from[p] ?? 0
    return begin < end ? [sourceOf(p, begin, forwardBatches(log, p, begin, end, options))] : []
  })
  const isDue = (a: LogRecord, b: LogRecord) => a.timestamp < b.timestamp
  return merge(sources, from, isDue, (record) => record.offset + 1)
}

/** From `to` back to `from`, in the opposite order. */
export function scanBackward(log: EventLog, from: Vector, to: Vector, options: ScanOptions): AsyncGenerator<ScanStep> {
  const sources = to.flatMap((end, p) => {
    const begin = from[p] ?? 0
    return begin < end ? [sourceOf(p, end, backwardBatches(log, p, begin, end, options))] : []
  })
  // Ties the other way round: forward takes the lower partition first.
  const isDue = (a: LogRecord, b: LogRecord) => a.timestamp > b.timestamp
  return merge(sources.reverse(), to, isDue, (record) => record.offset)
}

function sourceOf(partition: number, place: number, batches: Source['batches']): Source {
  return { partition, batches, records: [], at: 0, place }
}

/**
 * Takes the record that is due, again and again, until some partition has no more in its buffer: then a step
 * is complete. On a tie the partition that comes first in `sources` is due.
 */
async function* merge(
  sources: Source[],
  start: Vector,
  isDue: (a: LogRecord, b: LogRecord) => boolean,
  placeOf: (record: LogRecord) => number,
): AsyncGenerator<ScanStep> {
  const place = [...start]
  let open = sources
  try {
    for (;;) {
      await Promise.all(open.filter(isUsedUp).map((source) => fill(source, place)))
      open = open.filter((source) => !isUsedUp(source))
      if (open.length === 0) {
        yield { records: [], place: [...place] }
        return
      }
      const records: LogRecord[] = []
      for (;;) {
        let due = open[0]!
        for (const source of open) {
          if (isDue(source.records[source.at]!, due.records[due.at]!)) due = source
        }
        const record = due.records[due.at++]!
        records.push(record)
        place[due.partition] = isUsedUp(due) ? due.place : placeOf(record)
        if (isUsedUp(due)) break
      }
      yield { records, place: [...place] }
    }
  } finally {
    await Promise.all(sources.map((source) => source.batches.return?.()))
  }
}

function isUsedUp(source: Source): boolean {
  return source.at >= source.records.length
}

/** Fetches until there is a record or the partition's end; holes move its place on. */
async function fill(source: Source, place: number[]): Promise<void> {
  for (;;) {
    const { value: batch, done } = await source.batches.next()
    if (done) return
    source.place = batch.place
    if (batch.records.length > 0) {
      source.records = batch.records
      source.at = 0
      return
    }
    place[source.partition] = batch.place
  }
}

async function* forwardBatches(
  log: EventLog,
  partition: number,
  from: number,
  to: number,
  { signal, batchBytes }: ScanOptions,
) {
  const options = { ...(signal && { signal }), ...(batchBytes !== undefined && { batchBytes }) }
  for await (const { records, next } of log.read(partition, from, to, options)) {
    yield { records, place: Math.min(next, to) }
  }
}

/** How many offsets to look at first, and how many bytes a window should hold at most. */
const FIRST_WINDOW = 32
const WINDOW_BYTES = 4 * 1024 * 1024

/**
 * A log reads forward only: windows before the end, each read whole and turned round. A window grows while
 * its records stay few and small; in a compacted topic whole windows may be holes.
 */
async function* backwardBatches(log: EventLog, partition: number, from: number, to: number, options: ScanOptions) {
  let size = FIRST_WINDOW
  for (let end = to; end > from; ) {
    const begin = Math.max(from, end - size)
    const records: LogRecord[] = []
    let bytes = 0
    for await (const batch of forwardBatches(log, partition, begin, end, options)) {
      for (const record of batch.records) bytes += sizeOf(record)
      records.push(...batch.records)
    }
    if (options.signal?.aborted) return
    yield { records: records.reverse(), place: begin }
    end = begin
    size = Math.max(1, Math.min(size * 2, bytes === 0 ? size * 2 : Math.floor((size * WINDOW_BYTES) / bytes)))
  }
}
