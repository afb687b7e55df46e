/** `/graphql` over plain HTTP: what is taken, what is answered as which type, and from which web origins. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'

const BUY = print(graphql(`mutation HttpBuy { buySword { id } }`))
const END = graphql(`query HttpEnd { partitions { end } }`)
const STREAM = print(graphql(`subscription HttpStream { events { id } }`))
const ALLOWED = 'https://game.example'
const TYPENAME = JSON.stringify({ query: '{ __typename }' })
const PUBLISH = JSON.stringify({ query: BUY })

let herald: Herald
beforeAll(async () => {
  herald = await startHerald({ env: { ALLOWED_ORIGINS: ALLOWED } })
})
afterAll(() => herald.stop())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A request with any headers at all, Host and Origin included. Resolves with the answer's head if it is a stream. */
async function ask(
  method: string,
  {
    query,
    body,
    headers = {},
  }: { query?: string; body?: string | Buffer; headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const search = query === undefined ? '' : `?${new URLSearchParams({ query })}`
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const asked = request(`${herald.url}/graphql${search}`, { method, agent: false, headers: { ...type, ...headers } })
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  if (response.headers['content-type']?.startsWith('text/event-stream')) asked.destroy()
  else for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode!, headers: response.headers, body: text }
}

async function published(): Promise<string | undefined> {
  return (await herald.query(END)).data?.partitions[0]?.end
}

/** How an upgrade to a WebSocket was answered: 101, or a refusal's status and body. */
async function upgrade(headers: Readonly<Record<string, string>>): Promise<{ status: number; body: string }> {
  const socket = new WebSocket(`${herald.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  return await new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate()
      resolve({ status: 101, body: '' })
    })
    socket.once('unexpected-response', async (_request, response: IncomingMessage) => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      resolve({ status: response.statusCode!, body })
    })
    socket.once('error', reject)
  })
}

describe('from a web origin', () => {
  const ways: readonly [
    string,
    (headers: Readonly<Record<string, string>>) => Promise<{ status: number; body: string }>,
  ][] = [
    ['GET', (headers) => ask('GET', { query: '{ __typename }', headers })],
    ['POST', (headers) => ask('POST', { body: PUBLISH, headers })],
    ['OPTIONS', (headers) => ask('OPTIONS', { headers: { 'access-control-request-method': 'POST', ...headers } })],
    ['SSE by GET', (headers) => ask('GET', { query: STREAM, headers: { accept: 'text/event-stream', ...headers } })],
    [
      'SSE by POST',
      (headers) =>
        ask('POST', { body: JSON.stringify({ query: STREAM }), headers: { accept: 'text/event-stream', ...headers } }),
    ],
    ['GraphiQL', (headers) => ask('GET', { headers: { accept: 'text/html', ...headers } })],
    ['WebSocket', upgrade],
  ]

  describe.each(ways)('%s', (name, go) => {
    const foreign = () => [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: `https://127.0.0.1:${herald.port}` },
      { origin: 'http://127.0.0.1:1' },
      { origin: `${ALLOWED}.evil.example` },
      { origin: `http://127.0.0.1.evil.example:${herald.port}` },
      // DNS rebinding: the page's own name leads here, so Origin and Host agree.
      { origin: `http://evil.example:${herald.port}`, host: `evil.example:${herald.port}` },
    ]

    it('is refused where it is foreign, and told of ALLOWED_ORIGINS', async () => {
      const before = await published()
      for (const headers of foreign()) {
        const { status, body } = await go(headers)
        expect({ headers, status }).toEqual({ headers, status: 403 })
        expect(body).toContain('ALLOWED_ORIGINS')
      }
      expect(await published()).toBe(before)
    })

    it('is served where it is our own by any loopback name, or allowed, or none', async () => {
      const own = ['localhost', '127.0.0.1', '[::1]'].map((name) => ({ origin: `http://${name}:${herald.port}` }))
      for (const headers of [...own, { origin: ALLOWED }, {}]) {
        const { status } = await go(headers)
        expect({ headers, status }).toEqual({
          headers,
          status: name === 'OPTIONS' ? 204 : name === 'WebSocket' ? 101 : 200,
        })
      }
    })
  })

  it('is refused where a page of a rebound name reads from what it takes for its own origin', async () => {
    const host = `evil.example:${herald.port}`
    for (const headers of [{ host }, { host: host.toUpperCase() }, { host: `127.0.0.1.${host}` }]) {
      const { status, body } = await ask('GET', { query: '{ __typename }', headers })
      expect(status).toBe(403)
      expect(body).toContain('ALLOWED_ORIGINS')
    }
    // Other names lead here by somebody's will; and what is posted by a browser names its origin.
    for (const host of ['game.example', 'herald:5000', 'app.localhost', '127.0.0.1', '[::1]:5000']) {
      expect((await ask('GET', { query: '{ __typename }', headers: { host } })).status).toBe(200)
    }
    expect((await ask('POST', { body: TYPENAME, headers: { host } })).status).toBe(200)
  })

  it('is answered with the headers of CORS where it is allowed, credentials never', async () => {
    const { headers } = await ask('POST', { body: TYPENAME, headers: { origin: ALLOWED } })
    expect(headers['access-control-allow-origin']).toBe(ALLOWED)
    expect(headers['access-control-allow-credentials']).toBeUndefined()
    expect(headers.vary).toContain('Origin')
    const preflight = await ask('OPTIONS', {
      headers: {
        origin: ALLOWED,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,last-event-id',
      },
    })
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': ALLOWED,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type,last-event-id',
    })
    expect(
      (await ask('POST', { body: TYPENAME, headers: { origin: 'https://evil.example' } })).headers,
    ).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('a body', () => {
  it.each([
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(BUY)}`],
    ['text/plain', PUBLISH],
    ['application/graphql', BUY],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${PUBLISH}\r\n--x--`,
    ],
    ['application/json; charset=utf-16', PUBLISH],
    ['', PUBLISH],
  ])('of type "%s" gets 415 and publishes nothing', async (type, body) => {
    const before = await published()
    const { status, body: text } = await ask('POST', { body, headers: { 'content-type': type } })
    expect(status).toBe(415)
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' })
    expect(await published()).toBe(before)
  })

  it('that is compressed gets 415', async () => {
    expect((await ask('POST', { body: PUBLISH, headers: { 'content-encoding': 'gzip' } })).status).toBe(415)
  })

  it.each(['application/json', 'application/json; charset=UTF-8', 'Application/JSON;charset="utf-8"'])(
    'of type %s is taken',
    async (type) => {
      expect((await ask('POST', { body: TYPENAME, headers: { 'content-type': type } })).status).toBe(200)
    },
  )

  const sized = (bytes: number) => TYPENAME.padEnd(bytes, ' ')

  it('of 1 MiB is taken, one byte more gets 413', async () => {
    expect((await ask('POST', { body: sized(1024 * 1024) })).status).toBe(200)
    const { status, body } = await ask('POST', { body: sized(1024 * 1024 + 1) })
    expect(status).toBe(413)
    expect(JSON.parse(body).errors[0].extensions).toEqual({ code: 'BAD_USER_INPUT' })
  })

  it('that does not tell its length, and is too large, gets 413', async () => {
    const asked = request(`${herald.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    asked.on('error', () => {})
    asked.write(' '.repeat(600 * 1024))
    asked.write(' '.repeat(600 * 1024))
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    asked.destroy()
  })

  it.each(['10 MB by fetch'])('of %s gets 413, and the client can read it', async () => {
    const response = await fetch(`${herald.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: sized(10_000_000),
    })
    expect(response.status).toBe(413)
    expect(((await response.json()) as { errors: unknown[] }).errors).toHaveLength(1)
  })
})

