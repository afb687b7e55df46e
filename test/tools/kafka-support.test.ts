/** The helpers that other tests rely on, on the run's Kafka: each says of itself what is checked here. */
import { expect, it } from 'vitest'
import {
  addPartitions,
  beginTransaction,
  committedEnd,
  createTopic,
  deleteRecordsBefore,
  deleteTopic,
  describeKafka,
  produceRaw,
  readAll,
  withAdmin,
} from '../support/kafka.ts'

describeKafka('helpers for tests on Kafka', () => {
  it('write records as they are, and kcat reads them back', async () => {
    const topic = await createTopic({ partitions: 2 })
    await produceRaw(topic, [
      { key: 'k', value: 'ä', headers: { a: ['1', '2'], b: '3' }, timestamp: 1_000, partition: 1 },
      { value: null, partition: 0 },
    ])
    const pairs = [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
    ]
    expect(await readAll(topic)).toEqual([
      { partition: 0, offset: 0, timestamp: expect.any(Number), key: null, value: null, headers: [] },
      { partition: 1, offset: 0, timestamp: 1_000, key: 'k', value: 'ä', headers: pairs },
    ])
  })

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('write %s', async (compression) => {
    const topic = await createTopic({ partitions: 2 })
    const values = Array.from({ length: 100 }, (_, index) => `{"event_type":"default","n":${index}}`)
    const records = values.map((value) => ({ value }))
    await produceRaw(topic, records, { compression, partition: 1, headers: { h: 'v' } })
    const read = await readAll(topic)
    expect(read.map(({ value }) => value)).toEqual(values)
    expect(read.every(({ partition, headers }) => partition === 1 && headers[0]?.join() === 'h,v')).toBe(true)
  })

  it('commit, abort and leave open transactions', async () => {
    const topic = await createTopic()
    const committed = await beginTransaction(topic)
    await committed.send([{ value: 'committed' }])
    await committed.commit()
    await committed.close()
    expect(await committedEnd(topic, 0)).toBe(2)
    const aborted = await beginTransaction(topic)
    await aborted.send([{ value: 'aborted' }])
    await aborted.abort()
    await aborted.close()
    expect(await committedEnd(topic, 0)).toBe(4)
    const open = await beginTransaction(topic)
    await open.send([{ value: 'open' }])
    await produceRaw(topic, [{ value: 'behind' }])
    expect(await committedEnd(topic, 0)).toBe(4)
    expect((await readAll(topic)).map(({ value }) => value)).toEqual(['committed'])
    await open.commit()
    await open.close()
    expect((await readAll(topic)).map(({ value }) => value)).toEqual(['committed', 'open', 'behind'])
  })

  it('add partitions, remove records, delete the topic', async () => {
    const topic = await createTopic({ config: { 'message.timestamp.type': 'LogAppendTime' } })
    await addPartitions(topic, 3)
    await produceRaw(topic, [{ value: 'a' }, { value: 'b' }], { partition: 2 })
    await deleteRecordsBefore(topic, 2, 1)
    expect((await readAll(topic)).map(({ offset, value }) => [offset, value])).toEqual([[1, 'b']])
    await deleteTopic(topic)
    expect(await withAdmin((admin) => admin.listTopics())).not.toContain(topic)
  })
})
