/**
 * Limits by client in the running product: off unless set; what is past one gets RATE_LIMITED, 429 with Retry-After,
 * and writes nothing; others go on. A client is its token, else its address as TRUSTED_PROXIES lets it be told.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { makeToken } from '../../src/access/tokens.ts'
import { graphql } from '../generated/index.ts'
import { ask, headerOf, rawRequest } from '../http/rest/raw-http.ts'
import { type Herald, refusedStart, startHerald } from '../support/herald.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'

const JOIN = graphql(`mutation QuotaJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }`)
const FOLLOW = graphql(`subscription QuotaFollow { events { type } }`)
const TYPES = graphql(`query QuotaTypes { events { nodes { type } } }`)

let herald: Herald
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await herald?.stop()
})

/** GETs a path so often at once; resolves with the answers. */
function flood(path: string, times: number, headers: Readonly<Record<string, string>> = {}): Promise<Response[]> {
  return Promise.all(Array.from({ length: times }, () => fetch(herald.url + path, { headers })))
}

const statuses = (answers: readonly Response[]) => [...new Set(answers.map(({ status }) => status))].sort()

describe('requests', () => {
  it('past the limit get 429 with Retry-After, in the form of each path, and are served again a moment later', async () => {
    herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '3' } })
    const rest = await flood('/buy_a_sword', 30)
    expect(statuses(rest)).toEqual([200, 429])
    const refused = rest.find(({ status }) => status === 429)!
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const graphqlAnswers = await flood('/graphql?query={__typename}', 30)
    const refusal = graphqlAnswers.find(({ status }) => status === 429)!
    expect(await refusal.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
    await expect.poll(async () => (await fetch(`${herald.url}/`)).status, { timeout: 5_000 }).toBe(200)
  })

  it('are counted for each token, from wherever it comes', async () => {
    const [a, b] = [makeToken('a', ['publish', 'read']), makeToken('b', ['publish', 'read'])]
    const file = join(tmpdir(), `herald-quota-${process.pid}`)
    writeFileSync(file, `${a.line}\n${b.line}\n`)
    herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '3', AUTH: 'token', AUTH_TOKENS_FILE: file } })
    expect(statuses(await flood('/', 30, { authorization: `Bearer ${a.token}` }))).toEqual([200, 429])
    expect(statuses(await flood('/', 3, { authorization: `Bearer ${b.token}` }))).toEqual([200])
  })

  // Whoever had no good token was not counted at all, and could guess, or burden the issuer, as fast as it liked.
  it('are counted for the address of whoever has no good token, and at /session', async () => {
    const good = makeToken('good', ['publish', 'read'])
    const file = join(tmpdir(), `herald-quota-refused-${process.pid}`)
    writeFileSync(file, `${good.line}\n`)
    herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '3', AUTH: 'token', AUTH_TOKENS_FILE: file } })
    expect(statuses(await flood('/', 20))).toEqual([401, 429])
    // A wrong token is none: its bucket is the same, and used up by now.
    expect(statuses(await flood('/', 20, { authorization: 'Bearer wrong' }))).toContain(429)
    const signIns = await Promise.all(
      Array.from({ length: 20 }, () =>
        fetch(`${herald.url}/session`, { method: 'POST', headers: { authorization: `Bearer ${good.token}` } }),
      ),
    )
    expect(statuses(signIns)).toEqual([200, 429])
    // Who has one is another client.
    await expect
      .poll(async () => (await fetch(`${herald.url}/`, { headers: { authorization: `Bearer ${good.token}` } })).status)
      .toBe(200)
  })

  it('are counted for each address that a trusted proxy tells, and by no header of anybody else', async () => {
    const from = (client: string) => flood('/', 20, { 'x-forwarded-for': client })
    herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '3', TRUSTED_PROXIES: 'loopback' } })
    expect(statuses(await from('203.0.113.1'))).toEqual([200, 429])
    expect(statuses(await flood('/', 3, { 'x-forwarded-for': '203.0.113.2' }))).toEqual([200])
    // One IPv6 network is one client.
    expect(statuses(await from('2001:db8::1'))).toEqual([200, 429])
    expect((await fetch(`${herald.url}/`, { headers: { 'x-forwarded-for': '2001:db8::ffff' } })).status).toBe(429)
    await herald.stop()
    herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '3' } })
    const spoofed = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        fetch(`${herald.url}/`, { headers: { 'x-forwarded-for': `203.0.113.${n}` } }),
      ),
    )
    expect(statuses(spoofed)).toEqual([200, 429])
  })
})

it('events past the limit are RATE_LIMITED and not written, each root field for itself', async () => {
  herald = await startHerald({ env: { CLIENT_EVENTS_PER_S: '2' } })
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => herald.query(JOIN, { guildName: `g${n}` })))
  const refused = answers.filter(({ errors }) => errors !== undefined)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', outcome: 'NOT_WRITTEN' } }] })
  const { data } = await herald.query(TYPES)
  expect(data?.events.nodes).toHaveLength(answers.length - refused.length)
})

