/**
 * A subscriber that stops reading holds up nobody and costs bounded memory: it is ended with SUBSCRIBER_TOO_SLOW,
 * and the cursor in that error goes on without a loss. It is ended while it still does not read, with every operation
 * of its socket.
 */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { until } from '../../support/kafka.ts'
import { joinAll, type PublishedEvent } from '../../support/publish.ts'
import { openEventStream } from '../../support/sse.ts'
import { openSocket } from '../../support/websocket.ts'

const EVENTS = graphql(
  `subscription SlowEvents($after: Cursor, $until: Until, $filter: EventFilter) {
    events(after: $after, until: $until, filter: $filter) { id ... on GuildJoined { guildName } }
  }`,
)
const MIB = 1024 * 1024
/** Long enough that a queue of 16 MiB and the sockets' buffers hold only few of them. */
const NAME = 'g'.repeat(150_000)
const TIMES = 400
const LARGE = 'l'.repeat(100_000)
/** Subscriptions on the socket that stalls: answers made before they can be sent would be 400 x 150 kB for each. */
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

async function sample(name: string): Promise<number> {
  const text = await (await fetch(`${herald.url}/metrics`)).text()
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1) ?? 0,
  )
}

const residentBytes = () => sample('process_resident_memory_bytes')

/** Resolves when so many subscriptions were ended since they were too slow. */
function untilEnded(count: number): Promise<void> {
  return until(`${count} are ended`, async () => {
    return (await sample('herald_subscribers_ended_total{reason="SUBSCRIBER_TOO_SLOW"}')) === count
  })
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
  // It is sent nothing, but its socket is as stalled as that of the others.
  operations.push(socket.subscribe('seldom', EVENTS, { filter: { type: { eq: 'never' } } }))
  for (const each of [other, socket])
    await each.subscribe('mark', '{ __typename }').until(({ type }) => type === 'complete')
  const before = await residentBytes()
  socket.stall()
  const published = await publishMuch()
  const grown = (await residentBytes()) - before
  // Made in advance, the answers of 20 subscriptions would be 1.1 GiB. Events are shared, and a queue is bounded;
  // the pages of the embedded log's file count as well.
  expect(grown / MIB).toBeLessThan(600)
  const ids = new Set<string>()
  while (ids.size < published.length) {
    const message = await attentive.next()
    if (message.type === 'next') ids.add(message.payload.data!.events.id)
  }
  expect(ids).toEqual(new Set(published.map(({ id }) => id)))
  await untilEnded(operations.length)
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
  await untilEnded(1)
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

it('by the hundred, with events of 100 kB: memory stays bounded, and who reads has every event', async () => {
  const good = await openSocket(herald.url)
  const attentive = good.subscribe('good', EVENTS)
  const stalled = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const socket = await openSocket(herald.url)
      // Half of them ask for the same, half each for something of its own, which is rendered for it alone.
      const filter = { type: i % 2 === 0 ? { startsWith: '' } : { in: [`joined_guild:${LARGE}`, `of ${i}`] } }
      socket.subscribe(`stalled-${i}`, EVENTS, { filter })
      return socket
    }),
  )
  for (const socket of [good, ...stalled]) {
    await socket.subscribe('mark', '{ __typename }').until(({ type }) => type === 'complete')
  }
  const before = await residentBytes()
  for (const socket of stalled) socket.stall()
  const seen = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const published = await joinAll(herald, Array(30).fill(LARGE))
    while (seen.size < 30 * (round + 1)) {
      const message = await attentive.next()
      if (message.type === 'next') seen.add(message.payload.data!.events.id)
    }
    for (const { id } of published) expect(seen).toContain(id)
  }
  // For each of the 100 all that it was not sent would be 3 GB together.
  expect(((await residentBytes()) - before) / MIB).toBeLessThan(600)
  for (const socket of stalled) socket.socket.terminate()
  await good.close()
}, 120_000)

it('that sends without reading is not read from either, and gets all of its answers when it reads', async () => {
  const socket = await openSocket(herald.url)
  const before = await residentBytes()
  socket.stall()
  const payload = { pad: 'x'.repeat(20_000) }
  for (let i = 0; i < 5_000; i++) socket.send({ type: 'ping', payload })
  await until('Herald to read no more', async () => {
    const waiting = socket.socket.bufferedAmount
    await new Promise((resolve) => setTimeout(resolve, 200))
    return waiting > 0 && waiting === socket.socket.bufferedAmount
  })
  expect(((await residentBytes()) - before) / MIB).toBeLessThan(80)
  socket.goOn()
  for (let i = 0; i < 5_000; i++) expect((await socket.messages.next()).type).toBe('pong')
  await socket.close()
}, 60_000)
