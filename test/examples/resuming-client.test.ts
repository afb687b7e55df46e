/** What examples/resuming-client.ts promises, against the running product. followers.test.ts restarts it under clients. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { print } from 'graphql'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createResumingClient, type ResumingClient } from '../../examples/resuming-client.ts'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { join } from '../support/publish.ts'

const END = graphql(`query ResumingEnd { events(first: 0) { end } }`)
const FOLLOW = graphql(
  `subscription ResumingFollow($after: Cursor) { events(after: $after, from: EARLIEST) { cursor record { offset } } }`,
)
const REPLAY = graphql(
  `subscription ResumingReplay($after: Cursor) {
    events(after: $after, from: EARLIEST, until: END) { cursor record { offset } }
  }`,
)
const SELDOM = graphql(
  `subscription ResumingSeldom($after: Cursor) {
    events(after: $after, filter: { type: { eq: "never" } }) { cursor }
  }`,
)

/** More than the client lets wait. */
const EVENTS = 1_200

const NO_CURSOR = graphql(`subscription ResumingNoCursor($after: Cursor) { events(after: $after) { id } }`)
const NO_AFTER = graphql(`subscription ResumingNoAfter { events { cursor } }`)

describe('the resuming client', () => {
  let herald: Herald
  const clients: ResumingClient[] = []
  beforeAll(async () => {
    herald = await startHerald()
    const fields = Array.from({ length: 50 }, (_, index) => `e${index}: buySword { id }`).join(' ')
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `mutation { ${fields} }` }),
    }
    for (let sent = 0; sent < EVENTS; sent += 50) {
      expect((await fetch(`${herald.url}/graphql`, request)).status).toBe(200)
    }
  }, 60_000)
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.dispose()
  })
  afterAll(() => herald?.stop())

  /** `sent`: what it has sent, as JSON. */
  function resumingClient({ url = herald.url, keepAlive = 10_000, sent = [] as string[] } = {}): ResumingClient {
    class Watched extends WebSocket {
      override send(data: string): void {
        sent.push(data)
        super.send(data)
      }
    }
    const client = createResumingClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: Watched,
      keepAlive,
      retryWait: async () => {},
    })
    clients.push(client)
    return client
  }

  const end = async () => (await herald.query(END)).data!.events.end
  const offsets = (length: number) => Array.from({ length }, (_, offset) => String(offset))

  it('ends where the subscription completes, and keeps little for a slow loop: the log keeps the rest', async () => {
    const client = resumingClient()
    let connections = 0
    client.on('connected', () => {
      connections++
    })
    const seen: string[] = []
    for await (const { events } of client.follow(REPLAY, {})) {
      seen.push(events.record.offset)
      // Until so many wait that the subscription is given up.
      if (seen.length === 1) await new Promise<void>((resolve) => client.on('closed', () => resolve()))
    }
    expect(seen).toEqual(offsets(EVENTS))
    expect(connections).toBeGreaterThan(1)
  })

  // Once graphql-ws counted this end twice, with its own and with the gateway's `complete`: it never closed a
  // connection again.
  it('closes its connection where a subscription is left while the rest of it is on the way', async () => {
    const after = await end()
    for (const guild of ['one', 'two', 'three']) await join(herald, guild)
    const client = resumingClient()
    const closed = new Promise<void>((resolve) => client.on('closed', () => resolve()))
    const seen: unknown[] = []
    const leave = client.subscribe(
      { query: print(REPLAY), variables: { after } },
      {
        next(event) {
          seen.push(event)
          leave()
        },
        error() {},
        complete() {},
      },
    )
    await closed
    expect(seen).toHaveLength(1)
  })

  it('lets TypeScript refuse a subscription that could not go on', () => {
    const client = resumingClient()
    // @ts-expect-error: it selects no cursor.
    client.follow(NO_CURSOR, {})
    // @ts-expect-error: it declares no $after.
    client.follow(NO_AFTER, {})
  })

  it('throws the error that does not pass', async () => {
    const follow = resumingClient().follow(FOLLOW, { after: 'nowhere' })
    await expect(follow.next()).rejects.toMatchObject({ errors: [{ extensions: { code: 'CURSOR_INVALID' } }] })
  })

  it('waits where an error passes', async () => {
    const busy = await startHerald({ env: { CLIENT_SUBSCRIPTIONS: '1' } })
    try {
      await join(busy, 'first')
      const first = resumingClient({ url: busy.url }).follow(FOLLOW, {})
      await first.next()
      const sent: string[] = []
      const second = resumingClient({ url: busy.url, sent }).follow(FOLLOW, {})
      const event = second.next()
      // The one subscription that the gateway allows is taken: RATE_LIMITED, and asked for again.
      await until('the second subscription to be asked for again', async () => subscribes(sent).length > 1)
      await first.return(undefined)
      expect((await event).value?.events.record.offset).toBe('0')
      await second.return(undefined)
    } finally {
      await busy.stop()
    }
  })

  it('notices a connection that was cut without a word', async () => {
    const proxy = await startProxy(herald.port)
    try {
      const after = await end()
      const follow = resumingClient({ url: proxy.url, keepAlive: 200 }).follow(FOLLOW, { after })
      const one = follow.next()
      const { cursor } = await join(herald, 'before')
      expect((await one).value?.events.cursor).toBe(cursor)
      proxy.freeze()
      const missed = [await join(herald, 'meanwhile'), await join(herald, 'meanwhile')]
      for (const { cursor } of missed) expect((await follow.next()).value?.events.cursor).toBe(cursor)
      await follow.return(undefined)
    } finally {
      proxy.close()
    }
  })

  it('comes back to where the gateway has looked, where a filter matches seldom', async () => {
    const sent: string[] = []
    const client = resumingClient({ sent })
    let told: unknown
    client.on('ping', (isReceived, payload) => {
      if (isReceived) told = payload?.cursor
    })
    const follow = client.follow(SELDOM, { after: await end() })
    const never = follow.next()
    await until('the gateway to tell how far it has looked', async () => {
      await join(herald, 'unseen')
      return told !== undefined
    })
    const [cursor] = [told]
    client.terminate()
    await until('the subscription to come back', async () => subscribes(sent).length > 1)
    expect(subscribes(sent).at(-1)?.payload.variables.after).toBe(cursor)
    await client.dispose()
    expect((await never).done).toBe(true)
  })
})

interface Subscribe {
  readonly type: string
  readonly payload: { readonly variables: { readonly after?: string } }
}

function subscribes(sent: readonly string[]): Subscribe[] {
  return sent.map((text) => JSON.parse(text) as Subscribe).filter(({ type }) => type === 'subscribe')
}

/** A way to the gateway that may go dead: connections stay open, and nothing comes through them any more. */
async function startProxy(port: number): Promise<{ readonly url: string; freeze(): void; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      socket.on('error', () => {})
      sockets.add(socket)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
