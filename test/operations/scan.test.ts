/**
 * Scanning and places over several partitions, on Kafka: the merge in both directions against a model of it,
 * chains of pages, and what retention and new partitions do to cursors.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { replay } from '../../src/operations/replay.ts'
import { scanBackward, scanForward } from '../../src/operations/scan.ts'
import { eventually } from '../log/kafka/logs.ts'
import {
  addPartitions,
  createTopic,
  deleteRecordsBefore,
  deleteTopic,
  describeKafka,
  produceRaw,
} from '../support/kafka.ts'
import { chain, failureOf, jsonOf, kafkaParts, type Parts, range, take, typesOf } from './parts.ts'

interface Written {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

/** Writes records with these timestamps, one list a partition; their type is `partition:offset`. */
async function write(topic: string, timestamps: readonly (readonly number[])[]): Promise<void> {
  const records = timestamps.flatMap((times, partition) =>
    times.map((timestamp, i) => ({ partition, timestamp, value: jsonOf(`${partition}:${i}`) })),
  )
  await produceRaw(topic, records)
}

/** The order that the contract promises: by timestamp, each partition in its own order, ties by partition. */
function merged(timestamps: readonly (readonly number[])[]): string[] {
  const heads = timestamps.map(() => 0)
  const order: string[] = []
  for (;;) {
    let due = -1
    for (const [p, times] of timestamps.entries()) {
      const time = times[heads[p]!]
      if (time !== undefined && (due < 0 || time < timestamps[due]![heads[due]!]!)) due = p
    }
    if (due < 0) return order
    order.push(`${due}:${heads[due]!++}`)
  }
}

const isSorted = (times: readonly number[]) => times.every((time, i) => i === 0 || times[i - 1]! <= time)

/** Each partition's events are all there, once, in its own order. */
function expectComplete(types: readonly string[], timestamps: readonly (readonly number[])[]): void {
  expect(types).toHaveLength(timestamps.flat().length)
  for (const [p, times] of timestamps.entries()) {
    expect(types.filter((type) => type.startsWith(`${p}:`))).toEqual(times.map((_, i) => `${p}:${i}`))
  }
}

/** Recent, or retention would take the records. */
const BASE = Date.now() - 60_000
const times = (maxLength: number) => fc.array(fc.integer({ min: BASE, max: BASE + 60 }), { maxLength })
const threePartitions = fc.tuple(times(60), times(60), times(60))
const sorted = threePartitions.map((lists) => lists.map((list) => [...list].sort((a, b) => a - b)))
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 })

async function topicOf(timestamps: readonly (readonly number[])[]): Promise<Parts> {
  const topic = await createTopic({ partitions: timestamps.length })
  if (timestamps.flat().length > 0) await write(topic, timestamps)
  return kafkaParts(topic)
}

