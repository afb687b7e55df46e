/**
 * What the peers have in common: the event and its SDL, as far as the bench asks for them, and kafkajs as its
 * documentation uses it, with a send for each event and a consumer that hands on each message.
 */
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

export const topic = process.env.KAFKA_TOPIC
export const kafka = new Kafka({ brokers: process.env.KAFKA_BROKERS.split(','), logLevel: logLevel.ERROR })

export const typeDefs = /* GraphQL */ `
  type Record { topic: String!, partition: Int!, offset: String!, key: String }
  type GuildJoined { id: ID!, type: String!, guildName: String!, record: Record! }
  type Query { ready: Boolean! }
  type Mutation { joinGuild(guildName: String!): GuildJoined! }
  type Subscription { guildJoined: GuildJoined! }
`

const titleCase = (name) => name.replace(/(^|[^a-z])[a-z]/g, (start) => start.toUpperCase())

const producer = kafka.producer()

/** Resolves to `publish(guildName, headers)`, which sends one event and resolves when all in-sync replicas have it. */
export async function connectProducer() {
  await producer.connect()
  return async (guildName, headers) => {
    const id = randomUUID()
    const type = `joined_guild:${guildName}`
    const event = { event_type: type }
    for (const [name, value] of headers) event[titleCase(name)] = value
    const [{ partition, baseOffset }] = await producer.send({
      topic,
      acks: -1,
      messages: [
        {
          value: JSON.stringify(event),
          headers: {
            ce_specversion: '1.0',
            ce_id: id,
            ce_type: type,
            ce_source: '/peer',
            ce_time: new Date().toISOString(),
            'content-type': 'application/json',
          },
        },
      ],
    })
    return { id, type, guildName, record: { topic, partition, offset: baseOffset, key: null } }
  }
}

/** A message of the topic as the event that the SDL declares. */
export function toEvent({ key, value, headers, offset }, partition = 0) {
  const { event_type: type } = JSON.parse(value.toString())
  const guildName = type.slice('joined_guild:'.length)
  return { id: String(headers.ce_id), type, guildName, record: { topic, partition, offset, key: key && String(key) } }
}

/** Joins a group and hands on every event from now on; resolves when it has joined. */
export async function consume(onEvent) {
  const consumer = kafka.consumer({ groupId: randomUUID() })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: false })
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({
    eachMessage: async ({ partition, message }) => onEvent(toEvent(message, partition)),
  })
  await joined
}

/** Prints the URL, which is what the bench waits for. */
export function serving({ port }) {
  console.log(`http://127.0.0.1:${port}`)
  process.on('SIGTERM', () => process.exit(0))
}
