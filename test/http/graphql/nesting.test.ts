/**
 * Values of a scalar of the user's own may be nested as deep as JSON can be written: 300,000 levels fit a body. What
 * writes them out again overflowed the stack: an Idempotency-Key's fingerprint was a fault of ours, and a subscription
 * by SSE was left open without ever being fed, with no word in the log.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '../../access/gateway.ts'
import { post } from '../../hostile/victim.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { openSocket } from '../../support/websocket.ts'

const SDL = `
  scalar Any
  type Note implements Event @event(type: "note") {
    id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record! any: Any
  }
  type Mutation { note(any: Any): Note! }
  extend type Subscription { note(any: Any, after: Cursor, from: Position = LATEST): Note! }
`
const folder = temporaryFolder()
let herald: Herald
beforeAll(async () => {
  folder.write('note.graphql', SDL)
  herald = await startHerald({ env: { SCHEMA_DIR: folder.path } })
})
afterAll(async () => {
  await herald?.stop()
  folder.remove()
})

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const body = (query: string, levels: number) =>
  `{"query":${JSON.stringify(query)},"variables":{"any":${nested(levels)}}}`
const NOTE = 'mutation ($any: Any) { note(any: $any) { any } }'
const FOLLOW = 'subscription ($any: Any) { note(any: $any) { id } }'

it('as deep as anybody means it is published', async () => {
  const { body: text } = await post(herald, body(NOTE, 60))
  expect(text).toBe(`{"data":{"note":{"any":${nested(60)}}}}`)
})

it.each([
  ['a mutation', NOTE, {}],
  ['a mutation with an Idempotency-Key', NOTE, { 'idempotency-key': 'a' }],
  ['a subscription', FOLLOW, { accept: 'text/event-stream' }],
])('deeper is refused, in %s', async (_what, query, headers) => {
  const response = await fetch(`${herald.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body(query, 300_000),
  })
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  expect(herald.stderr()).toBe('')
})

it('deeper is refused, over a WebSocket', async () => {
  const socket = await openSocket(herald.url)
  socket.socket.send(`{"type":"subscribe","id":"1","payload":${body(FOLLOW, 300_000)}}`)
  expect(await socket.messages.next()).toMatchObject({
    type: 'error',
    payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  })
  await socket.close()
  expect(herald.stderr()).toBe('')
})
