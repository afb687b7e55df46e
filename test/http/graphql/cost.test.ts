/**
 * What the pages of one request may cost, on the running product and on every way there is: first and repeated
 * documents (which are compiled), by GET, POST and SSE, and over a WebSocket.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../access/gateway.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { openEventStream } from '../../support/sse.ts'
import { openSocket } from '../../support/websocket.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
  // A page that keeps some of what is sent, so that "too large" can be reached: records of a megabyte.
  for (let n = 0; n < 9; n++) {
    const { status } = await ask(herald, `mutation { joinGuild(guildName: "${'x'.repeat(500_000)}") { id } }`)
    expect(status).toBe(200)
  }
}, 60_000)
afterAll(() => herald?.stop())

const repeat = (text: string, times: number) =>
  Array.from({ length: times }, (_, n) => text.replaceAll('#', String(n))).join(' ')
/** A page whose events have so many fields. */
const page = (fields: number, first = 10_000) => `events(first: ${first}) { nodes { ${repeat('a#: id', fields)} } }`

interface Shown {
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** The ways in which a document is executed, each with what came of it. */
const WAYS: Readonly<Record<string, (query: string) => Promise<Shown>>> = {
  POST: async (query) => (await ask(herald, query)).result as Shown,
  GET: async (query) =>
    (await (await fetch(`${herald.url}/graphql?${new URLSearchParams({ query })}`)).json()) as Shown,
  SSE: async (query) => {
    const stream = await openEventStream(herald.url, query)
    const { result } = await stream.blocks.until(({ event }) => event === 'next')
    stream.close()
    return result as Shown
  },
  WebSocket: async (query) => {
    const socket = await openSocket(herald.url)
    const message = await socket.subscribe('1', query).next()
    await socket.close()
    return (
      message.type === 'next' ? message.payload : message.type === 'error' ? { errors: message.payload } : {}
    ) as Shown
  },
}

describe.each(Object.entries(WAYS))('by %s', (_way, run) => {
  // 50 aliases of `nodes`, 10,000 events each, kept everybody else waiting for two minutes, and took 2.4 GB.
  it.each([
    ['fields of a page', `{ ${page(40)} }`],
    ['fields of a page beside another field', `{ partitions { end } ${page(40)} }`],
    ['lists of one page', `{ events(first: 10000) { ${repeat('a#: nodes { id type headers { name value } }', 5)} } }`],
    ['fields of two pages together', `{ a: ${page(20)} b: ${page(20)} }`],
    [
      'fields in fragments',
      `{ events(first: 10000) { ...A } } fragment A on EventConnection { ${repeat('a#: nodes { ...B }', 8)} } fragment B on Event { ${repeat('b#: type', 5)} }`,
    ],
  ])('too many %s are refused, the first time and the third', async (_what, query) => {
    for (let n = 0; n < 3; n++) {
      const { errors = [] } = await run(query)
      expect(errors.map(({ extensions }) => extensions?.code)).toContain('BAD_USER_INPUT')
      expect(errors.map(({ message }) => message).join()).toMatch(/one request hold \d+ (fields|events) at most/)
    }
  })

  it('as many as there may be are answered', async () => {
    expect((await run(`{ ${page(39, 10)} a: ${page(8, 1_000)} }`)).errors).toBeUndefined()
  })

  it('more searches than ten are refused: each may read 16 MiB and find nothing', async () => {
    const search = (times: number) =>
      `{ ${repeat('a#: events(first: 1, filter: { type: { eq: "#" } }) { end }', times)} }`
    expect((await run(search(10))).errors).toBeUndefined()
    expect((await run(search(11))).errors?.[0]?.message).toMatch(/with a filter counts as 2000/)
  })

  it('an answer that would hold the same records again and again is refused', async () => {
    for (const query of [
      `{ events(last: 9) { ${repeat('a#: nodes { type }', 8)} } }`,
      `{ partitions { end } events(first: 10) { nodes { ${repeat('a#: type', 8)} } } }`,
    ]) {
      expect((await run(query)).errors?.[0]).toMatchObject({
        message: expect.stringMatching(/too large for one request/),
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
  })
})

it('fragments on several types count as the largest, since an event has one type', async () => {
  const types = ['DefaultEvent', 'SwordPurchased', 'GuildJoined']
  const query = `{ events(first: 10000) { nodes { ${types.map((type) => `... on ${type} { ${repeat('a#: headers { name value }', 4)} }`).join(' ')} } } }`
  expect((await ask(herald, query)).result.errors).toBeUndefined()
})

it('what a condition leaves out one time is counted the next time', async () => {
  const query = `query ($yes: Boolean!) { events(first: 10000) { end } events(first: 10000) @include(if: $yes) { nodes { ${repeat('a#: id', 40)} } } }`
  const run = async (yes: boolean) => {
    const body = JSON.stringify({ query, variables: { yes } })
    const headers = { 'content-type': 'application/json' }
    return (await (await fetch(`${herald.url}/graphql`, { method: 'POST', headers, body })).json()) as Shown
  }
  for (let n = 0; n < 3; n++) expect((await run(false)).errors).toBeUndefined()
  expect((await run(true)).errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
})

it('a WebSocket and HTTP give the same page, however long it is', async () => {
  const query = '{ events(first: 9) { nodes { type cursor headers { name value } } pageInfo { endCursor } end } }'
  expect(JSON.stringify(await WAYS.WebSocket!(query))).toBe(JSON.stringify(await WAYS.POST!(query)))
})

// Each of the fields listened for the client's going away, and Node warned of a leak in the log.
it('50 pages in one document leave no word in the log', async () => {
  const { result } = await ask(herald, `{ ${repeat('a#: events(first: 0) { end }', 50)} }`)
  expect(result.errors).toBeUndefined()
  expect(herald.stderr()).toBe('')
})
