/** Events as Herald records them, written straight into a topic or through a mutation: what subscribers are fed with. */
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Message } from 'kafkajs'
import type { EventSource } from './jobs.ts'
import { requestBytes } from './publish.ts'
import { HttpConnection } from './sockets.ts'

/** What subscribers ask for of these events. */
export const SUBSCRIPTION = 'subscription Joined { guildJoined { id type guildName } }'

/** The record of one event, with the headers of an ordinary request. */
export function recordOf(guildName: string): Message {
  const type = `joined_guild:${guildName}`
  const value = `{"event_type": ${JSON.stringify(type)}, "Host": "127.0.0.1:5000", "User-Agent": "bench/1.0", "Accept": "application/json", "Content-Type": "application/json", "Content-Length": "118"}`
  const headers = {
    ce_specversion: '1.0',
    ce_id: randomUUID(),
    ce_type: type,
    ce_source: '/bench',
    ce_time: new Date().toISOString(),
    'content-type': 'application/json',
  }
  return { value, headers, partition: 0 }
}

export interface Publisher {
  /** Resolves when the event is acknowledged. */
  publish(guildName: string): Promise<void>
  close(): Promise<void>
}

export async function openPublisher(source: EventSource): Promise<Publisher> {
  if (source.kind === 'mutation') return mutationPublisher(source.port)
  const producer = new Kafka({ brokers: source.brokers.split(','), logLevel: logLevel.NOTHING }).producer({
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  return {
    async publish(guildName) {
      await producer.send({ topic: source.topic, acks: -1, messages: [recordOf(guildName)] })
    },
    close: () => producer.disconnect(),
  }
}

async function mutationPublisher(port: number): Promise<Publisher> {
  const query = 'mutation Feed($guildName: String!) { joinGuild(guildName: $guildName) { id } }'
  const free: HttpConnection[] = []
  const all: HttpConnection[] = []
  return {
    async publish(guildName) {
      let connection = free.pop()
      if (connection === undefined) {
        connection = await HttpConnection.open(port)
        all.push(connection)
      }
      const body = JSON.stringify({ query, variables: { guildName } })
      const { status, body: answer } = await connection.send(
        requestBytes({ method: 'POST', path: '/graphql', body }, port),
      )
      if (status !== 200 || answer.includes('"errors"')) throw new Error(`a mutation failed: ${status} ${answer}`)
      free.push(connection)
    },
    async close() {
      for (const connection of all) connection.close()
    },
  }
}
