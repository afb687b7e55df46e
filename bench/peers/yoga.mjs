/**
 * Stock GraphQL Yoga, as its documentation has it: `createYoga` on node:http, a plugin for a path that is no GraphQL,
 * `createPubSub` between the consumer and the subscriptions, graphql-ws over `getEnveloped`.
 * The argument: nothing to publish only, `rest` for the path, `live` with a consumer that joins its group at start,
 * `join-late` with one that joins when the first subscriber comes.
 */
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import { connectProducer, consume, serving, typeDefs } from './events.mjs'

const PATH = '/join_guild/'
const [mode] = process.argv.slice(2)
const publish = await connectProducer()
const pubSub = createPubSub()
const follow = () => consume((event) => pubSub.publish('guildJoined', event))
let following = mode === 'live' ? follow() : undefined

const schema = createSchema({
  typeDefs,
  resolvers: {
    Query: { ready: () => true },
    Mutation: { joinGuild: (_root, { guildName }, { request }) => publish(guildName, request.headers) },
    Subscription: {
      guildJoined: {
        async subscribe() {
          following ??= follow()
          await following
          return pubSub.subscribe('guildJoined')
        },
        resolve: (event) => event,
      },
    },
  },
})

const rest = {
  async onRequest({ request, url, endResponse, fetchAPI }) {
    if (request.method !== 'GET' || !url.pathname.startsWith(PATH)) return
    const guildName = decodeURIComponent(url.pathname.slice(PATH.length))
    await publish(guildName, request.headers)
    endResponse(new fetchAPI.Response(`\nJoined the Guild: ${guildName}\n`))
  },
}

const yoga = createYoga({ schema, plugins: mode === 'rest' ? [rest] : [] })
const server = createServer(yoga)
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    async onSubscribe(context, _id, params) {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      })
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      }
      const errors = validate(args.schema, args.document)
      return errors.length > 0 ? errors : args
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
)
await following
server.listen(0, '127.0.0.1', 4096, () => serving(server.address()))
