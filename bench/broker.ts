/** The brokers of a run, and the topics in them: a real Kafka, with one partition a topic unless told otherwise. */
import { randomUUID } from 'node:crypto'
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs'
import { type KafkaCluster, startKafka } from '../tools/kafka/broker.ts'
import { recordOf } from './load/events.ts'

const FILL_BATCH = 100
const FILL_UNDER_WAY = 8

export interface Brokers {
  readonly bootstrap: string
  /** Groups of this one wait 3 s before their first join, as Kafka's own default is. Started when first asked for. */
  slow(): Promise<string>
  topic(name: string, where?: { readonly brokers?: string; readonly partitions?: number }): Promise<string>
  endOf(topic: string): Promise<number>
  /** A topic with `count` events, made once for each count. */
  filled(count: number): Promise<string>
  close(): Promise<void>
}

export async function startBrokers(progress: (line: string) => void): Promise<Brokers> {
  const clusters: KafkaCluster[] = []
  const admins = new Map<string, Admin>()
  const fillings = new Map<number, Promise<string>>()
  const start = async (properties: Readonly<Record<string, number>>) => {
    const cluster = await startKafka({ heapMb: 512, progress, properties })
    clusters.push(cluster)
    return cluster.bootstrap
  }
  const clientOf = (brokers: string) => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const adminOf = async (brokers: string) => {
    let admin = admins.get(brokers)
    if (admin === undefined) {
      admin = clientOf(brokers).admin()
      admins.set(brokers, admin)
      await admin.connect()
    }
    return admin
  }
  const bootstrap = await start({})
  let slow: Promise<string> | undefined

  const brokers: Brokers = {
    bootstrap,
    slow() {
      slow ??= start({ 'group.initial.rebalance.delay.ms': 3_000 })
      return slow
    },
    async topic(name, where = {}) {
      const topic = `${name.replace(/[^\w.-]+/g, '-')}-${randomUUID().slice(0, 8)}`
      const admin = await adminOf(where.brokers ?? bootstrap)
      await admin.createTopics({ topics: [{ topic, numPartitions: where.partitions ?? 1, replicationFactor: 1 }] })
      return topic
    },
    async endOf(topic) {
      const partitions = await (await adminOf(bootstrap)).fetchTopicOffsets(topic)
      return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
    },
    filled(count) {
      let filling = fillings.get(count)
      if (filling === undefined) {
        progress(`filling a topic with ${count} events`)
        filling = brokers.topic('filled').then(async (topic) => {
          await fill(clientOf(bootstrap).producer({ allowAutoTopicCreation: false }), topic, count)
          return topic
        })
        fillings.set(count, filling)
      }
      return filling
    },
    async close() {
      for (const admin of admins.values()) await admin.disconnect().catch(() => {})
      await Promise.all(clusters.map((cluster) => cluster.close()))
    },
  }
  return brokers
}

/** Batches of the size that Herald's own publishing makes under load: how a log is batched decides how fast it reads. */
async function fill(producer: Producer, topic: string, count: number): Promise<void> {
  await producer.connect()
  let next = 0
  const sending = Array.from({ length: FILL_UNDER_WAY }, async () => {
    while (next < count) {
      const from = next
      next = Math.min(count, from + FILL_BATCH)
      const messages = Array.from({ length: next - from }, (_, index) => recordOf(`guild${(from + index) % 1_000}`))
      await producer.send({ topic, acks: -1, messages })
    }
  })
  await Promise.all(sending)
  await producer.disconnect()
}
