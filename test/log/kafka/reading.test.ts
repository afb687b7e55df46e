/** What others wrote, read by Herald: compression, transactions, compaction, retention. */
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import type { LogRecord } from '../../../src/log/event-log.ts'
import {
  beginTransaction,
  committedEnd,
  createTopic,
  deleteRecordsBefore,
  describeKafka,
  kafkaClient,
  produceRaw,
} from '../../support/kafka.ts'
import { eventually, failureOf, follow, openLog, range, readAll, record } from './logs.ts'

const text = (n: number) => JSON.stringify({ n, text: 'the same words again and again, '.repeat(20) })
const values = (records: readonly { value: Buffer | null }[]) => records.map(({ value }) => String(value))

describeKafka('reading from Kafka', () => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    test(`records compressed with ${compression}`, async () => {
      const topic = await createTopic()
      const expected = range(0, 1_500).map(text)
      await produceRaw(
        topic,
        expected.map((value) => ({ value })),
        { compression, partition: 0 },
      )
      const log = openLog(topic)
      expect(values(await readAll(log))).toEqual(expected)
      const some: string[] = []
      for await (const { records } of log.read(0, 700, 1_300, { batchBytes: 2_000 })) some.push(...values(records))
      expect(some).toEqual(expected.slice(700, 1_300))
      const followed = follow(log, [1_000])
      await followed.until(() => followed.records.length >= 500)
      expect(values(followed.records)).toEqual(expected.slice(1_000))
    })
  }

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    // The broker compresses anew with Java's libraries, whose frames differ from librdkafka's: snappy has xerial's.
    test(`records that Java compressed with ${compression}`, async () => {
      const topic = await createTopic({ config: { 'compression.type': compression } })
      const expected = range(0, 1_500).map(text)
      await produceRaw(
        topic,
        expected.map((value) => ({ value })),
        { partition: 0 },
      )
      const log = openLog(topic)
      expect(values(await readAll(log))).toEqual(expected)
      const appended = await Promise.all(range(0, 300).map((n) => log.append(record(text(n)))))
      expect(appended.map(({ offset }) => offset)).toEqual(range(1_500, 1_800))
      expect(values(await readAll(log)).slice(1_500)).toEqual(range(0, 300).map(text))
    })
  }

  test('aborted transactions that overlap are left out, from wherever one reads', async () => {
    const topic = await createTopic()
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => beginTransaction(topic)))
    const send = (transaction: typeof first, value: string) => transaction!.send([{ partition: 0, value }])
    await send(first, 'aborted 1')
    await send(second, 'aborted 2')
    await send(third, 'committed')
    await send(second, 'aborted 2')
    await produceRaw(topic, [{ value: 'plain', key: Buffer.alloc(4), partition: 0 }])
    await send(first, 'aborted 1')
    await Promise.all([second!.abort(), first!.abort(), third!.commit()])
    await produceRaw(topic, [{ value: 'last', partition: 0 }])
    await Promise.all([first, second, third].map((one) => one!.close()))
    const log = openLog(topic)
    const [end] = await log.ends()
    for (const from of range(0, end!)) {
      const found: string[] = []
      for await (const { records } of log.read(0, from, end!)) found.push(...values(records))
      const expected = [...(from <= 2 ? ['committed'] : []), ...(from <= 4 ? ['plain'] : []), 'last']
      expect([from, found]).toEqual([from, from <= end! - 1 ? expected : []])
    }
  })

  test('what a producer commits after it has aborted is there', async () => {
    const topic = await createTopic()
    const producer = kafkaClient().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const fate of ['abort', 'commit', 'abort', 'commit'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, acks: -1, messages: [{ value: fate, partition: 0 }] })
      await transaction[fate]()
    }
    await producer.disconnect()
    await produceRaw(topic, [{ value: 'last', partition: 0 }])
    const log = openLog(topic)
    const followed = follow(log, [0])
    await followed.until(() => followed.records.at(-1)?.value?.toString() === 'last')
    expect(values(followed.records)).toEqual(['commit', 'commit', 'last'])
    expect(values(await readAll(log))).toEqual(['commit', 'commit', 'last'])
  })

  test('the end is before an open transaction, and a tail waits for its fate', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    await log.append(record('first'))
    const transaction = await beginTransaction(topic)
    await transaction.send([{ partition: 0, value: 'in a transaction' }])
    await log.append(record('behind it'))
    expect(await log.ends()).toEqual([1])
    const followed = follow(log, [0])
    await followed.until(() => followed.records.length === 1)
    await transaction.commit()
    await transaction.close()
    await followed.until(() => followed.records.length === 3)
    expect(values(followed.records)).toEqual(['first', 'in a transaction', 'behind it'])
    expect((await log.ends())[0]).toBe(await committedEnd(topic, 0))
  })

  test('a compacted topic reads to its end, holes and all', async () => {
    const topic = await createTopic({
      config: {
        'cleanup.policy': 'compact',
        'segment.ms': '100',
        'min.cleanable.dirty.ratio': '0.001',
        'max.compaction.lag.ms': '200',
      },
    })
    const log = openLog(topic)
    for (let n = 0; n < 30; n++) await log.append(record(`value ${n}`, { key: `k${n % 3}` }))
    const held = async () => (await readAll(log)).length
    await eventually(async () => {
      // Compaction looks at closed segments only; an append closes one.
      await log.append(record('more', { key: 'k9' }))
      return (await held()) < 12
    }, 45_000)
    const offsetsOf = (records: readonly LogRecord[]) => records.map(({ offset }) => offset)
    // Compaction goes on by itself: only what was read while nothing changed can be compared, and what the log read
    // in the last seconds it may give once more.
    await eventually(async () => {
      const [end] = await log.ends()
      const records = await readAll(log)
      const parts: number[][] = []
      for (let from = 0; from <= end!; from += 5) {
        const found: LogRecord[] = []
        for await (const batch of log.read(0, from, end!)) found.push(...batch.records)
        parts.push(offsetsOf(found))
      }
      const followed = follow(log, [0])
      await followed.until(() => (followed.records.at(-1)?.offset ?? 0) === end! - 1)
      await followed.stop()
      const offsets = offsetsOf(records)
      if (!isDeepStrictEqual(offsetsOf(await readAll(openLog(topic))), offsets)) return false
      expect(new Set(records.map(({ key }) => String(key)))).toEqual(new Set(['k0', 'k1', 'k2', 'k9']))
      for (const [i, part] of parts.entries()) expect(part).toEqual(offsets.filter((offset) => offset >= i * 5))
      expect(offsetsOf(followed.records)).toEqual(offsets)
      return true
    }, 40_000)
  }, 90_000)

  test('a place that retention has removed is CURSOR_EXPIRED, for a read and for a tail', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    for (const n of range(0, 10)) await log.append(record(String(n)))
    await deleteRecordsBefore(topic, 0, 6)
    expect(await log.beginnings()).toEqual([6])
    const read = async () => {
      for await (const _ of log.read(0, 3, 10));
    }
    expect((await failureOf(read())).code).toBe('CURSOR_EXPIRED')
    expect(await follow(log, [3]).ended).toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(values(await readAll(log))).toEqual(['6', '7', '8', '9'])
  })

  test('a place past the end is LOG_UNAVAILABLE within 5 s, unless the end comes', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    await log.append(record('0'))
    const read = async (to: number) => {
      const found: string[] = []
      for await (const { records } of log.read(0, 1, to)) found.push(...values(records))
      return found
    }
    const coming = read(2)
    await log.append(record('1'))
    expect(await coming).toEqual(['1'])
    expect((await failureOf(read(5).then(() => read(9)))).code).toBe('LOG_UNAVAILABLE')
  })

  test('times: before 1970 is the beginning, behind the last record is the end, ends without records are no obstacle', async () => {
    const topic = await createTopic({ partitions: 2 })
    const log = openLog(topic, { partitions: 2 })
    const now = Date.now()
    await produceRaw(
      topic,
      range(0, 10).map((n) => ({ value: 'x', partition: 0, timestamp: now + n * 10 })),
    )
    expect(await log.offsetsAt(-1)).toEqual([0, 0])
    expect(await log.offsetsAt(-2)).toEqual([0, 0])
    expect(await log.offsetsAt(0)).toEqual([0, 0])
    expect(await log.offsetsAt(now + 45)).toEqual([5, 0])
    expect(await log.offsetsAt(now + 90)).toEqual([9, 0])
    expect(await log.offsetsAt(now + 91)).toEqual([10, 0])
    expect(await log.offsetsAt(8.64e15)).toEqual([10, 0])
  })
})