describeKafka('scanning three partitions of Kafka', () => {
  it('merges by timestamp, ties by partition; chains of pages are that order in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(sorted, sizes, async (timestamps, pages) => {
        const parts = await topicOf(timestamps)
        for (const direction of ['forward', 'backward'] as const) {
          let page = 0
          const events = await chain(parts, direction, () => pages[page++ % pages.length]!)
          expect(events.map(({ type }) => type)).toEqual(merged(timestamps))
        }
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  it('misses and doubles nothing in chains where timestamps run backwards, and keeps each partition in order', async () => {
    await fc.assert(
      fc.asyncProperty(threePartitions, sizes, async (timestamps, pages) => {
        const parts = await topicOf(timestamps)
        let page = 0
        const size = () => pages[page++ % pages.length]!
        const forward = (await chain(parts, 'forward', size)).map(({ type }) => type)
        expect(forward).toEqual(merged(timestamps))
        const backward = (await chain(parts, 'backward', size)).map(({ type }) => type)
        expectComplete(backward, timestamps)
        if (timestamps.every(isSorted)) expect(backward).toEqual(forward)
      }),
      { numRuns: 8 },
    )
  }, 120_000)

  it('tells with every step the place behind its records, from which either direction goes on', async () => {
    const timestamps = [range(0, 50), range(0, 20).map((i) => i * 3), []].map((list) => list.map((t) => BASE + t))
    const { log } = await topicOf(timestamps)
    const [begin, end] = [await log.beginnings(), await log.ends()]
    for (const scan of [scanForward, scanBackward]) {
      const seen: Written[] = []
      for await (const { records, place } of scan(log, begin, end)) {
        seen.push(...records)
        for (const p of range(0, 3)) {
          const count = seen.filter(({ partition }) => partition === p).length
          expect(place[p]).toBe(scan === scanForward ? count : end[p]! - count)
        }
      }
      expect(seen).toHaveLength(70)
    }
  })

  it('gives every event a cursor that is exact: what follows it is what followed it', async () => {
    const timestamps = [range(0, 20), range(5, 15), range(0, 30).map((i) => i % 7)]
    const parts = await topicOf(timestamps.map((list) => list.map((t) => BASE + t)))
    const forward = await replay(parts, {})
    const types = typesOf(forward)
    for (const [i, { cursor }] of forward.events.entries()) {
      expect(typesOf(await replay(parts, { after: cursor }))).toEqual(types.slice(i + 1))
      expect(typesOf(await replay(parts, { before: cursor }))).toEqual(types.slice(0, i))
    }
    const subscriber = await take(parts, { from: 'EARLIEST' })
    await subscriber.until(() => subscriber.events.length >= types.length)
    for (const [i, { cursor }] of subscriber.events.entries()) {
      const rest = subscriber.types().slice(i + 1)
      expect(typesOf(await replay(parts, { after: cursor })).sort()).toEqual(rest.sort())
    }
  })

  it('takes since for a place in each partition', async () => {
    const parts = await topicOf([[1, 5, 3, 9], [2, 8], []].map((list) => list.map((t) => BASE + t)))
    const since = async (t: number) => typesOf(await replay(parts, { since: BASE + t })).sort()
    expect(await since(0)).toEqual(['0:0', '0:1', '0:2', '0:3', '1:0', '1:1'])
    expect(await since(4)).toEqual(['0:1', '0:2', '0:3', '1:1'])
    expect(await since(8.5)).toEqual(['0:3'])
    expect(await since(10)).toEqual([])
  })

  it('refuses cursors whose events retention has removed with CURSOR_EXPIRED, in every operation', async () => {
    const topic = await createTopic({ partitions: 2 })
    await write(
      topic,
      [range(0, 10), range(0, 10)].map((list) => list.map((t) => BASE + t)),
    )
    const parts = await kafkaParts(topic)
    const { events } = await replay(parts, {})
    const open = await take(parts, { from: 'EARLIEST' })
    await open.until(() => open.events.length === 20)
    await deleteRecordsBefore(topic, 0, 5)
    const old = events[3]!.cursor
    const good = events.find(({ type }) => type === '0:6')!.cursor
    for (const args of [{ after: old }, { last: 5, before: old }, { before: old }, { after: old, since: BASE + 9 }]) {
      expect(await failureOf(replay(parts, args))).toMatchObject({ code: 'CURSOR_EXPIRED' })
    }
    expect(await failureOf(take(parts, { after: old }))).toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(typesOf(await replay(parts, { after: good }))).toEqual(events.slice(13).map(({ type }) => type))
    expect(typesOf(await replay(parts, { last: 3 }))).toEqual(['1:8', '0:9', '1:9'])
    expect(typesOf(await replay(parts, {}))).toHaveLength(15)
    // What is open has its events already.
    await write(topic, [[BASE + 99], []])
    await open.until(() => open.events.length === 21)
  })

  it('reads partitions that were added later from 0, for old cursors and for open subscriptions', async () => {
    const topic = await createTopic({ partitions: 1 })
    await write(topic, [[BASE, BASE + 1, BASE + 2]])
    const parts = await kafkaParts(topic)
    const { events } = await replay(parts, {})
    const [live, scanning] = [await take(parts), await take(parts, { after: events[0]!.cursor })]
    await scanning.until(() => scanning.events.length === 2)
    await addPartitions(topic, 3)
    await write(topic, [[], [BASE + 10], [BASE + 11, BASE + 12]])
    await live.until(() => live.events.length === 3)
    await scanning.until(() => scanning.events.length === 5)
    expect(live.types().sort()).toEqual(['1:0', '2:0', '2:1'])
    expect(scanning.types().slice(2).sort()).toEqual(['1:0', '2:0', '2:1'])
    expect(typesOf(await replay(parts, { after: events[1]!.cursor }))).toEqual(['0:2', '1:0', '2:0', '2:1'])
    // Before an old cursor there is nothing of what was added.
    expect(typesOf(await replay(parts, { before: events[2]!.cursor }))).toEqual(['0:0', '0:1'])
  })

  it('ends open subscriptions with CURSOR_EXPIRED where the topic is made again, and refuses its cursors', async () => {
    const topic = await createTopic({ partitions: 1 })
    await write(topic, [range(0, 10).map((t) => BASE + t)])
    const parts = await kafkaParts(topic)
    const { events } = await replay(parts, {})
    const old = events[3]!.cursor
    const live = await take(parts)
    await eventually(() => parts.live.followers === 1)
    await deleteTopic(topic)
    await createTopic({ name: topic, partitions: 1 })
    expect(await live.ended).toMatchObject({ code: 'CURSOR_EXPIRED' })
    await eventually(() => parts.live.vector !== null)
    expect(await failureOf(replay(parts, { after: old }))).toMatchObject({ code: 'CURSOR_EXPIRED' })
    const anew = await take(parts)
    await write(topic, [[BASE]])
    await anew.until(() => anew.events.length === 1)
    expect(anew.types()).toEqual(['0:0'])
  }, 60_000)

  it('goes live over three partitions with no gap and no double while they are written', async () => {
    const topic = await createTopic({ partitions: 3 })
    const parts = await kafkaParts(topic)
    const { live, log } = parts
    const keyed = (i: number) => ({ key: `k${i}`, value: jsonOf(i), headers: [], timestamp: Date.now() })
    const publish = (from: number, to: number) =>
      Promise.all(range(from, to).map((i) => live.publishing(() => log.append(keyed(i)))))
    await publish(0, 2_000)
    const early = await take(parts, { from: 'EARLIEST' })
    const subscribers = [early]
    for (const i of range(0, 8)) {
      const publishing = publish(2_000 + i * 1_000, 3_000 + i * 1_000)
      subscribers.push(await take(parts, { from: 'EARLIEST' }))
      await publishing
    }
    const all = range(0, 10_000).map(String).sort()
    for (const subscriber of subscribers) {
      await subscriber.until(() => subscriber.events.length >= 10_000)
      expect(subscriber.types().sort()).toEqual(all)
    }
    // Any of an event's cursors goes on: nothing that followed it is missed.
    for (const i of [0, 1_234, 5_000, 9_998]) {
      const page = await replay(parts, { first: 10_000, after: early.events[i]!.cursor })
      const rest = new Set(typesOf(page))
      const followed = early.types().slice(i + 1)
      expect(followed.filter((type) => !rest.has(type))).toEqual([])
    }
  }, 60_000)
})
