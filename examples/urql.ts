/**
 * urql: publishes an event, shows what happened last, and follows what happens from there on, over whatever becomes of
 * the connection. `npx tsx examples/urql.ts`; Ctrl-C ends it.
 */
import { randomUUID } from 'node:crypto'
import { Client, type ExecutionResult, fetchExchange, subscriptionExchange } from '@urql/core'
import WebSocket from 'ws'
import { FollowDocument, type HappenedFragment, JoinGuildDocument, LatestDocument } from './generated/graphql.ts'
import { createResumingClient } from './resuming-client.ts'

const { HERALD_URL = 'http://127.0.0.1:5000' } = process.env

// Node 22 and browsers have a WebSocket of their own and need no `webSocketImpl`.
const socket = createResumingClient({ url: `${HERALD_URL.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })

const client = new Client({
  url: `${HERALD_URL}/graphql`,
  preferGetMethod: false,
  exchanges: [
    fetchExchange,
    // urql's own way, `fetchSubscriptions`, is server-sent events that begin anew after a lost connection.
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({
          unsubscribe: socket.subscribe(
            { query, variables },
            { ...sink, next: (result) => sink.next(result as ExecutionResult) },
          ),
        }),
      }),
    }),
  ],
})

function show(event: HappenedFragment): void {
  const what = event.__typename === 'GuildJoined' ? `somebody joined ${event.guildName}` : event.type
  console.log(event.record.offset, event.timestamp, what)
}

// With the same key again, as after an answer that was not heard, there would be no second event.
const headers = { 'idempotency-key': randomUUID() }
const joined = await client.mutation(JoinGuildDocument, { guildName: 'urql' }, { fetchOptions: { headers } })
if (joined.error) throw joined.error

const { data, error } = await client.query(LatestDocument, {})
if (!data) throw error
data.events.nodes.forEach(show)

client.subscription(FollowDocument, { after: data.events.end }).subscribe(({ data, error }) => {
  // What passes has not come here.
  if (error) throw error
  if (data) show(data.events)
})
