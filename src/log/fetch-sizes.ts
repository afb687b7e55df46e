/** How much to fetch at a time: as much as is wanted at first, twice as much each time that it was not enough. */
import type { ReadOptions } from './event-log.ts'

const DEFAULT_BATCH_BYTES = 1024 * 1024
const LEAST_BYTES = 16 * 1024
/** Bytes of a record, about, to choose a size before one was seen. */
const BYTES_A_RECORD = 450

/** Sizes in bytes, without end. The first is at least `atLeast`, as far as the options let it. */
export function* fetchSizes(options: ReadOptions, atLeast = LEAST_BYTES): Generator<number, never> {
  const { batchBytes = DEFAULT_BATCH_BYTES, records = Number.POSITIVE_INFINITY } = options
  const fitting = Math.max(LEAST_BYTES, atLeast, (records + 1) * BYTES_A_RECORD)
  for (let bytes = Math.floor(Math.min(batchBytes, fitting)); ; bytes = Math.min(batchBytes, 2 * bytes)) yield bytes
}
