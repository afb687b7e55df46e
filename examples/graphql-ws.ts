/**
 * graphql-ws without another library: publishes an event, shows what happened last, and follows what happens from
 * there on, over whatever becomes of the connection. `npx tsx examples/graphql-ws.ts`; Ctrl-C ends it.
 */
import { randomUUID } from 'node:crypto'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type ExecutionResult, print } from 'graphql'
import WebSocket from 'ws'
import { FollowDocument, type HappenedFragment, JoinGuildDocument, LatestDocument } from './generated/graphql.ts'
import { createResumingClient } from './resuming-client.ts'

const { HERALD_URL = 'http://127.0.0.1:5000' } = process.env

/** Sends a query or a mutation over HTTP. */
async function send<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
  headers: Record<string, string> = {},
): Promise<Result> {
  const response = await fetch(`${HERALD_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: print(document), variables }),
  })
  const { data, errors } = (await response.json()) as ExecutionResult<Result>
  if (!data) throw new AggregateError(errors ?? [], errors?.[0]?.message)
  return data
}

function show(event: HappenedFragment): void {
  const what = event.__typename === 'GuildJoined' ? `somebody joined ${event.guildName}` : event.type
  console.log(event.record.offset, event.timestamp, what)
}

// With the same key again, as after an answer that was not heard, there would be no second event.
await send(JoinGuildDocument, { guildName: 'graphql_ws' }, { 'idempotency-key': randomUUID() })

const { events } = await send(LatestDocument, {})
events.nodes.forEach(show)

// Node 22 and browsers have a WebSocket of their own and need no `webSocketImpl`.
const client = createResumingClient({ url: `${HERALD_URL.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
for await (const { events: event } of client.follow(FollowDocument, { after: events.end })) show(event)
