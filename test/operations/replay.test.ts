/** Replay on the embedded log: pages by Relay's rules, `since`, filters, and where a page is cut. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { replay } from '../../src/operations/replay.ts'
import { chain, embeddedParts, failureOf, type Parts, publishNumbers, range, record, typesOf } from './parts.ts'

const texts = (from: number, to: number) => range(from, to).map(String)

async function numbered(count: number): Promise<Parts> {
  const parts = await embeddedParts()
  await publishNumbers(parts, count)
  return parts
}

it('says of an empty log that nothing is there, whichever way it is asked', async () => {
  const parts = await embeddedParts()
  for (const args of [{}, { first: 0 }, { first: 5 }, { last: 5 }, { since: 0 }, { since: Date.now() + 1e9 }]) {
    expect(await replay(parts, args)).toEqual({
      ...{ events: [], hasNextPage: false, hasPreviousPage: false, start: null, end: null },
      logEnd: { vector: [0], partition: null },
    })
  }
})

it('gives the first events, says whether there are more, and goes on right behind a cursor', async () => {
  const parts = await numbered(10)
  const page = await replay(parts, { first: 4 })
  expect(typesOf(page)).toEqual(texts(0, 4))
  expect(page).toMatchObject({ hasNextPage: true, hasPreviousPage: false, logEnd: { vector: [10] } })
  expect(page.start).toEqual(page.events[0]!.place)
  expect(page.end).toEqual(page.events[3]!.place)
  const next = await replay(parts, { first: 6, after: page.events[3]!.cursor })
  expect(typesOf(next)).toEqual(texts(4, 10))
  expect(next).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  const none = await replay(parts, { first: 6, after: next.events[5]!.cursor })
  expect(none).toMatchObject({ events: [], hasNextPage: false, hasPreviousPage: true, start: null, end: null })
})

it('gives the last events in the order of the log, and goes on before a cursor', async () => {
  const parts = await numbered(10)
  const page = await replay(parts, { last: 4 })
  expect(typesOf(page)).toEqual(texts(6, 10))
  expect(page).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  expect(page.start).toEqual(page.events[0]!.place)
  expect(page.end).toEqual(page.events[3]!.place)
  const before = await replay(parts, { last: 6, before: page.events[0]!.cursor })
  expect(typesOf(before)).toEqual(texts(0, 6))
  expect(before).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  const none = await replay(parts, { last: 6, before: before.events[0]!.cursor })
  expect(none).toMatchObject({ events: [], hasNextPage: true, hasPreviousPage: false })
})

it('keeps to both cursors where after and before are given together', async () => {
  const parts = await numbered(10)
  const { events } = await replay(parts, {})
  const between = { after: events[1]!.cursor, before: events[8]!.cursor }
  expect(typesOf(await replay(parts, between))).toEqual(texts(2, 8))
  expect(typesOf(await replay(parts, { ...between, first: 2 }))).toEqual(texts(2, 4))
  expect(typesOf(await replay(parts, { ...between, last: 2 }))).toEqual(texts(6, 8))
  expect(typesOf(await replay(parts, { after: events[8]!.cursor, before: events[1]!.cursor }))).toEqual([])
  expect(typesOf(await replay(parts, { last: 5, after: events[8]!.cursor, before: events[1]!.cursor }))).toEqual([])
})

it('gives no event for first: 0 and last: 0, and still says whether there are any', async () => {
  const parts = await numbered(3)
  expect(await replay(parts, { first: 0 })).toMatchObject({ events: [], hasNextPage: true, hasPreviousPage: false })
  expect(await replay(parts, { last: 0 })).toMatchObject({ events: [], hasNextPage: false, hasPreviousPage: true })
})

it('gives 1,000 events where no number is asked for, and refuses numbers past the bounds', async () => {
  const parts = await numbered(1_001)
  expect(typesOf(await replay(parts, {}))).toEqual(texts(0, 1_000))
  for (const args of [{ first: -1 }, { last: -1 }, { first: 10_001 }, { last: 10_001 }, { first: 1, last: 1 }]) {
    expect(await failureOf(replay(parts, args))).toMatchObject({ code: 'BAD_USER_INPUT' })
  }
  expect((await replay(parts, { first: 10_000 })).events).toHaveLength(1_001)
  expect((await replay(parts, { last: 10_000 })).events).toHaveLength(1_001)
})

it('misses and doubles nothing in a chain of pages, whatever the sizes, the direction and the timestamps', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: -5, max: 50 }), { minLength: 1, maxLength: 150 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
      async (timestamps, sizes) => {
        const parts = await embeddedParts()
        await Promise.all(timestamps.map((timestamp, i) => parts.log.append(record(i, { timestamp }))))
        for (const direction of ['forward', 'backward'] as const) {
          let page = 0
          const events = await chain(parts, direction, () => sizes[page++ % sizes.length]!)
          expect(events.map(({ type }) => type)).toEqual(texts(0, timestamps.length))
        }
      },
    ),
    { numRuns: 15 },
  )
})

it('takes since for a place: the first event at or after it, and everything behind', async () => {
  const parts = await embeddedParts()
  // The clock ran backwards once: what is behind the place is read whatever its timestamp.
  const times = [1_000, 2_000, 3_000, 1_500, 4_000]
  for (const [i, timestamp] of times.entries()) await parts.log.append(record(i, { timestamp }))
  const since = async (moment: number) => typesOf(await replay(parts, { since: moment }))
  expect(await since(-1)).toEqual(texts(0, 5))
  expect(await since(0)).toEqual(texts(0, 5))
  expect(await since(2_000)).toEqual(texts(1, 5))
  expect(await since(2_001)).toEqual(texts(2, 5))
  expect(await since(1_999.5)).toEqual(texts(1, 5))
  expect(await since(2_000.25)).toEqual(texts(2, 5))
  expect(await since(3_500)).toEqual(texts(4, 5))
  expect(await since(4_001)).toEqual([])
})

it('lets the later of since and after hold', async () => {
  const parts = await embeddedParts()
  for (const i of range(0, 10)) await parts.log.append(record(i, { timestamp: 1_000 * (i + 1) }))
  const { events } = await replay(parts, {})
  const both = async (after: number, since: number) =>
    typesOf(await replay(parts, { after: events[after]!.cursor, since }))
  expect(await both(3, 8_000)).toEqual(texts(7, 10))
  expect(await both(7, 3_000)).toEqual(texts(8, 10))
  const backward = await replay(parts, { last: 100, since: 8_000 })
  expect(typesOf(backward)).toEqual(texts(7, 10))
  expect(backward.hasPreviousPage).toBe(false)
})

it('filters by type, and counts only what matches', async () => {
  const parts = await numbered(100)
  const page = await replay(parts, { first: 3, filter: { type: { startsWith: '7' } } })
  expect(typesOf(page)).toEqual(['7', '70', '71'])
  expect(page.hasNextPage).toBe(true)
  const rest = await replay(parts, { after: page.events[2]!.cursor, filter: { type: { startsWith: '7' } } })
  expect(typesOf(rest)).toEqual(texts(72, 80))
  expect(rest.hasNextPage).toBe(false)
  expect(typesOf(await replay(parts, { last: 2, filter: { type: { in: ['5', '50', '95'] } } }))).toEqual(['50', '95'])
  expect(typesOf(await replay(parts, { filter: { type: { eq: '42', startsWith: '4' } } }))).toEqual(['42'])
  expect(typesOf(await replay(parts, { filter: { type: { in: [] } } }))).toEqual([])
})

it('ends a page after 16 MiB at the place reached, and a chain of such pages is complete in both directions', async () => {
  const parts = await embeddedParts()
  const value = (i: number) => Buffer.from(JSON.stringify({ event_type: String(i), fill: 'x'.repeat(700_000) }))
  for (const i of range(0, 60)) await parts.log.append(record(i, { value: value(i) }))
  const page = await replay(parts, {})
  expect(page.hasNextPage).toBe(true)
  expect(page.events.length).toBeGreaterThan(20)
  expect(page.events.length).toBeLessThan(26)
  // Nothing matches in the first page: it is empty, and says where to go on all the same.
  const empty = await replay(parts, { filter: { type: { eq: '59' } } })
  expect(empty).toMatchObject({ events: [], hasNextPage: true, start: null })
  expect(empty.end!.vector[0]).toBeGreaterThan(20)
  const last = await replay(parts, { last: 100, filter: { type: { eq: '0' } } })
  expect(last).toMatchObject({ events: [], hasPreviousPage: true, end: null })
  for (const direction of ['forward', 'backward'] as const) {
    const events = await chain(parts, direction, () => 1_000)
    expect(events.map(({ type }) => type)).toEqual(texts(0, 60))
    const [found] = await chain(parts, direction, () => 1_000, { filter: { type: { eq: '31' } } })
    expect(found!.type).toBe('31')
  }
})

it('refuses a cursor that is past the end only after it had 5 s to come true', async () => {
  const parts = await numbered(3)
  const ahead = parts.cursors.encode({ vector: [4], partition: null })
  const waiting = replay(parts, { after: ahead })
  await publishNumbers(parts, 2)
  expect(typesOf(await waiting)).toEqual(['1'])
  const past = parts.cursors.encode({ vector: [1_000], partition: null })
  const begun = performance.now()
  const [after, before] = await Promise.all([
    failureOf(replay(parts, { after: past })),
    failureOf(replay(parts, { last: 1, before: past })),
  ])
  expect(after).toMatchObject({ code: 'CURSOR_INVALID' })
  expect(before).toMatchObject({ code: 'CURSOR_INVALID' })
  // A lower bound: the contract gives the end 5 s to catch up.
  expect(performance.now() - begun).toBeGreaterThan(4_900)
})

it('reads the end that the log had when the query began, not what comes meanwhile', async () => {
  const parts = await numbered(2_000)
  const [page] = await Promise.all([replay(parts, { first: 10_000 }), publishNumbers(parts, 1_000)])
  expect(page.events).toHaveLength(page.logEnd.vector[0]!)
  expect(page.hasNextPage).toBe(false)
})
