/** Ids of new events: UUIDv7 (RFC 9562, section 5.7), no two alike. */
import { expect, it } from 'vitest'
import { newEventId } from '../../src/event/event-id.ts'

it('is a UUIDv7 of now', () => {
  const before = Date.now()
  const id = newEventId()
  const after = Date.now()
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(after)
})

it('is never the same twice, and each random digit takes each value', () => {
  const ids = Array.from({ length: 50_000 }, newEventId)
  expect(new Set(ids).size).toBe(ids.length)
  for (let place = 15; place < 36; place++) {
    const values = new Set(ids.map((id) => id[place]))
    expect(values.size, `digit ${place}`).toBe(place === 18 || place === 23 ? 1 : place === 19 ? 4 : 16)
  }
})
