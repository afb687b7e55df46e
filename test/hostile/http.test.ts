/** Bytes on a plain socket: requests that hide another, come one byte at a time, or never end; floods of connections. */
import { afterEach, describe, expect, it } from 'vitest'
import { ask, RawConnection, rawRequest } from '../http/rest/raw-http.ts'
import { attacked } from './victim.ts'

const herald = attacked()
const open: RawConnection[] = []
afterEach(() => {
  for (const connection of open.splice(0)) connection.close()
})

async function connection(): Promise<RawConnection> {
  const opened = await RawConnection.open(herald().port)
  open.push(opened)
  return opened
}

const SMUGGLED = 'GET /join_guild/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** Every event_type that was recorded. */
async function recorded(): Promise<string[]> {
  const query = '{ events(first: 10000) { nodes { type } } }'
  const answer = await fetch(`${herald().url}/graphql?${new URLSearchParams({ query })}`)
  const { data } = (await answer.json()) as { data: { events: { nodes: { type: string }[] } } }
  return data.events.nodes.map(({ type }) => type)
}

describe('a request that hides another', () => {
  it.each([
    ['in a body of two lengths', `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
    ['behind a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`],
    ['behind a coding that is not chunked', 'Transfer-Encoding: x, chunked, x', `0\r\n\r\n${SMUGGLED}`],
    ['behind a signed length', 'Content-Length: +0', SMUGGLED],
    ['behind a length in hexadecimal', 'Content-Length: 0x0', SMUGGLED],
    ['behind a length with a blank', 'Content-Length : 0', SMUGGLED],
    ['behind a folded header', `X: a\r\n Content-Length: 0`, SMUGGLED],
    ['behind a chunk of a negative size', 'Transfer-Encoding: chunked', `-1\r\n${SMUGGLED}`],
    ['behind a chunk size past 2^64', 'Transfer-Encoding: chunked', `10000000000000000\r\n${SMUGGLED}`],
  ])('%s is not served it as one of its own', async (_, headers, rest) => {
    const attacker = await connection()
    attacker.write(`POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${rest}`)
    const first = await attacker.answer()
    expect(first.status).toBeGreaterThanOrEqual(400)
    attacker.finish()
    await attacker.closed()
    expect(await recorded()).not.toContain('joined_guild:smuggled')
  })
})

it.each([
  ['a header of 32 KiB', rawRequest('GET / HTTP/1.1', [`X: ${'a'.repeat(32_768)}`]), 431],
  [
    'more than 100 headers',
    rawRequest(
      'GET / HTTP/1.1',
      Array.from({ length: 101 }, (_, n) => `X-${n}: a`),
    ),
    431,
  ],
  ['a target of 32 KiB', rawRequest(`GET /${'a'.repeat(32_768)} HTTP/1.1`), 431],
  [
    'a body that says it is 1 TB',
    rawRequest('POST /graphql HTTP/1.1', ['Content-Type: application/json', 'Content-Length: 1000000000000'], '{'),
    413,
  ],
])('%s is refused', async (_, request, status) => {
  expect(await ask(herald().port, request)).toMatchObject({ status })
})

it('a request whose head does not come to an end is given up, and costs the others nothing meanwhile', async () => {
  const slow = await Promise.all(Array.from({ length: 200 }, () => connection()))
  for (const one of slow) one.write('GET / HTTP/1.1\r\nX: ')
  let n = 0
  const dribble = setInterval(() => slow[n++ % slow.length]!.write('x'), 5)
  try {
    const answers = await Promise.allSettled(slow.slice(0, 20).map((one) => one.answer()))
    for (const answer of answers) expect(answer).toMatchObject({ value: { status: 408 } })
  } finally {
    clearInterval(dribble)
  }
}, 30_000)

it('1,000 connections that say nothing keep nobody out', async () => {
  await Promise.all(Array.from({ length: 1_000 }, () => connection()))
})

it('10,000 requests at once on one connection are answered in order, at the pace at which they are read', async () => {
  const attacker = await connection()
  attacker.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000))
  for (let n = 0; n < 10_000; n++) expect((await attacker.answer()).status).toBe(200)
})
