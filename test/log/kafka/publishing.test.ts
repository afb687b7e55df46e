/** What Herald writes, judged by kcat: places, contents, order, sizes, timestamps, partitions. */
import { Partitioners } from 'kafkajs'
import { expect, test } from 'vitest'
import { partitionOf } from '../../../src/log/kafka/partitioner.ts'
import { createTopic, describeKafka, kafkaAddress, kcat, readAll, withAdmin } from '../../support/kafka.ts'
import { eventually, failureOf, openLog, range, record } from './logs.ts'

const setConfig = (topic: string, name: string, value: string) =>
  withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name, value }] }],
    }),
  )

describeKafka('publishing to Kafka', () => {
  test('what is acknowledged is where it was acknowledged, whole', async () => {
    const topic = await createTopic({ partitions: 3 })
    const log = openLog(topic, { partitions: 3 })
    const sent = range(0, 50).map((n) =>
      record(JSON.stringify({ n, text: 'grüße 🐉' }), {
        key: n % 2 ? `schlüssel-${n % 7}` : null,
        headers: [
          ['ce_id', String(n)],
          ['repeated', 'b'],
          ['repeated', 'a'],
          ['7', ''],
        ],
        timestamp: Date.now() - n,
      }),
    )
    const appended = await Promise.all(sent.map((one) => log.append(one)))
    const found = await readAll(topic)
    expect(found.length).toBe(50)
    for (const [n, { partition, offset, timestamp }] of appended.entries()) {
      const one = found.find((other) => other.partition === partition && other.offset === offset)
      expect(timestamp).toBe(sent[n]!.timestamp)
      expect(one).toEqual({
        partition,
        offset,
        timestamp,
        key: sent[n]!.key,
        value: sent[n]!.value.toString(),
        headers: sent[n]!.headers,
      })
    }
  })

  test('10,000 at once are written once each, in the order of the calls', async () => {
    const topic = await createTopic({ partitions: 6 })
    const log = openLog(topic, { partitions: 6 })
    await log.ready()
    const appended = await Promise.all(
      range(0, 10_000).map((n) => log.append(record(String(n), { key: `k${n % 97}` }))),
    )
    const found = await readAll(topic)
    expect(found.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(range(0, 10_000))
    for (const partition of range(0, 6)) {
      const values = found.filter((one) => one.partition === partition).map(({ value }) => Number(value))
      expect(values).toEqual([...values].sort((a, b) => a - b))
    }
    for (const { partition, offset, value } of found) {
      expect(appended[Number(value)]).toMatchObject({ partition, offset })
    }
  })

  test('a key goes to the partition that Kafka gives it', async () => {
    const theirs = Partitioners.DefaultPartitioner()
    const partitionMetadata = range(0, 13).map((partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }))
    for (const key of [
      '',
      'a',
      'ab',
      'abc',
      'abcd',
      'abcde',
      'grüße',
      '🐉',
      ...range(0, 500).map((n) => `key-${n * n}`),
    ]) {
      expect([key, partitionOf(Buffer.from(key), 13)]).toEqual([
        key,
        theirs({ topic: 't', partitionMetadata, message: { key, value: null } }),
      ])
    }
    const topic = await createTopic({ partitions: 6 })
    const log = openLog(topic, { partitions: 6 })
    const keys = range(0, 40).map((n) => `k${n}`)
    const ours = await Promise.all(keys.map((key) => log.append(record('{}', { key }))))
    await kcat(['-P', '-t', topic, '-K', ':', '-X', 'partitioner=murmur2_random'], {
      input: keys.map((key) => `${key}:kcat`).join('\n'),
    })
    const byKcat = (await readAll(topic)).filter(({ value }) => value === 'kcat')
    expect(byKcat.length).toBe(40)
    for (const { key, partition } of byKcat) expect(ours[keys.indexOf(key!)]!.partition).toBe(partition)
  })

  test('records without a key spread over the partitions', async () => {
    const topic = await createTopic({ partitions: 6 })
    const log = openLog(topic, { partitions: 6 })
    const used = new Set<number>()
    for (let n = 0; n < 12; n++) used.add((await log.append(record('{}'))).partition)
    expect(used.size).toBe(6)
  })

  test('the largest record that the topic takes is taken, one byte more is refused at once', async () => {
    const topic = await createTopic({ config: { 'max.message.bytes': '20000' } })
    const log = openLog(topic)
    await log.ready()
    const error = await failureOf(log.append(record('x'.repeat(20_000))))
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', outcome: 'NOT_WRITTEN' })
    let [least, most] = [19_000, 20_000]
    while (most - least > 1) {
      const middle = (least + most) >> 1
      const failed = await log.append(record('x'.repeat(middle))).then(
        () => false,
        () => true,
      )
      if (failed) most = middle
      else least = middle
    }
    // 61 bytes of the batch, 2 times 3 of lengths, 5 of what is empty or zero.
    expect(least).toBe(20_000 - 61 - 6 - 5)
  })

  test('a record that is too large harms no neighbour, though the limit became smaller unnoticed', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    await log.ready()
    await log.append(record('before'))
    await setConfig(topic, 'max.message.bytes', '5000')
    await eventually(async () => {
      const [described] = (
        await withAdmin((admin) =>
          admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] }),
        )
      ).resources
      return described!.configEntries.some(
        (one) => one.configName === 'max.message.bytes' && one.configValue === '5000',
      )
    })
    const outcomes = await Promise.allSettled(
      range(0, 100).map((n) => log.append(record(n % 25 === 7 ? 'x'.repeat(6_000) : `small ${n}`))),
    )
    for (const [n, outcome] of outcomes.entries()) {
      if (n % 25 !== 7) expect(outcome).toMatchObject({ status: 'fulfilled' })
      else expect(outcome).toMatchObject({ reason: { code: 'RECORD_TOO_LARGE', outcome: 'NOT_WRITTEN' } })
    }
    const values = (await readAll(topic)).map(({ value }) => value)
    expect(values).toEqual(['before', ...range(0, 100).flatMap((n) => (n % 25 === 7 ? [] : [`small ${n}`]))])
  })

  test("the timestamp is the log's own where the topic says LogAppendTime", async () => {
    const topic = await createTopic({ config: { 'message.timestamp.type': 'LogAppendTime' } })
    const log = openLog(topic)
    const before = Date.now()
    const { timestamp } = await log.append(record('{}', { timestamp: 1_000 }))
    expect(timestamp).toBeGreaterThanOrEqual(before)
    expect((await readAll(topic))[0]!.timestamp).toBe(timestamp)
    const batches = log.read(0, 0, 1)
    for await (const { records } of batches) expect(records[0]!.timestamp).toBe(timestamp)
  })

  test('close leaves no socket and no timer behind', async () => {
    const held = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'Timeout')
    const topic = await createTopic()
    await eventually(() => held().filter((kind) => kind === 'TCPSocketWrap').length === 0)
    const log = openLog(topic)
    const stop = new AbortController()
    const following = log.tail([], async () => stop.abort(), stop.signal)
    await log.append(record('{}'))
    await following
    for await (const _ of log.read(0, 0, 1));
    const during = held().length
    await log.close()
    await eventually(() => held().length < during && !held().includes('TCPSocketWrap'))
    const nowhere = openLog(topic, { bootstrap: '127.0.0.1:1' })
    await nowhere.close()
    await eventually(() => !held().includes('TCPSocketWrap'))
    expect(kafkaAddress()).not.toBe('')
  })
})
