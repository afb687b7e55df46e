/**
 * The server as a whole: Herald's own paths, upgrades, answers in order, and input that is no HTTP. Every test
 * ends with a good request on a fresh connection: nothing that one client sends may harm another.
 */
import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../support/herald.ts'
import { ask, bytesOf, headerOf, type RawAnswer, RawConnection, type RawRequest, rawRequest } from './rest/raw-http.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald?.stop())

afterEach(async () => {
  expect(herald.process.exitCode, herald.stderr()).toBeNull()
  expect(await get('/join_guild/well')).toMatchObject({ status: 200, body: '\nJoined the Guild: well\n' })
})

const request = (line: string, headers: readonly string[] = [], body?: string) =>
  rawRequest(`${line} HTTP/1.1`, headers, body)
const get = (target: string, headers: readonly string[] = []) => ask(herald.port, request(`GET ${target}`, headers))

/** What all requests get that are sent at once on one connection. */
async function pipeline(...requests: RawRequest[]): Promise<RawAnswer[]> {
  const connection = await RawConnection.open(herald.port)
  try {
    connection.write(Buffer.concat(requests.map(bytesOf)))
    const answers: RawAnswer[] = []
    for (const { line } of requests) answers.push(await connection.answer(line.startsWith('HEAD ')))
    return answers
  } finally {
    connection.close()
  }
}

const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']
const MUTATION = JSON.stringify({ query: 'mutation { buySword { type } }' })
const POST = ['Content-Type: application/json', `Content-Length: ${MUTATION.length}`]
const KEY = randomBytes(16).toString('base64')
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Protocol: graphql-transport-ws',
]

describe("Herald's own paths", () => {
  it.each([
    ['/livez', /^ok\n$/],
    ['/readyz', /^ok\n$/],
    ['/metrics', /# TYPE herald_publish_total counter/],
    ['/livez?x=y', /^ok\n$/],
    ['http://elsewhere.example/livez', /^ok\n$/],
  ])('%s answers GET, and HEAD without a body', async (target, body) => {
    const gotten = await get(target)
    expect(gotten.status).toBe(200)
    expect(gotten.body).toMatch(body)
    const headed = await ask(herald.port, request(`HEAD ${target}`))
    expect(headed.status).toBe(200)
    expect(headerOf(headed, 'content-type')).toBe(headerOf(gotten, 'content-type'))
    expect(Number(headerOf(headed, 'content-length'))).toBeGreaterThan(0)
  })

  it.each(['/livez', '/readyz', '/metrics'])('%s allows GET and HEAD alone', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await ask(herald.port, request(`${method} ${path}`))
      expect(answer.status, method).toBe(405)
      expect(headerOf(answer, 'allow'), method).toBe('GET, HEAD')
    }
  })

  it.each(['/livez/', '/LIVEZ', '/metrics/x', '/graphql/', '/GraphQL'])('%s is none of them', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})

describe('an upgrade that is not to WebSocket', () => {
  it.each(['h2c', 'TLS/1.0, HTTP/1.1', 'websocket2', 'h2c, websocket'])(
    'is served as a plain request: %s',
    async (to) => {
      const answer = await get('/buy_a_sword', ['Connection: Upgrade', `Upgrade: ${to}`])
      expect(answer).toMatchObject({ status: 200, body: '\nSword Purchased!\n' })
    },
  )

  it('keeps its body, as `curl --http2` sends a mutation', async () => {
    const answer = await ask(herald.port, request('POST /graphql', [...H2C, ...POST], MUTATION))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ data: { buySword: { type: 'purchase_sword' } } })
  })

  it('keeps a body that comes later, in pieces', async () => {
    const connection = await RawConnection.open(herald.port)
    connection.write(bytesOf(request('POST /graphql', [...H2C, ...POST])))
    // Herald has taken up the request when it serves another one that came later.
    await get('/livez')
    connection.write(MUTATION.slice(0, 10))
    await get('/livez')
    connection.write(MUTATION.slice(10))
    expect(JSON.parse((await connection.answer()).body)).toEqual({ data: { buySword: { type: 'purchase_sword' } } })
    connection.close()
  })

  it('leaves the connection usable, for as many as come', async () => {
    const connection = await RawConnection.open(herald.port)
    for (let n = 0; n < 30; n++) {
      connection.write(bytesOf(request(`GET /join_guild/${n}`, n % 3 ? H2C : [])))
      expect((await connection.answer()).body).toBe(`\nJoined the Guild: ${n}\n`)
    }
    connection.close()
    // Listeners that pile up on a socket are told by Node.
    expect(herald.stderr()).toBe('')
  })
})

