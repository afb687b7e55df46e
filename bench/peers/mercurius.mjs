/**
 * Mercurius on Fastify, as its documentation has it, its subscriptions over its own emitter.
 * The argument: nothing, `jit` with its compiler on, `live` with subscriptions and a consumer that joins at start.
 */
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { connectProducer, consume, serving, typeDefs } from './events.mjs'

const [mode] = process.argv.slice(2)
const publish = await connectProducer()
const app = Fastify()

app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: { ready: () => true },
    Mutation: {
      joinGuild: (_root, { guildName }, { reply }) => publish(guildName, Object.entries(reply.request.headers)),
    },
    Subscription: {
      guildJoined: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('GUILD_JOINED') },
    },
  },
  jit: mode === 'jit' ? 1 : 0,
  subscription: mode === 'live',
})
await app.ready()
if (mode === 'live') {
  await consume((guildJoined) => app.graphql.pubsub.publish({ topic: 'GUILD_JOINED', payload: { guildJoined } }))
}
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
serving(app.server.address())
