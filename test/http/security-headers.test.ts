/** The headers that keep browsers from making more of an answer than it is: on every answer, whatever it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../support/herald.ts'
import { ask, headerOf, rawRequest } from './rest/raw-http.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald?.stop())

const JSON_BODY = ['Content-Type: application/json']
const REQUESTS: [what: string, line: string, headers?: readonly string[], body?: string][] = [
  ['a REST path', 'GET /buy_a_sword'],
  ['its HEAD', 'HEAD /buy_a_sword'],
  ['its OPTIONS', 'OPTIONS /buy_a_sword'],
  ['a path that is none', 'GET /nope'],
  ['a path that is no UTF-8', 'GET /join_guild/%ff'],
  ['another method', 'DELETE /'],
  ['a method that nobody knows', 'FOO /'],
  ['CONNECT', 'CONNECT a:1'],
  ['a request from elsewhere', 'GET /', ['Sec-Fetch-Site: cross-site']],
  ['liveness', 'GET /livez'],
  ['readiness', 'GET /readyz'],
  ['metrics', 'GET /metrics'],
  ['a document', 'GET /openapi.json'],
  ['a document that is known', 'GET /openapi.json', ['If-None-Match: *']],
  ['the console', 'GET /console'],
  ['a file that it has not', 'GET /console/nope.js'],
  ['GraphiQL', 'GET /graphql', ['Accept: text/html', 'Accept-Encoding: gzip']],
  ['a query', 'GET /graphql?query=%7B__typename%7D'],
  ['a page', 'GET /graphql?query=%7Bevents%7Bend%7D%7D'],
  ['a query that is none', 'GET /graphql?query=%7B'],
  ['a result as a stream', 'GET /graphql?query=%7B__typename%7D', ['Accept: text/event-stream']],
  ['a preflight', 'OPTIONS /graphql'],
  ['another origin', 'GET /graphql?query=%7B__typename%7D', ['Origin: https://elsewhere.example']],
  ['a body of another type', 'POST /graphql', ['Content-Type: text/plain', 'Content-Length: 2'], '{}'],
  ['a body that is too large', 'POST /graphql', [...JSON_BODY, 'Content-Length: 9000000'], '{'],
  ['signing in where nobody need', 'GET /session'],
  ['no HTTP', 'nonsense'],
  ['a WebSocket elsewhere', 'GET /', ['Connection: Upgrade', 'Upgrade: websocket']],
]

describe('every answer', () => {
  it.each(REQUESTS)('of %s is guessed, framed, run and embedded by nobody', async (_what, line, headers = [], body) => {
    const request = line.includes(' ') ? rawRequest(`${line} HTTP/1.1`, headers, body) : Buffer.from(`${line}\r\n\r\n`)
    const answer = await ask(herald.port, request)
    expect(headerOf(answer, 'x-content-type-options')).toBe('nosniff')
    expect(headerOf(answer, 'content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/)
    expect(headerOf(answer, 'cross-origin-resource-policy')).toBe('same-origin')
    expect(headerOf(answer, 'referrer-policy')).toBe('no-referrer')
    expect(headerOf(answer, 'content-security-policy')).not.toMatch(/unsafe-eval|https?:|\*/)
  })
})

describe('a page of another origin', () => {
  const FOREIGN = ['Accept-Language: en', 'Sec-Fetch-Site: cross-site']
  const query = (text: string) => `GET /graphql?${new URLSearchParams({ query: text })} HTTP/1.1`

  // An image's address began a stream or a replay: nobody could read it, and it cost the same.
  it.each(['cross-site', 'same-site'])('that asks without CORS gets no result: %s', async (site) => {
    for (const text of ['{events{end}}', 'subscription{events{id}}']) {
      const answer = await ask(herald.port, rawRequest(query(text), [`Sec-Fetch-Site: ${site}`]))
      expect(answer.status).toBe(403)
      expect(answer.body).toContain('"code":"FORBIDDEN"')
    }
  })

  it('may have a link to GraphiQL', async () => {
    const link = [...FOREIGN, 'Sec-Fetch-Mode: navigate', 'Accept: text/html', 'Accept-Encoding: gzip']
    expect((await ask(herald.port, rawRequest(query('{events{end}}'), link))).status).toBe(200)
  })

  it('whose name was rebound to this machine reads no metrics', async () => {
    const rebound = (headers: readonly string[]) =>
      ask(herald.port, {
        line: 'GET /metrics HTTP/1.1',
        headers: [`Host: evil.example:${herald.port}`, ...headers],
      })
    expect((await rebound(['Accept-Language: en'])).status).toBe(403)
  })
})
