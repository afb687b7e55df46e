/**
 * Runs on Kafka: three real brokers, a topic with three partitions on all of them (min.insync.replicas 2), two
 * gateways. A schedule is a list of faults; between two the run waits until every replica is in sync again and
 * every client is served, so that each fault meets a whole system.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type KafkaBroker, type KafkaCluster, startKafka } from '../../tools/kafka/broker.ts'
import { createTopic, readAll, until, withAdmin } from '../support/kafka.ts'
import { type Gateway, startGateway } from './gateway.ts'
import type { History, Logged } from './history.ts'
import { startLoad } from './load.ts'
import { nameOf } from './record.ts'
import type { MoveCursor } from './subscriber.ts'

/** The topic's name. */
export const TOPIC = 'faults'
const PARTITIONS = 3

/** What a fault may break. */
export interface Target {
  readonly brokers: readonly KafkaBroker[]
  readonly gateways: readonly Gateway[]
  /** The broker that leads partition 0 now. */
  leader(): Promise<KafkaBroker>
  /** Resolves once every replica of every partition is in sync. */
  inSync(): Promise<void>
}

/** Breaks something, and resolves when it is whole again. */
export interface ClusterFault {
  readonly name: string
  readonly hurt: (target: Target) => Promise<void>
}

/** The leader of partition 0 dies at once, and comes back. */
export const leaderKilled: ClusterFault = {
  name: 'leader kill -9, restarted',
  async hurt({ leader, inSync }) {
    const broker = await leader()
    await broker.kill('SIGKILL')
    await broker.restart()
    await inSync()
  },
}

/** The leader of partition 0 freezes: its connections stay open. */
export const leaderFrozen = (seconds: number): ClusterFault => ({
  name: `leader frozen for ${seconds} s`,
  async hurt({ leader, inSync }) {
    const broker = await leader()
    await frozen([broker], seconds)
    await inSync()
  },
})

/** An upgrade: one broker after the other is stopped in order and started again. */
export const rollingRestart: ClusterFault = {
  name: 'rolling restart',
  async hurt({ brokers, inSync }) {
    for (const broker of brokers) {
      await broker.restart()
      await inSync()
    }
  },
}

/** Nobody answers, all connections stay open. */
export const allFrozen = (seconds: number): ClusterFault => ({
  name: `all brokers frozen for ${seconds} s`,
  async hurt({ brokers, inSync }) {
    await frozen(brokers, seconds)
    await inSync()
  },
})

/** Nobody listens: all brokers are killed, and come back together. */
export const allKilled = (seconds: number): ClusterFault => ({
  name: `all brokers kill -9, away for ${seconds} s`,
  async hurt({ brokers, inSync }) {
    await Promise.all(brokers.map((broker) => broker.kill('SIGKILL')))
    await delay(seconds * 1_000)
    await Promise.all(brokers.map((broker) => broker.restart()))
    await inSync()
  },
})

/** A gateway dies at once, and its supervisor starts it again. */
export const gatewayKilled = (index: number): ClusterFault => ({
  name: `gateway ${index + 1} kill -9, restarted`,
  async hurt({ gateways }) {
    await gateways[index]!.kill()
    await gateways[index]!.start()
  },
})

/** Two of three brokers freeze: nothing can be acknowledged, though the leader of partition 0 answers. */
export const followersFrozen = (seconds: number): ClusterFault => ({
  name: `both followers frozen for ${seconds} s`,
  async hurt({ brokers, leader, inSync }) {
    const alive = await leader()
    await frozen(
      brokers.filter((broker) => broker !== alive),
      seconds,
    )
    await inSync()
  },
})

