/** graphql-transport-ws at `/graphql`, by graphql-ws's own client and by hand, on the running product. */
import { once } from 'node:events'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { join, joinAll } from '../../support/publish.ts'
import { openSocket } from '../../support/websocket.ts'

const BUY = graphql(`mutation WsBuy { buySword { id type headers { name value } } }`)
const END = graphql(`query WsEnd { events(first: 0) { end } }`)
const EVENTS = graphql(
  `subscription WsEvents($after: Cursor, $from: Position, $filter: EventFilter, $until: Until) {
    events(after: $after, from: $from, filter: $filter, until: $until) { id type cursor }
  }`,
)
const EQUAL = graphql(`subscription WsEqual { events { id type } }`)
const GUILD = graphql(`subscription WsGuild($guildName: String) { guildJoined(guildName: $guildName) { guildName } }`)

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

describe("graphql-ws's client", () => {
  it('queries, publishes and subscribes', async () => {
    const client = createClient({ url: `${herald.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
    const one = async (query: string) => {
      for await (const { data, errors } of client.iterate({ query })) return { data, errors }
      return null
    }
    expect(await one('{ __typename }')).toEqual({ data: { __typename: 'Query' } })
    const events = client.iterate<{ guildJoined: { guildName: string } }>({
      query: print(GUILD),
      variables: { guildName: 'b' },
    })
    const first = events.next()
    // The subscription is pinned once a query that came after it is answered.
    await one('{ __typename }')
    await join(herald, 'a')
    expect(await one(print(BUY))).toMatchObject({ data: { buySword: { type: 'purchase_sword' } } })
    await join(herald, 'b')
    expect((await first).value).toEqual({ data: { guildJoined: { guildName: 'b' } } })
    await events.return?.()
    await client.dispose()
  })
})

describe('an operation', () => {
  it("is enriched with the upgrade request's headers", async () => {
    const socket = await openSocket(herald.url, { headers: { 'x-player': 'ann', cookie: 'secret=1' } })
    const answer = await socket.subscribe('m', BUY).next()
    const headers = answer.type === 'next' ? answer.payload.data?.buySword.headers : null
    expect(headers).toContainEqual({ name: 'X-Player', value: 'ann' })
    expect(headers).toContainEqual({ name: 'Host', value: `127.0.0.1:${herald.port}` })
    expect(headers?.map(({ name }) => name)).not.toContain('Cookie')
    await socket.close()
  })

  it('ends by itself where it is wrong, and leaves the others', async () => {
    const socket = await openSocket(herald.url)
    const good = socket.subscribe('good', EVENTS)
    for (const [query, code] of [
      ['subscription {', 'GRAPHQL_PARSE_FAILED'],
      ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription { events(after: "x") { id } }', 'CURSOR_INVALID'],
      ['subscription ($f: Position) { events(from: $f) { id } }', 'BAD_USER_INPUT'],
    ] as const) {
      const bad = socket.subscribe(code, query, { f: 'NEVER' })
      const answer = await bad.next()
      expect(answer.type === 'error' ? answer.payload : answer.type === 'next' && answer.payload.errors).toMatchObject([
        { extensions: { code } },
      ])
    }
    const { id } = await join(herald, 'after')
    expect(await good.next()).toMatchObject({ type: 'next', payload: { data: { events: { id } } } })
    await socket.close()
  })

  it("says nothing more after the client's complete", async () => {
    const socket = await openSocket(herald.url)
    const stopped = socket.subscribe('stopped', EVENTS)
    const other = socket.subscribe('other', EVENTS)
    const first = await join(herald, 'one')
    for (const operation of [stopped, other]) {
      expect(await operation.next()).toMatchObject({ payload: { data: { events: { id: first.id } } } })
    }
    socket.send({ type: 'complete', id: 'stopped' })
    // The messages of a socket are handled in order: when this is answered, the other was heard.
    await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
    const second = await join(herald, 'two')
    expect(await other.next()).toMatchObject({ payload: { data: { events: { id: second.id } } } })
    await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
    expect(stopped.rest).toEqual([])
    // Its name is free again.
    expect((await socket.subscribe('stopped', END).next()).type).toBe('next')
    await socket.close()
  })

  it('may be one of many on a socket', async () => {
    const socket = await openSocket(herald.url)
    const operations = Array.from({ length: 40 }, (_, i) => socket.subscribe(`many-${i}`, EVENTS))
    await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
    const { id } = await join(herald, 'many')
    for (const operation of operations) {
      expect(await operation.next()).toMatchObject({ payload: { data: { events: { id } } } })
    }
    await socket.close()
    expect(herald.stderr()).toBe('')
  })
})

describe('equal subscribers', () => {
  it('are each sent every event under their own ids, small and large ones, however many come together', async () => {
    const names = [2, 100, 140, 20_000, 70_000, 200_000].flatMap((length) => Array(20).fill('n'.repeat(length)))
    const sockets = await Promise.all([0, 1, 2].map(() => openSocket(herald.url)))
    const ids = ['1', '2', 'a "quoted" ümläut 🙂', '0d1f9e0c-31f5-4d4f-9d0e-5d7a7b1f6a3c']
    const operations = sockets.flatMap((socket) => ids.map((id) => socket.subscribe(id, EQUAL)))
    for (const socket of sockets) await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
    const published = await joinAll(herald, names)
    const received = await Promise.all(
      operations.map(async (operation) => {
        const events: { id: string; type: string }[] = []
        while (events.length < published.length) {
          const message = await operation.next()
          if (message.type === 'next') events.push(message.payload.data!.events)
        }
        return events
      }),
    )
    const [first] = received
    expect(new Map(first!.map(({ id, type }) => [id, type]))).toEqual(
      new Map(published.map(({ id, type }) => [id, type])),
    )
    for (const events of received) expect(events).toEqual(first)
    for (const socket of sockets) await socket.close()
  })
})

describe('a place', () => {
  it('taken from a query leaves no gap', async () => {
    const socket = await openSocket(herald.url)
    const before = await join(herald, 'before')
    const { data } = await herald.query(END)
    const between = await join(herald, 'between')
    const events = socket.subscribe('s', EVENTS, { after: data!.events.end })
    expect(await events.next()).toMatchObject({ payload: { data: { events: { id: between.id } } } })
    const live = await join(herald, 'live')
    expect(await events.next()).toMatchObject({ payload: { data: { events: { id: live.id } } } })
    // And a cursor of an event goes on right behind it, also at once after it was published.
    const again = socket.subscribe('again', EVENTS, { after: before.cursor, until: 'END' })
    const ids = []
    for (let item = await again.next(); item.type !== 'complete'; item = await again.next()) {
      ids.push(item.type === 'next' && item.payload.data?.events.id)
    }
    expect(ids).toEqual([between.id, live.id])
    await socket.close()
  })

  it('comes by pings where a filter matches seldom', async () => {
    const socket = await openSocket(herald.url)
    const never = socket.subscribe('never', EVENTS, { filter: { type: { eq: 'never' } } })
    let isOver = false
    const publishing = (async () => {
      while (!isOver) await join(herald, 'noise')
    })()
    const ping = await socket.messages.until(({ type }) => type === 'ping')
    isOver = true
    await publishing
    const { cursor } = ping.payload as { cursor: string }
    expect(ping.payload).toEqual({ id: 'never', cursor: expect.any(String) })
    socket.send({ type: 'pong', payload: ping.payload })
    const last = await join(herald, 'last')
    const resumed = socket.subscribe('resumed', EVENTS, { after: cursor, filter: { type: { eq: last.type } } })
    expect(await resumed.next()).toMatchObject({ payload: { data: { events: { id: last.id } } } })
    expect(never.rest).toEqual([])
    await socket.close()
  })
})

describe('the protocol', () => {
  // "Ping can be sent at any time within the established socket": it was passed over until connection_ack.
  it('answers a ping at any time, before connection_init too, with its payload', async () => {
    const socket = await openSocket(herald.url, { init: false })
    socket.send({ type: 'ping' })
    expect(await socket.messages.next()).toEqual({ type: 'pong' })
    socket.send({ type: 'connection_init' })
    expect(await socket.messages.next()).toEqual({ type: 'connection_ack' })
    socket.send({ type: 'ping', payload: { at: [1, null] } })
    expect(await socket.messages.next()).toEqual({ type: 'pong', payload: { at: [1, null] } })
    await socket.close()
  })

  it('takes messages of 1 MiB, and closes with 1009 at larger ones', async () => {
    const socket = await openSocket(herald.url)
    const message = (bytes: number) => {
      const empty = JSON.stringify({ type: 'ping', payload: { pad: '' } })
      return JSON.stringify({ type: 'ping', payload: { pad: 'x'.repeat(bytes - empty.length) } })
    }
    socket.socket.send(message(1024 * 1024))
    expect((await socket.messages.next()).type).toBe('pong')
    socket.socket.send(message(1024 * 1024 + 1))
    expect((await socket.closed()).code).toBe(1009)
  })

  it.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['an unknown type', '{"type":"nothing"}'],
    ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{__typename}"}}'],
    ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    ['a query that is no string', '{"type":"subscribe","id":"1","payload":{"query":7}}'],
    ['variables in a string', '{"type":"subscribe","id":"1","payload":{"query":"{__typename}","variables":"x"}}'],
  ])('closes with 4400 at %s', async (_what, text) => {
    const socket = await openSocket(herald.url)
    socket.socket.send(text)
    expect((await socket.closed()).code).toBe(4400)
  })

  it('closes with 4401 at an operation before connection_init', async () => {
    const socket = await openSocket(herald.url, { init: false })
    socket.subscribe('1', BUY)
    expect((await socket.closed()).code).toBe(4401)
  })

  it('closes with 4408 when connection_init does not come', async () => {
    const socket = await openSocket(herald.url, { init: false })
    expect((await socket.closed()).code).toBe(4408)
  })

  it('closes with 4429 at a second connection_init', async () => {
    const socket = await openSocket(herald.url)
    socket.send({ type: 'connection_init' })
    expect((await socket.closed()).code).toBe(4429)
  })

  it('closes with 4409 at an id that is taken', async () => {
    const socket = await openSocket(herald.url)
    socket.subscribe('1', EVENTS)
    socket.subscribe('1', EVENTS)
    expect((await socket.closed()).code).toBe(4409)
  })

  it('closes with 4406 where its subprotocol is not asked for', async () => {
    const socket = await openSocket(herald.url, { protocol: null, init: false })
    expect((await socket.closed()).code).toBe(4406)
    const other = new WebSocket(`${herald.url.replace('http', 'ws')}/graphql`, 'graphql-ws')
    const [error] = await once(other, 'error')
    expect(String(error)).toContain('subprotocol')
  })

  it('closes with 1007 or 1002 what is no WebSocket frame of text, and serves the others', async () => {
    const socket = await openSocket(herald.url)
    ;(socket.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from([0xff, 0xff]))
    expect([1002, 1007]).toContain((await socket.closed()).code)
    const next = await openSocket(herald.url)
    expect((await next.subscribe('1', END).next()).type).toBe('next')
    await next.close()
  })
})

describe('a gateway that stops', () => {
  it('closes with 1001 and sends no complete', async () => {
    const stopping = await startHerald()
    const socket = await openSocket(stopping.url)
    const idle = await openSocket(stopping.url)
    const live = socket.subscribe('live', EVENTS)
    const past = socket.subscribe('past', EVENTS, { from: 'EARLIEST' })
    await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
    const exited = stopping.stop('SIGTERM')
    expect(await socket.closed()).toMatchObject({ code: 1001 })
    expect(await idle.closed()).toMatchObject({ code: 1001 })
    expect(await exited).toBe(0)
    expect([...live.rest, ...past.rest]).toEqual([])
  })
})
