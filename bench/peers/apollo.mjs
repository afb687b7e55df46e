/**
 * Apollo Server on Express, as its documentation has it, its subscriptions over graphql-ws and
 * graphql-kafkajs-subscriptions. The argument: nothing, or `live` with subscriptions, whose consumer joins at start.
 */
import { createServer } from 'node:http'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer'
import { expressMiddleware } from '@as-integrations/express5'
import { makeExecutableSchema } from '@graphql-tools/schema'
import express from 'express'
import { KafkaPubSub } from 'graphql-kafkajs-subscriptions'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import { connectProducer, kafka, serving, toEvent, topic, typeDefs } from './events.mjs'

const [mode] = process.argv.slice(2)
const publish = await connectProducer()
const pubsub = mode === 'live' ? await KafkaPubSub.create({ topic, kafka, groupIdPrefix: `peer-${topic}` }) : undefined

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: { ready: () => true },
    Mutation: { joinGuild: (_root, { guildName }, { headers }) => publish(guildName, Object.entries(headers)) },
    Subscription: {
      // A message that names no channel belongs to the topic's own.
      guildJoined: { subscribe: () => pubsub.asyncIterator(topic), resolve: (message) => toEvent(message) },
    },
  },
})

const app = express()
const httpServer = createServer(app)
const cleanup = useServer({ schema }, new WebSocketServer({ server: httpServer, path: '/graphql' }))
const server = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer }),
    { serverWillStart: async () => ({ drainServer: async () => cleanup.dispose() }) },
  ],
})
await server.start()
app.use(
  '/graphql',
  express.json(),
  expressMiddleware(server, { context: async ({ req }) => ({ headers: req.headers }) }),
)
httpServer.listen(0, '127.0.0.1', 4096, () => serving(httpServer.address()))
