/**
 * A subscriber comes from a gateway whose tail is ahead to one whose tail lags in one partition, and goes on to a
 * third by the cursor of what the second delivered. Found by the run under faults: gateways that were frozen for
 * seconds gave cursors behind what their subscribers had had before, and so doubled it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Appended, EventLog } from '../../src/log/event-log.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { type KafkaCluster, startKafka } from '../../tools/kafka/broker.ts'
import { kafkaParts, type Parts, partsOver, record, take } from '../operations/parts.ts'
import { createTopic, describeOwnKafka } from '../support/kafka.ts'

/** The real log, but that its tails keep partition 1 back for good. */
function laggingIn1(log: EventLog): EventLog {
  return {
    topic: log.topic,
    incarnation: () => log.incarnation(),
    queued: () => log.queued(),
    ready: () => log.ready(),
    append: (record) => log.append(record),
    ends: () => log.ends(),
    beginnings: () => log.beginnings(),
    offsetsAt: (timestamp) => log.offsetsAt(timestamp),
    read: (...args) => log.read(...args),
    tail: (from, take, signal) => log.tail(from, (batch) => (batch.partition === 1 ? undefined : take(batch)), signal),
    health: () => log.health(),
    close: () => log.close(),
  }
}

/** Publishes with one key after the other, until one is in the partition; nothing else gets into it. */
async function publishInto(partition: number, { log, live }: Parts): Promise<Appended> {
  for (let n = 0; ; n++) {
    const appended = await live.publishing(() => log.append(record('event', { key: `${partition}-${n}` })))
    if (appended.partition === partition) return appended
  }
}

await describeOwnKafka('a gateway whose tail lags', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka()
  }, 120_000)
  afterAll(() => cluster?.close())

  it('gives no cursor behind what its subscriber has had', async () => {
    const { bootstrap } = cluster
    const topic = await createTopic({ partitions: 2, bootstrap })
    const ahead = await kafkaParts(topic, bootstrap)
    const brokers = bootstrap.split(',')
    const lagging = partsOver(laggingIn1(openKafkaLog({ brokers, topic, partitions: 1, replicationFactor: 1 })))
    await lagging.live.begun()

    const first = await take(ahead)
    const inPartition1 = await publishInto(1, ahead)
    await first.until(() => first.events.some(({ parts }) => parts.partition === 1))
    const cursor = first.events.at(-1)!.cursor

    const second = await take(lagging, { after: cursor })
    const inPartition0 = await publishInto(0, ahead)
    await second.until(() => second.events.some(({ parts }) => parts.offset === inPartition0.offset))
    const [last] = second.events.slice(-1)
    expect(last!.parts.partition).toBe(0)
    expect(last!.vector[1]).toBeGreaterThan(inPartition1.offset)

    const third = await take(ahead, { after: last!.cursor })
    await publishInto(0, ahead)
    await third.until(() => third.events.some(({ parts }) => parts.partition === 0))
    expect(third.events.filter(({ parts }) => parts.offset <= inPartition1.offset && parts.partition === 1)).toEqual([])
  })
})