it('bytes past the limit are RATE_LIMITED', async () => {
  herald = await startHerald({ env: { CLIENT_BYTES_PER_S: '1000' } })
  const post = () =>
    fetch(`${herald.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ __typename } # ${'x'.repeat(50_000)}` }),
    })
  // A body may be larger than a second's worth: what follows it waits.
  expect((await post()).status).toBe(200)
  expect((await post()).status).toBe(429)
})

it('bytes of a body that comes with a path are counted, too', async () => {
  herald = await startHerald({ env: { CLIENT_BYTES_PER_S: '1000' } })
  const buy = () =>
    ask(herald.port, rawRequest('GET /buy_a_sword HTTP/1.1', ['Content-Length: 50000'], 'x'.repeat(50_000)))
  expect((await buy()).status).toBe(200)
  const refused = await buy()
  expect(refused.status).toBe(429)
  expect(headerOf(refused, 'herald-outcome')).toBe('NOT_WRITTEN')
  // A path without a body has none to count.
  expect((await ask(herald.port, rawRequest('GET /buy_a_sword HTTP/1.1', []))).status).toBe(200)
})

it('subscriptions past the limit are RATE_LIMITED, over a WebSocket and SSE; one that ends makes room', async () => {
  herald = await startHerald({ env: { CLIENT_SUBSCRIPTIONS: '3' } })
  const socket = await openSocket(herald.url)
  for (const id of ['1', '2', '3']) socket.subscribe(id, FOLLOW)
  const refused = { errors: [{ extensions: { code: 'RATE_LIMITED' } }] }
  expect(await socket.subscribe('4', FOLLOW).next()).toMatchObject({ payload: refused })
  const stream = await openEventStream(herald.url, FOLLOW)
  expect(await stream.blocks.next()).toMatchObject({ event: 'next', result: refused })
  // No `complete`: an EventSource comes back by itself.
  await stream.ended()
  expect(stream.blocks.rest).toEqual([])
  socket.send({ type: 'complete', id: '2' })
  const events = socket.subscribe('5', FOLLOW)
  await herald.query(JOIN, { guildName: 'a' })
  expect(await events.next()).toMatchObject({ payload: { data: { events: { type: 'joined_guild:a' } } } })
  await socket.close()
})

it('operations of a WebSocket are requests, and none of them ends the others', async () => {
  herald = await startHerald({ env: { CLIENT_REQUESTS_PER_S: '2' } })
  const socket = await openSocket(herald.url)
  const answers = Array.from({ length: 20 }, (_, n) => socket.subscribe(String(n), TYPES))
  const first = await Promise.all(answers.map((queue) => queue.next()))
  expect(new Set(first.map(({ type }) => type))).toEqual(new Set(['next', 'error']))
  expect(first.find(({ type }) => type === 'error')).toMatchObject({
    payload: [{ extensions: { code: 'RATE_LIMITED', outcome: 'NOT_WRITTEN' } }],
  })
  expect(socket.socket.readyState).toBe(socket.socket.OPEN)
  await socket.close()
})

it('subscriptions of all clients together are bounded, too: OVERLOADED', async () => {
  herald = await startHerald({ env: { MAX_SUBSCRIPTIONS: '1' } })
  const socket = await openSocket(herald.url)
  socket.subscribe('1', FOLLOW)
  expect(await socket.subscribe('2', FOLLOW).next()).toMatchObject({
    payload: { errors: [{ extensions: { code: 'OVERLOADED' } }] },
  })
  await socket.close()
})

it('connections past the limit are told so and closed; one that ends makes room', async () => {
  herald = await startHerald({ env: { CLIENT_CONNECTIONS: '3' } })
  const open = async () => {
    const socket = connect(herald.port, '127.0.0.1')
    sockets.push(socket)
    socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return { socket, status: Number(/ (\d{3}) /.exec(String(answer))?.[1]) }
  }
  const first = [await open(), await open(), await open()]
  expect(first.map(({ status }) => status)).toEqual([200, 200, 200])
  expect((await open()).status).toBe(429)
  first[0]!.socket.destroy()
  await expect.poll(async () => (await open()).status, { timeout: 5_000 }).toBe(200)
})

it('nothing is limited unless it is set', async () => {
  herald = await startHerald()
  expect(statuses(await flood('/', 500))).toEqual([200])
})

it.each([
  ['TRUSTED_PROXIES', 'everybody'],
  ['CLIENT_EVENTS_PER_S', '-1'],
  ['MAX_CONNECTIONS', '0'],
])('%s=%s stops the start', async (name, value) => {
  const { code, stderr } = await refusedStart({ [name]: value })
  expect(code).toBe(1)
  expect(stderr).toMatch(new RegExp(`^herald: ${name}: [^\\n]+\\n$`))
})