/** For so long two things at once, at random: a broker frozen for up to 8 s, and a gateway frozen or killed. */
export const chaos = (seconds: number): ClusterFault => ({
  name: `chaos for ${seconds} s`,
  async hurt({ brokers, gateways, inSync }) {
    const ends = performance.now() + seconds * 1_000
    const strike = async (victims: readonly (() => Promise<void>)[]) => {
      while (performance.now() < ends) {
        await victims[Math.floor(Math.random() * victims.length)]!()
        await delay(Math.random() * 1_000)
      }
    }
    await Promise.all([
      strike(brokers.map((broker) => () => frozen([broker], Math.random() ** 2 * 8))),
      strike(
        gateways.flatMap((gateway) => [
          async () => {
            await gateway.kill()
            await gateway.start()
          },
          () => gatewayFrozen(gateway, Math.random() ** 2 * 5),
        ]),
      ),
    ])
    await inSync()
  },
})

async function frozen(brokers: readonly KafkaBroker[], seconds: number): Promise<void> {
  for (const broker of brokers) broker.stop()
  try {
    await delay(seconds * 1_000)
  } finally {
    for (const broker of brokers) broker.cont()
  }
}

async function gatewayFrozen(gateway: Gateway, seconds: number): Promise<void> {
  gateway.freeze()
  try {
    await delay(seconds * 1_000)
  } finally {
    gateway.thaw()
  }
}

export interface ClusterOptions {
  readonly schedule: readonly ClusterFault[]
  /** The least number of events to be acknowledged before the end; shared out between the faults. */
  readonly events: number
  /** Default 16. */
  readonly publishers?: number
  readonly moveCursor?: MoveCursor
  /** Hears what is being done. */
  readonly progress?: (line: string) => void
}

/** Starts everything, runs the schedule under load, ends everything, and resolves with what was recorded. */
export async function runCluster(options: ClusterOptions): Promise<History> {
  const { schedule, events, publishers = 16, progress = () => {}, moveCursor } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-faults-'))
  const cluster = await startKafka({ brokers: 3, heapMb: 384 })
  const gateways: Gateway[] = []
  const early: string[] = []
  let accident = (what: string): void => void early.push(what)
  try {
    const { bootstrap } = cluster
    const config = { 'min.insync.replicas': '2' }
    await createTopic({ name: TOPIC, partitions: PARTITIONS, replicationFactor: 3, config, bootstrap })
    for (const name of ['1', '2']) {
      const env = { KAFKA_BROKERS: bootstrap, KAFKA_TOPIC: TOPIC }
      gateways.push(await startGateway({ env, dataDir: join(dataDir, name), accident: (what) => accident(what) }))
    }
    const load = await startLoad({
      gateways: gateways.map(({ url }) => url),
      publishers,
      ...(moveCursor && { moveCursor }),
    })
    accident = load.accident
    for (const what of early) accident(what)
    const target = targetOf(cluster, gateways)
    await target.inSync()
    const share = Math.floor(events / (schedule.length + 1))
    for (const { name, hurt } of schedule) {
      await load.until(load.acknowledged + share)
      progress(`${name} (${load.acknowledged} events so far)`)
      await load.fault(name, () => hurt(target))
    }
    await load.until(Math.max(events, load.acknowledged + share))
    progress('the quiet end')
    const history = await load.end(() => readLog(bootstrap))
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    return history
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    await cluster.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function targetOf({ brokers, bootstrap }: KafkaCluster, gateways: readonly Gateway[]): Target {
  const partitions = () =>
    withAdmin(async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] })
      return topics[0]?.partitions ?? []
    }, bootstrap)
  return {
    brokers,
    gateways,
    async leader() {
      const leader = (await partitions()).find(({ partitionId }) => partitionId === 0)?.leader
      const broker = brokers.find(({ id }) => id === leader)
      if (broker === undefined) throw new Error(`Partition 0 has no leader (${leader})`)
      return broker
    },
    inSync: () =>
      until('every replica to be in sync', async () => {
        const all = await partitions()
        return all.length === PARTITIONS && all.every(({ isr, leader }) => isr.length === 3 && leader > 0)
      }),
  }
}

/** All that the topic holds, as kcat reads it. */
async function readLog(bootstrap: string): Promise<Logged[]> {
  const records = await readAll(TOPIC, bootstrap)
  return records.map(({ partition, offset, value, timestamp }) => ({
    name: nameOf(value),
    partition,
    offset,
    timestamp,
  }))
}
