/**
 * Faults of a real cluster under load: brokers that are frozen (SIGSTOP), killed and restarted. After each the
 * same is asked, with kcat as the judge: what was acknowledged is there once and where it was acknowledged, what
 * was promised not to be written is not there, what is unknown is there at most once, service has come back by
 * itself, and a tail that ran all the time has seen exactly what is there, in order.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HeraldError } from '../../../src/errors.ts'
import type { Appended, EventLog } from '../../../src/log/event-log.ts'
import { type KafkaCluster, startKafka } from '../../../tools/kafka/broker.ts'
import { createTopic, describeKafka, kafkaClient, readAll } from '../../support/kafka.ts'
import { eventually, failureOf, follow, openLog, record } from './logs.ts'

type Outcome = Appended | HeraldError

/** Appends one record after the other in some lanes until `stop`, and keeps what became of each. */
function load(log: EventLog, lanes: number) {
  const outcomes = new Map<string, Outcome>()
  let slowest = 0
  let running = true
  const lane = async (number: number) => {
    for (let n = 0; running; n++) {
      const id = `${number}-${n}`
      const since = performance.now()
      outcomes.set(id, await log.append(record(id, { key: n % 3 ? id : null })).catch((error: HeraldError) => error))
      slowest = Math.max(slowest, performance.now() - since)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  const all = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  const acknowledged = () => [...outcomes.values()].filter((outcome) => 'offset' in outcome).length
  return {
    outcomes,
    acknowledged,
    /** Resolves when so many more have been acknowledged. */
    more: (count: number) => {
      const before = acknowledged()
      return eventually(() => acknowledged() >= before + count, 30_000)
    },
    slowest: () => slowest,
    stop: async () => {
      running = false
      await all
    },
  }
}

interface Ground {
  readonly cluster: KafkaCluster
  readonly topic: string
  readonly log: EventLog
}

/** Runs faults under load and checks the promises. */
async function underLoad(
  { cluster, topic, log }: Ground,
  lanes: number,
  faults: (more: (count: number) => Promise<void>) => Promise<void>,
) {
  const { bootstrap } = cluster
  await log.ready()
  const followed = follow(log, await log.ends())
  const running = load(log, lanes)
  await running.more(200)
  await faults(running.more)
  await running.more(200)
  await running.stop()
  const found = await readAll(topic, bootstrap)
  await followed.until(() => followed.records.length >= found.length)
  await followed.stop()

  const places = new Map<string, string[]>()
  for (const { partition, offset, value } of found) {
    places.set(value!, [...(places.get(value!) ?? []), `${partition}-${offset}`])
  }
  const tally = { acknowledged: 0, unknown: 0, notWritten: 0 }
  for (const [id, outcome] of running.outcomes) {
    const at = places.get(id) ?? []
    if ('offset' in outcome) {
      tally.acknowledged++
      expect([id, at]).toEqual([id, [`${outcome.partition}-${outcome.offset}`]])
    } else {
      expect(outcome).toMatchObject({ name: 'HeraldError', code: 'LOG_UNAVAILABLE' })
      if (outcome.outcome === 'NOT_WRITTEN') {
        tally.notWritten++
        expect([id, at]).toEqual([id, []])
      } else {
        tally.unknown++
        expect(at.length).toBeLessThanOrEqual(1)
      }
    }
  }
  for (const partition of new Set(found.map((one) => one.partition))) {
    const there = found.filter((one) => one.partition === partition).map(({ offset, value }) => `${offset} ${value}`)
    const seen = followed.records.filter((one) => one.partition === partition)
    expect(seen.map(({ offset, value }) => `${offset} ${value}`)).toEqual(there)
  }
  expect(followed.records.length).toBe(found.length)
  expect(running.slowest()).toBeLessThan(5_000)
  expect(log.health()).toEqual({ up: true })
  return tally
}

describeKafka('one broker that fails', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka()
  }, 90_000)
  afterAll(() => cluster?.close())

  async function ground(partitions: number): Promise<Ground> {
    const topic = await createTopic({ partitions, bootstrap: cluster.bootstrap })
    return { cluster, topic, log: openLog(topic, { bootstrap: cluster.bootstrap, partitions }) }
  }

  test('frozen for 8 s and back', async () => {
    const tally = await underLoad(await ground(3), 20, async () => {
      const [broker] = cluster.brokers
      broker!.stop()
      await new Promise((resolve) => setTimeout(resolve, 8_000))
      broker!.cont()
    })
    expect(tally.unknown).toBeGreaterThan(0)
  }, 90_000)

  test('killed and started again', async () => {
    const tally = await underLoad(await ground(3), 20, async () => {
      const [broker] = cluster.brokers
      await broker!.kill()
      await new Promise((resolve) => setTimeout(resolve, 6_000))
      await broker!.restart()
    })
    expect(tally.notWritten).toBeGreaterThan(0)
  }, 90_000)

  test('stopped in order and started again, three times', async () => {
    await underLoad(await ground(2), 10, async (more) => {
      for (let n = 0; n < 3; n++) {
        await cluster.brokers[0]!.restart()
        await more(50)
      }
    })
  }, 120_000)

  test('while it is away everything says so within 5 s, an append also that it is not written', async () => {
    const { log, topic } = await ground(2)
    await log.append(record('before'))
    await cluster.brokers[0]!.kill()
    await eventually(() => !log.health().up, 5_000)
    const since = performance.now()
    const read = async () => {
      for await (const _ of log.read(0, 0, 1));
      for await (const _ of log.read(1, 0, 1));
    }
    const [append, ends, beginnings, at, reading] = await Promise.all(
      [log.append(record('away')), log.ends(), log.beginnings(), log.offsetsAt(1), read()].map(failureOf),
    )
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(append).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
    for (const error of [ends, beginnings, at, reading]) expect(error!.code).toBe('LOG_UNAVAILABLE')
    expect(append!.message).not.toContain(String(cluster.brokers[0]!.port))
    const early = openLog(topic, { bootstrap: cluster.bootstrap })
    expect(() => early.incarnation()).toThrow(expect.objectContaining({ code: 'LOG_UNAVAILABLE' }))
    expect(await failureOf(early.append(record('early')))).toMatchObject({ outcome: 'NOT_WRITTEN' })
    const queue = Array.from({ length: 10_001 }, () => early.append(record('x')).catch((error: HeraldError) => error))
    expect(await queue[10_000]).toMatchObject({ code: 'OVERLOADED', outcome: 'NOT_WRITTEN' })
    await Promise.all(queue)
    await cluster.brokers[0]!.restart()
    await Promise.all([log.ready(), early.ready()])
    await early.append(record('after'))
    const values = (await readAll(topic, cluster.bootstrap)).map(({ value }) => value)
    expect(values.sort()).toEqual(['after', 'before'])
  }, 90_000)

  test('closing while the broker is frozen takes less than 10 s and settles everything', async () => {
    const { log } = await ground(1)
    await log.append(record('before'))
    const stop = new AbortController()
    const tailing = log.tail([], () => undefined, stop.signal).catch((error: HeraldError) => error)
    const [broker] = cluster.brokers
    broker!.stop()
    try {
      const appends = Array.from({ length: 10 }, () => failureOf(log.append(record('x'))))
      const since = performance.now()
      await log.close()
      expect(performance.now() - since).toBeLessThan(10_000)
      for (const error of await Promise.all(appends)) expect(error.code).toBe('LOG_UNAVAILABLE')
      expect(await tailing).toMatchObject({ code: 'LOG_UNAVAILABLE' })
    } finally {
      broker!.cont()
    }
  }, 60_000)
})

