/**
 * Replay as one would write it first: a Yoga resolver that joins a group of its own for each page, seeks to where the
 * page begins, and gathers the messages until it has them.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { kafka, serving, toEvent, topic } from './events.mjs'

const admin = kafka.admin()
await admin.connect()

/** Up to `first` events from an offset on, and whether more follow. */
async function read(from, first) {
  const [{ high }] = await admin.fetchTopicOffsets(topic)
  const wanted = Math.min(first, Number(high) - from)
  const nodes = []
  if (wanted <= 0) return { nodes, hasNextPage: false, next: from }
  const consumer = kafka.consumer({ groupId: randomUUID() })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    const running = consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (nodes.length === wanted) return
        nodes.push({ ...toEvent(message, partition), timestamp: new Date(Number(message.timestamp)).toISOString() })
        if (nodes.length === wanted) resolve()
      },
    })
    running.catch(reject)
    consumer.seek({ topic, partition: 0, offset: String(from) })
  })
  // Not waited for: a fetch that is parked at the log's end would hold up the page.
  consumer.disconnect()
  return { nodes, hasNextPage: from + wanted < Number(high), next: from + wanted }
}

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    interface Event { id: ID!, type: String!, timestamp: String! }
    type GuildJoined implements Event { id: ID!, type: String!, timestamp: String!, guildName: String! }
    type PageInfo { hasNextPage: Boolean!, endCursor: String }
    type EventConnection { nodes: [Event!]!, pageInfo: PageInfo! }
    type Query { events(first: Int = 1000, after: String): EventConnection! }
  `,
  resolvers: {
    Event: { __resolveType: () => 'GuildJoined' },
    Query: {
      async events(_root, { first, after }) {
        const { nodes, hasNextPage, next } = await read(after === null ? 0 : Number(after), first)
        return { nodes, pageInfo: { hasNextPage, endCursor: String(next) } }
      },
    },
  },
})

const server = createServer(createYoga({ schema }))
server.listen(0, '127.0.0.1', () => serving(server.address()))
