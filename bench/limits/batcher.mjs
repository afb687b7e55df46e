/**
 * The micro-batcher of the limits: one send in flight, what comes meanwhile goes together in the next, no timer.
 * It is plain JavaScript, as all that is measured here: no loader may count in what a process costs.
 */
import { Kafka, logLevel } from 'kafkajs'

const MOST = 500

/** A silent kafkajs client of the brokers that the environment names. */
export function kafkaClient() {
  return new Kafka({ brokers: process.env.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING })
}

/** Resolves to `append(value, headers)`, which resolves to the offset (a bigint) once all in-sync replicas have it. */
export async function createBatcher() {
  const topic = process.env.KAFKA_TOPIC
  const producer = kafkaClient().producer({ allowAutoTopicCreation: false })
  await producer.connect()
  let queue = []
  let sending = false

  async function flush() {
    sending = true
    while (queue.length > 0) {
      const batch = queue
      queue = batch.length > MOST ? batch.splice(MOST) : []
      try {
        const [{ baseOffset }] = await producer.send({ topic, acks: -1, messages: batch.map(({ message }) => message) })
        const base = BigInt(baseOffset)
        for (let i = 0; i < batch.length; i++) batch[i].resolve(base + BigInt(i))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    sending = false
  }

  return (value, headers) =>
    new Promise((resolve, reject) => {
      queue.push({ message: { partition: 0, value, headers }, resolve, reject })
      if (!sending) flush()
    })
}