describeKafka('three brokers of which one fails', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    cluster = await startKafka({
      brokers: 3,
      heapMb: 256,
      properties: { 'broker.session.timeout.ms': 6_000, 'min.insync.replicas': 2 },
    })
  }, 120_000)
  afterAll(() => cluster?.close())

  async function ground(): Promise<Ground> {
    const { bootstrap } = cluster
    const topic = await createTopic({ partitions: 6, replicationFactor: 3, bootstrap })
    return { cluster, topic, log: openLog(topic, { bootstrap, partitions: 6, replicationFactor: 3 }) }
  }

  /** Resolves when every replica of the topic is in step again. */
  async function inStep({ topic }: Ground): Promise<void> {
    const admin = kafkaClient(cluster.bootstrap).admin()
    await admin.connect()
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]!.partitions.every(({ isr }) => isr.length === 3)
    }, 60_000)
    await admin.disconnect()
  }

  test('killed and started again', async () => {
    const on = await ground()
    await underLoad(on, 20, async (more) => {
      await cluster.brokers[0]!.kill()
      await more(300)
      await cluster.brokers[0]!.restart()
      await inStep(on)
    })
  }, 180_000)

  test('frozen until others lead, and back', async () => {
    const on = await ground()
    await underLoad(on, 20, async (more) => {
      cluster.brokers[1]!.stop()
      await new Promise((resolve) => setTimeout(resolve, 12_000))
      await more(100)
      cluster.brokers[1]!.cont()
      await inStep(on)
    })
  }, 180_000)

  test('a rolling restart', async () => {
    const on = await ground()
    const tally = await underLoad(on, 20, async (more) => {
      for (const broker of cluster.brokers) {
        await broker.restart()
        await inStep(on)
        await more(50)
      }
    })
    expect(tally.acknowledged).toBeGreaterThan(0)
  }, 240_000)
})
