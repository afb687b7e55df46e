/** The shared tail: waiting for a log that is away, bounded, and following Kafka through outages. */
import { expect, it, onTestFinished } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { replay } from '../../src/operations/replay.ts'
import { subscribe } from '../../src/operations/subscribe.ts'
import { type KafkaCluster, startKafka } from '../../tools/kafka/broker.ts'
import { freePorts } from '../../tools/kafka/ports.ts'
import { eventually } from '../log/kafka/logs.ts'
import { createTopic, describeOwnKafka } from '../support/kafka.ts'
import { embeddedParts, failureOf, kafkaParts, partsOver, publishNumbers, range, record, take } from './parts.ts'

async function deadLog() {
  const [port] = await freePorts(1)
  return partsOver(
    openKafkaLog({ brokers: [`127.0.0.1:${port}`], topic: 'events', partitions: 1, replicationFactor: 1 }),
  )
}

it('answers inside 5 s that the log is away, with the promise that nothing was written', async () => {
  const parts = await deadLog()
  const begun = performance.now()
  const failures = await Promise.all([
    failureOf(replay(parts, {})),
    failureOf(subscribe(parts, { matches: null }, new AbortController())),
    failureOf(parts.live.begun(100)),
  ])
  expect(performance.now() - begun).toBeLessThan(5_000)
  for (const failure of failures) expect(failure).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
})

it('lets only so many operations wait, by their number and by what they hold, and has room again afterwards', async () => {
  const { live } = await deadLog()
  const large = range(0, 64).map(() => failureOf(live.begun(1024 * 1024)))
  expect(await failureOf(live.begun(1))).toMatchObject({ code: 'OVERLOADED', outcome: 'NOT_WRITTEN' })
  const many = range(0, 10_000 - 64).map(() => failureOf(live.begun()))
  expect(await failureOf(live.begun())).toMatchObject({ code: 'OVERLOADED', outcome: 'NOT_WRITTEN' })
  for (const failure of await Promise.all([...large, ...many])) expect(failure.code).toBe('LOG_UNAVAILABLE')
  const again = failureOf(live.begun(64 * 1024 * 1024))
  expect(await again).toMatchObject({ code: 'LOG_UNAVAILABLE' })
})

it('feeds nobody and keeps nothing while nobody follows, and is where the log ends', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 1_000)
  await eventually(() => parts.live.vector?.[0] === 1_000)
  expect(parts.live.latest()).toEqual([1_000])
  expect(parts.live.followers).toBe(0)
})

it('is pinned behind what was acknowledged, though the tail may not have seen it', async () => {
  const parts = await embeddedParts()
  for (const i of range(0, 200)) {
    const { offset } = await parts.live.publishing(() => parts.log.append(record(i)))
    expect(parts.live.latest()).toEqual([offset + 1])
  }
})

it('stops at close: nothing is followed any more', async () => {
  const parts = await embeddedParts()
  const subscriber = await take(parts)
  await parts.live.close()
  await parts.log.append(record('unseen'))
  expect(parts.live.vector).toEqual([0])
  expect(await subscriber.stop()).toBeUndefined()
  expect(subscriber.deliveries).toEqual([])
})

await describeOwnKafka('subscriptions through outages of Kafka', () => {
  async function cluster(): Promise<KafkaCluster> {
    const kafka = await startKafka({ heapMb: 256 })
    onTestFinished(() => kafka.close())
    return kafka
  }

  it.each([
    [
      'killed and started again',
      async ([broker]: KafkaCluster['brokers']) => {
        await broker!.kill('SIGKILL')
        return () => broker!.restart()
      },
    ],
    [
      'frozen',
      async ([broker]: KafkaCluster['brokers']) => {
        broker!.stop()
        return async () => broker!.cont()
      },
    ],
  ] as const)(
    'stay open, live and scanning, and miss nothing where the broker is %s',
    async (_name, away) => {
      const kafka = await cluster()
      const topic = await createTopic({ partitions: 3, bootstrap: kafka.bootstrap })
      const parts = await kafkaParts(topic, kafka.bootstrap)
      await publishNumbers(parts, 3_000)
      const live = await take(parts)
      // Slow enough to be in the middle of its scan when the log goes away.
      let pace = 1
      const scanning = await take(
        parts,
        { from: 'EARLIEST' },
        () => new Promise((resolve) => setTimeout(resolve, pace)),
      )
      await scanning.until(() => scanning.events.length >= 20)
      const back = await away(kafka.brokers)
      await eventually(() => !parts.log.health().up)
      const refused = await failureOf(replay(parts, {}))
      expect(refused.code).toBe('LOG_UNAVAILABLE')
      expect(await failureOf(take(parts))).toMatchObject({ code: 'LOG_UNAVAILABLE' })
      pace = 0
      await back()
      await eventually(() => parts.log.health().up)
      await publishNumbers(parts, 1_000)
      await live.until(() => live.events.length >= 1_000)
      await scanning.until(() => scanning.events.length >= 4_000)
      expect(live.types().sort()).toEqual(range(0, 1_000).map(String).sort())
      expect(scanning.types().sort()).toEqual([...range(0, 3_000), ...range(0, 1_000)].map(String).sort())
    },
    90_000,
  )
})