describe('a method', () => {
  it.each(['GET', 'HEAD'])('%s does not publish', async (method) => {
    const before = await published()
    for (const accept of ['application/json', 'text/event-stream, */*', 'application/graphql-response+json']) {
      const { status, headers } = await ask(method, { query: BUY, headers: { accept } })
      expect({ accept, status, allow: headers.allow }).toEqual({ accept, status: 405, allow: 'POST' })
    }
    expect(await published()).toBe(before)
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE'])('%s is not allowed', async (method) => {
    const { status, headers } = await ask(method)
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD, POST, OPTIONS' })
  })

  it('HEAD of a query has the head of its answer', async () => {
    const get = await ask('GET', { query: '{ __typename }' })
    const head = await ask('HEAD', { query: '{ __typename }' })
    expect(head.body).toBe('')
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })
})

describe('the type of the answer', () => {
  const urqlsQuery =
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed'
  it.each([
    // What clients send: urql, Apollo, Relay's examples, GraphiQL, curl.
    ['query', urqlsQuery, 'application/graphql-response+json'],
    ['query', 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json', 'application/json'],
    ['query', 'application/json, multipart/mixed', 'application/json'],
    ['query', '*/*', 'application/json'],
    ['query', 'text/event-stream', 'text/event-stream'],
    ['query', 'application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['query', 'application/json;q=0, */*', 'application/graphql-response+json'],
    ['query', 'application/*', 'application/json'],
    ['subscription', urqlsQuery, 'text/event-stream'],
    ['subscription', 'text/event-stream, multipart/mixed', 'text/event-stream'],
    ['subscription', '*/*', 'text/event-stream'],
  ])('of a %s is, with accept: %s', async (operation, accept, type) => {
    const query = operation === 'query' ? '{ __typename }' : STREAM
    const { status, headers } = await ask('POST', { body: JSON.stringify({ query }), headers: { accept } })
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: `${type}; charset=utf-8` })
  })

  it.each([
    ['{ __typename }', 'image/png'],
    ['{ __typename }', 'application/json;q=0'],
    [STREAM, 'application/json'],
  ])('of %s is refused with accept: %s', async (query, accept) => {
    const { status, body } = await ask('POST', { body: JSON.stringify({ query }), headers: { accept } })
    expect(status).toBe(406)
    expect(JSON.parse(body).errors[0].message).toContain('text/event-stream')
  })

  it('is kept from being guessed', async () => {
    expect((await ask('GET', { query: '{ __typename }' })).headers['x-content-type-options']).toBe('nosniff')
  })
})