describe('answers', () => {
  // Each of these was handed over by Node while the first answer was owed. CONNECT ended the process, and an
  // upgrade left the connection without any answer.
  it.each([
    ['CONNECT', request('CONNECT elsewhere.example:443'), 404],
    ['CONNECT of a path', request('CONNECT /'), 405],
    ['a method that Node does not know', request('FOO /'), 405],
    ['such a method on no path', request('GETTING /nowhere'), 404],
    ['no HTTP', { line: 'nonsense', headers: [] }, 400],
    ['an upgrade', request('GET /', H2C), 200],
    ['a WebSocket', request('GET /graphql', WEBSOCKET), 101],
    ['a WebSocket elsewhere', request('GET /', WEBSOCKET), 400],
  ])('come in the order of the requests: %s behind others', async (_, last, status) => {
    const connection = await RawConnection.open(herald.port)
    const first = ['GET /join_guild/a', 'POST /join_guild/b', 'GET /join_guild/c'].map((line) => request(line))
    connection.write(Buffer.concat([...first, last].map(bytesOf)))
    expect((await connection.answer()).body).toBe('\nJoined the Guild: a\n')
    expect((await connection.answer()).status).toBe(405)
    expect((await connection.answer()).body).toBe('\nJoined the Guild: c\n')
    if (status === 101) {
      // The client ends a WebSocket that it does not speak on; its handshake is what is left.
      connection.finish()
      const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      expect(await connection.closed()).toMatch(new RegExp(`^HTTP/1.1 101 [^]*${accept.replaceAll(/\W/g, '\\$&')}`))
    } else {
      expect((await connection.answer()).status).toBe(status)
    }
    connection.close()
  })

  it('come in order where every request asks for an upgrade', async () => {
    const answers = await pipeline(
      request('GET /join_guild/a', H2C),
      request('POST /graphql', [...H2C, ...POST], MUTATION),
      request('GET /join_guild/b', [...H2C, 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
      request('HEAD /join_guild/c', H2C),
      request('GET /join_guild/d'),
    )
    expect(answers.map(({ body }) => body)).toEqual([
      '\nJoined the Guild: a\n',
      '{"data":{"buySword":{"type":"purchase_sword"}}}',
      '\nJoined the Guild: b\n',
      '',
      '\nJoined the Guild: d\n',
    ])
  })

  it('may go unheard', async () => {
    for (const line of ['CONNECT /', 'FOO /', 'GET /', 'GET /graphql']) {
      for (const headers of [[], H2C, WEBSOCKET]) {
        for (let n = 0; n < 5; n++) {
          const connection = await RawConnection.open(herald.port)
          connection.write(Buffer.concat([bytesOf(request('GET /')), bytesOf(request(line, headers))]))
          connection.reset()
        }
      }
    }
  })
})

describe('a WebSocket', () => {
  it('is opened at /graphql alone', async () => {
    const answer = await ask(herald.port, request('GET /join_guild/a', WEBSOCKET))
    expect(answer).toMatchObject({ status: 400, body: 'WebSockets are served at /graphql.\n' })
  })

  it("is refused to another site's page, which is told what to set", async () => {
    const answer = await ask(herald.port, request('GET /graphql', [...WEBSOCKET, 'Origin: https://elsewhere.example']))
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('ALLOWED_ORIGINS')
  })

  it.each([
    ['no key', WEBSOCKET.filter((header) => !header.startsWith('Sec-WebSocket-Key'))],
    ['a wrong version', WEBSOCKET.map((header) => header.replace(': 13', ': 12'))],
    ['a wrong key', WEBSOCKET.map((header) => header.replace(KEY, 'short'))],
  ])('that has %s gets a 4xx', async (_, headers) => {
    const answer = await ask(herald.port, request('GET /graphql', headers))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })
})

describe('hostile input', () => {
  const long = 'x'.repeat(20_000)
  const bad: [string, Buffer | RawRequest, number][] = [
    ['nothing that is HTTP', Buffer.from('hello\r\n\r\n'), 400],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ["HTTP/2's preface", Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 400],
    ['an unknown version', { line: 'GET / HTTP/9.9', headers: [] }, 400],
    ['no Host', { line: 'GET / HTTP/1.1', headers: [] }, 400],
    ['a target without a slash', request('GET buy_a_sword'), 400],
    ['a raw byte beyond ASCII', request('GET /join_guild/\xff'), 400],
    ['no UTF-8', request('GET /join_guild/%ff'), 400],
    ['half a percent sign', request('GET /%'), 400],
    ['brackets that are no host', request('GET //[a'), 404],
    ['an absolute target of nonsense', request('GET http://[::/%zz'), 400],
    ['a target of 20,000 characters', request(`GET /join_guild/${long}`), 431],
    ['a header of 20,000 characters', request('GET /', [`X-Long: ${long}`]), 431],
    ['a header without a colon', request('GET /', ['nonsense']), 400],
    ['a header with a NUL', request('GET /', ['X-A: a\0b']), 400],
    ['a bare line feed in a header', request('GET /', ['X-A: a\nX-B: b\rX-C: c']), 400],
    ['two lengths', request('GET /', ['Content-Length: 1', 'Content-Length: 2'], 'ab'), 400],
    ['a length and chunks', request('GET /', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'), 400],
    ['a length that is no number', request('GET /', ['Content-Length: -1']), 400],
    ['a chunk that is no number', request('GET /', ['Transfer-Encoding: chunked'], 'zz\r\n\r\n'), 400],
    ['a chunk larger than its length', request('GET /', ['Transfer-Encoding: chunked'], '1\r\nabc\r\n0\r\n\r\n'), 400],
    ['an unknown encoding', request('GET /', ['Transfer-Encoding: gzip'], 'abc'), 400],
    ['a broken chunk behind an upgrade', request('GET /', [...H2C, 'Transfer-Encoding: chunked'], 'zz\r\n'), 400],
    ['an unknown method with a broken target', request('FOO /%zz'), 400],
    ['a method of 200 characters', request(`${'x'.repeat(200)} /`), 405],
    ['JSON that is none', request('POST /graphql', ['Content-Type: application/json', 'Content-Length: 1'], '{'), 400],
    ['an unknown type', request('POST /graphql', ['Content-Type: text/x', 'Content-Length: 1'], '{'), 415],
  ]

  it.each(bad)('gets a plain refusal: %s', async (_, input, status) => {
    const answer = await ask(herald.port, input)
    expect(answer.status).toBe(status)
    const shown = [answer.body, ...answer.headers.flat()].join('\n')
    expect(shown).not.toMatch(/\n\s+at |node_modules|node:|\.[cm]?[jt]s\b/)
    expect(shown).not.toContain(process.cwd())
    expect(answer.body.length).toBeLessThan(1_000)
  })

  // Each packet behind the first left something waiting, for as long as the answer that was owed took.
  it('keeps nothing of what is sent behind a stream', async () => {
    const connection = await RawConnection.open(herald.port)
    const query = encodeURIComponent('subscription { events { id } }')
    connection.write(bytesOf(request(`GET /graphql?query=${query}`, ['Accept: text/event-stream'])))
    for (let n = 0; n < 30; n++) {
      connection.write('nonsense\r\n\r\n')
      expect((await get('/livez')).status).toBe(200)
    }
    connection.close()
    expect(herald.stderr()).toBe('')
  })

  it('is told that a body is too large before the connection closes', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(3 * 1024 * 1024) } })
    const sent = ['Content-Type: application/json', `Content-Length: ${body.length}`]
    for (let n = 0; n < 5; n++) {
      expect((await ask(herald.port, request('POST /graphql', sent, body))).status).toBe(413)
    }
  })

  it('passes over an expectation that it does not know', async () => {
    expect((await get('/buy_a_sword', ['Expect: miracles'])).body).toBe('\nSword Purchased!\n')
  })

  it('harms nobody, whatever was changed in requests', async () => {
    const originals = [
      request('GET /join_guild/a?b=c', ['Accept: */*', 'X-A: 1']),
      request('GET /', H2C),
      request('POST /graphql', [...H2C, ...POST], MUTATION),
      request('GET /graphql', WEBSOCKET),
      request('GET /', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
      request('CONNECT elsewhere.example:443'),
    ].map(bytesOf)
    const edit = fc.record({ at: fc.nat(400), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 4 }) })
    const packet = fc
      .tuple(fc.constantFrom(...originals), fc.array(edit, { maxLength: 3 }))
      .map(([original, edits]) =>
        edits.reduce<Buffer>(
          (bytes, { at, remove, insert }) =>
            Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]),
          original,
        ),
      )
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 4 }), fc.boolean(), async (packets, resets) => {
        const connection = await RawConnection.open(herald.port)
        connection.write(Buffer.concat(packets))
        if (resets) connection.reset()
        else {
          connection.finish()
          await connection.closed()
        }
        expect((await get('/livez')).status).toBe(200)
      }),
      { numRuns: 300 },
    )
    expect(herald.stderr()).toBe('')
  })
})
