/** A record's content as a plain object, to be compared whole. */
import type { LogRecord } from '../../src/log/event-log.ts'

export function contentOf({ partition, offset, timestamp, key, value, headers }: LogRecord) {
  return { partition, offset, timestamp, key, value, headers }
}
