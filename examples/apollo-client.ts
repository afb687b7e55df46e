/**
 * Apollo Client: publishes an event, shows what happened last, and follows what happens from there on, over whatever
 * becomes of the connection. `npx tsx examples/apollo-client.ts`; Ctrl-C ends it. In React, `useSubscription` with the
 * same link and the same options does as well.
 */
import { randomUUID } from 'node:crypto'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode } from 'graphql'
import WebSocket from 'ws'
import { FollowDocument, type HappenedFragment, JoinGuildDocument, LatestDocument } from './generated/graphql.ts'
import { createResumingClient } from './resuming-client.ts'

const { HERALD_URL = 'http://127.0.0.1:5000' } = process.env

const client = new ApolloClient({
  cache: new InMemoryCache(),
  // Only subscriptions go over the WebSocket: it would send a mutation again that a lost connection left unanswered.
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(
      // Node 22 and browsers have a WebSocket of their own and need no `webSocketImpl`.
      createResumingClient({ url: `${HERALD_URL.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket }),
    ),
    new HttpLink({ uri: `${HERALD_URL}/graphql` }),
  ),
})

function show(event: HappenedFragment): void {
  const what = event.__typename === 'GuildJoined' ? `somebody joined ${event.guildName}` : event.type
  console.log(event.record.offset, event.timestamp, what)
}

// With the same key again, as after an answer that was not heard, there would be no second event.
await client.mutate({
  mutation: JoinGuildDocument,
  variables: { guildName: 'apollo' },
  context: { headers: { 'idempotency-key': randomUUID() } },
})

const { data } = await client.query({ query: LatestDocument, fetchPolicy: 'no-cache' })
data?.events.nodes.forEach(show)

client
  // By default every event would be kept in the cache, for ever.
  .subscribe({ query: FollowDocument, variables: { after: data?.events.end }, fetchPolicy: 'no-cache' })
  .subscribe(({ data, error }) => {
    // Apollo tells errors as results, and completes. What passes has not come here.
    if (error) throw error
    if (data) show(data.events)
  })
