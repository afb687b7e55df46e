/** Topics of the scaling bench, and how many records they hold. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

export interface Topic {
  readonly name: string
  /** How many records it holds. */
  end(): Promise<number>
  close(): Promise<void>
}

/** Makes a topic; resolves when all its partitions have leaders. */
export async function makeTopic(brokers: string, partitions: number): Promise<Topic> {
  const name = `scaling-${partitions}-${randomUUID().slice(0, 8)}`
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions, replicationFactor: 1 }] })
  const ends = () => admin.fetchTopicOffsets(name).catch(() => [])
  while ((await ends()).length !== partitions) await delay(50)
  return {
    name,
    end: async () => (await admin.fetchTopicOffsets(name)).reduce((sum, { high }) => sum + Number(high), 0),
    async close() {
      // What is measured next must not share the broker's memory with it.
      await admin.deleteTopics({ topics: [name] })
      await admin.disconnect()
    },
  }
}
