/**
 * Ids of new events: UUIDv7 (RFC 9562), made by the uuid package of random bytes out of a pool: to ask the system
 * for 16 bytes each time costs more than all else that an id takes.
 */
import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const BYTES = 16
const pool = new Uint8Array(BYTES * 256)
let at = pool.length

export function newEventId(): string {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const random = pool.subarray(at, at + BYTES)
  at += BYTES
  return v7({ random })
}
