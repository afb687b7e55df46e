/**
 * A subscriber that stops reading holds up nobody and costs bounded memory: it is ended with SUBSCRIBER_TOO_SLOW,
 * and the cursor in that error goes on without a loss.
 */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { joinAll, type PublishedEvent } from '../../support/publish.ts'
import { openEventStream } from '../../support/sse.ts'
import { openSocket } from '../../support/websocket.ts'

const EVENTS = graphql(
  `subscription SlowEvents($after: Cursor, $until: Until) {
    events(after: $after, until: $until) { id ... on GuildJoined { guildName } }
  }`,
)
const MIB = 1024 * 1024
/** Long enough that a queue of 16 MiB and the sockets' buffers hold only few of them. */
const NAME = 'g'.repeat(150_000)
const TIMES = 600
/** Subscriptions on the socket that stalls: answers made before they can be sent would be 600 x 150 kB for each. */
const OPERATIONS = 20

let herald: Herald
beforeEach(async () => {
  herald = await startHerald()
})
afterEach(() => herald.stop())

/** Publishes much, in some time: a subscriber must have taken nothing for a second to be too slow. */
async function publishMuch(): Promise<PublishedEvent[]> {
  const until = Date.now() + 2_000
  const published: PublishedEvent[] = []
  while (published.length < TIMES || Date.now() < until)
    published.push(...(await joinAll(herald, Array(50).fill(NAME))))
  return published
}

async function residentBytes(): Promise<number> {
  const text = await (await fetch(`${herald.url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
}

/** The ids of everything from a cursor to the end. */
async function idsAfter(cursor: string): Promise<string[]> {
  const rest = await openEventStream(herald.url, EVENTS, { variables: { after: cursor, until: 'END' } })
  await rest.ended()
  return rest.blocks.rest.flatMap(({ result }) => result?.data?.events.id ?? [])
}

it('on a WebSocket', async () => {
  const other = await openSocket(herald.url)
  const attentive = other.subscribe('attentive', EVENTS)
  const socket = await openSocket(herald.url)
  const operations = Array.from({ length: OPERATIONS }, (_, i) => socket.subscribe(`slow-${i}`, EVENTS))
  for (const each of [other, socket])
    await each.subscribe('mark', '{ __typename }').until(({ type }) => type === 'complete')
  const before = await residentBytes()
  socket.stall()
  const published = await publishMuch()
  const grown = (await residentBytes()) - before
  // Made in advance, the answers of 20 subscriptions would be 1.7 GiB. Events are shared, and a queue is bounded;
  // the pages of the embedded log's file count as well.
  expect(grown / MIB).toBeLessThan(600)
  const ids = new Set<string>()
  while (ids.size < published.length) {
    const message = await attentive.next()
    if (message.type === 'next') ids.add(message.payload.data!.events.id)
  }
  expect(ids).toEqual(new Set(published.map(({ id }) => id)))
  socket.goOn()
  for (const operation of operations) {
    const seen: string[] = []
    for (;;) {
      const message = await operation.next()
      expect(message.type).not.toBe('complete')
      if (message.type === 'next') seen.push(message.payload.data!.events.id)
      else if (message.type === 'error') {
        const [error] = message.payload
        expect(error?.extensions).toEqual({ code: 'SUBSCRIBER_TOO_SLOW', cursor: expect.any(String) })
        if (operation === operations[0]) {
          const all = [...seen, ...(await idsAfter(error!.extensions.cursor!))]
          expect(all).toHaveLength(published.length)
          expect(new Set(all)).toEqual(ids)
        }
        break
      }
    }
    expect(operation.rest).toEqual([])
  }
  // The socket itself is well, and its operations may begin anew.
  expect((await socket.subscribe('again', '{ __typename }').next()).type).toBe('next')
  await socket.close()
  await other.close()
}, 120_000)

it('on SSE: the error has no complete behind it, so that the client comes back', async () => {
  const stream = await openEventStream(herald.url, EVENTS)
  const { id: pinned } = await stream.blocks.next()
  const before = await residentBytes()
  stream.response.pause()
  const published = await publishMuch()
  expect(((await residentBytes()) - before) / MIB).toBeLessThan(600)
  stream.response.resume()
  await stream.ended()
  const blocks = stream.blocks.rest
  const last = blocks.at(-1)
  expect(last).toMatchObject({
    event: 'next',
    result: { errors: [{ extensions: { code: 'SUBSCRIBER_TOO_SLOW', cursor: expect.any(String) } }] },
  })
  expect(last?.id).toBeUndefined()
  const lastId = blocks.findLast(({ id }) => id !== undefined)?.id ?? pinned!
  expect(last?.result?.errors?.[0]?.extensions?.cursor).toBe(lastId)
  const seen = blocks.flatMap(({ result }) => result?.data?.events.id ?? [])
  const all = [...seen, ...(await idsAfter(lastId))]
  expect(all).toHaveLength(published.length)
  expect(new Set(all)).toEqual(new Set(published.map(({ id }) => id)))
}, 120_000)
