/** What the contract says of REST beyond the seed's three paths, on the running product with events of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { SDL, writeSchema } from './game.ts'
import { ask, headerOf, type RawAnswer, RawConnection, rawRequest } from './raw-http.ts'

const schema = writeSchema(SDL)
let herald: Herald
beforeAll(async () => {
  herald = await startHerald({ env: { SCHEMA_DIR: schema.folder } })
})
afterAll(async () => {
  await herald?.stop()
  schema.remove()
})

const get = (target: string, headers: readonly string[] = []) =>
  ask(herald.port, rawRequest(`GET ${target} HTTP/1.1`, headers))

/** Every event so far, as GraphQL gives it. */
async function events(): Promise<Record<string, unknown>[]> {
  const fields = '... on Bid { item amount comment tags } ... on Waved { times Referer } ... on Moved { player to }'
  const response = await fetch(`${herald.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ events { nodes { type record { key } ${fields} } } }` }),
  })
  const { data } = (await response.json()) as { data: { events: { nodes: Record<string, unknown>[] } } }
  return data.events.nodes
}

/** Runs something that must publish nothing. */
async function withoutPublishing<T>(run: () => Promise<T>): Promise<T> {
  const before = (await events()).length
  const result = await run()
  expect(await events()).toHaveLength(before)
  return result
}

describe('an argument', () => {
  it('comes from the path, and from the query string by its name', async () => {
    const answer = await get('/bid/sword?amount=12&comment=for+%E2%82%AC&tags=a&tags=b&other=1')
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('12 for sword: for €\n').toString('latin1') })
    expect((await events()).at(-1)).toEqual({
      type: 'bid:sword',
      record: { key: 'sword' },
      ...{ item: 'sword', amount: 12, comment: 'for €', tags: ['a', 'b'] },
    })
  })

  it('that is optional may be left out: the reply has nothing in its place', async () => {
    expect((await get('/bid/sword?amount=1')).body).toBe('1 for sword: \n')
    expect((await events()).at(-1)).toMatchObject({ comment: null, tags: null })
  })

  it('takes its default', async () => {
    expect((await get('/wave')).body).toBe('waved 3\n')
    expect((await get('/wave?times=5')).body).toBe('waved 5\n')
  })

  it.each([
    ['/bid/sword', '"amount" is missing'],
    ['/bid/sword?', '"amount" is missing'],
    ['/bid/sword?amount=many', '"amount" is no Int'],
    ['/bid/sword?amount=1&amount=2', '"amount" is given more than once'],
    ['/bid/sword?amount=1&comment=%zz', 'query string is not percent-encoded UTF-8'],
    ['/bid/sword?amount=1&comment=%ff', 'query string is not percent-encoded UTF-8'],
    ['/move/p/to/there', '"to" is no Int'],
    ['/move/p%3Aq/to/1', '"player" has a value that "moved:{player}:{to}" could not give back'],
  ])('that cannot be taken is told: %s', async (target, message) => {
    const answer = await withoutPublishing(() => get(target))
    expect(answer.status).toBe(400)
    expect(answer.body).toContain('BAD_USER_INPUT: ')
    expect(answer.body).toContain(message)
    expect(headerOf(answer, 'herald-outcome')).toBe('NOT_WRITTEN')
    expect(headerOf(answer, 'content-type')).toBe('text/plain; charset=utf-8')
  })

  it('is not looked for in a query string that no argument needs', async () => {
    expect((await get('/move/p/to/1?%zz=%ff')).body).toBe('p to 1\n')
  })

  it('leaves the literal path alone', async () => {
    expect((await get('/bid/all')).body).toBe('all\n')
    expect((await events()).at(-1)).toMatchObject({ type: 'all_bid' })
  })
})

it('makes no path for a mutation without @rest', async () => {
  expect((await get('/silent')).status).toBe(404)
})

describe('a request that a page makes', () => {
  it.each(['cross-site', 'same-site', 'Same-Origin', '', 'anything'])('is refused as %j', async (site) => {
    const answer = await withoutPublishing(() => get('/wave', [`Sec-Fetch-Site: ${site}`]))
    expect(answer.status).toBe(403)
  })

  it('is refused where it says two things', async () => {
    const answer = await withoutPublishing(() => get('/wave', ['Sec-Fetch-Site: none', 'Sec-Fetch-Site: cross-site']))
    expect(answer.status).toBe(403)
  })

  it.each(['HEAD', 'OPTIONS', 'POST'])('is refused with %s too', async (method) => {
    const answer = await withoutPublishing(() =>
      ask(herald.port, rawRequest(`${method} /wave HTTP/1.1`, ['Sec-Fetch-Site: cross-site'])),
    )
    expect(answer.status).toBe(403)
  })

  it.each(['same-origin', 'none'])('is served as %s, whatever its Origin', async (site) => {
    const answer = await get('/wave', [`Sec-Fetch-Site: ${site}`, 'Origin: https://elsewhere.example'])
    expect(answer).toMatchObject({ status: 200, body: 'waved 3\n' })
    expect(headerOf(answer, 'access-control-allow-origin')).toBeNull()
  })

  it('is served without Sec-Fetch-Site, whatever its Origin', async () => {
    expect((await get('/wave', ['Origin: https://elsewhere.example'])).status).toBe(200)
    expect((await get('/wave', ['Origin: null'])).status).toBe(200)
  })
})

describe('a body', () => {
  const MEBIBYTE = 1024 * 1024
  /** In chunks of 64 KiB and a rest. */
  const chunked = (bytes: number) =>
    `${`10000\r\n${'x'.repeat(0x10000)}\r\n`.repeat(Math.floor(bytes / 0x10000))}${
      bytes % 0x10000 ? `${(bytes % 0x10000).toString(16)}\r\n${'x'.repeat(bytes % 0x10000)}\r\n` : ''
    }0\r\n\r\n`
  const send = (method: string, bytes: number, isChunked: boolean): Promise<RawAnswer> => {
    const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
    return ask(
      herald.port,
      rawRequest(`${method} /wave HTTP/1.1`, [length], isChunked ? chunked(bytes) : 'x'.repeat(bytes)),
    )
  }

  it.each([
    ['content-length', false],
    ['chunked', true],
  ])('of 1 MiB is read and passed over: %s', async (_, isChunked) => {
    expect(await send('GET', MEBIBYTE, isChunked)).toMatchObject({ status: 200, body: 'waved 3\n' })
  })

  // The connection must not be reset before the client has read why: that was so for most of them.
  it.each([
    ['content-length, one byte more', MEBIBYTE + 1, false],
    ['chunked, one byte more', MEBIBYTE + 1, true],
    ['content-length, 20 MiB', 20 * MEBIBYTE, false],
    ['chunked, 20 MiB', 20 * MEBIBYTE, true],
  ])('that is larger gets 413, which the client can read: %s', async (_, bytes, isChunked) => {
    const answers = await withoutPublishing(() =>
      Promise.all(['GET', 'GET', 'HEAD', 'GET'].map((method) => send(method, bytes, isChunked))),
    )
    for (const answer of answers) {
      expect(answer.status).toBe(413)
      expect(headerOf(answer, 'connection')).toBe('close')
    }
    expect((await get('/wave')).status).toBe(200)
  })

  it('that is announced and never comes publishes nothing', async () => {
    await withoutPublishing(async () => {
      const hung = await RawConnection.open(herald.port)
      hung.write('GET /wave HTTP/1.1\r\nHost: game\r\nContent-Length: 5\r\n\r\nhel')
      expect((await get('/nowhere')).status).toBe(404)
      hung.close()
    })
  })
})

describe('an answer', () => {
  it('has the type, the length and the headers that keep browsers from guessing', async () => {
    const answer = await get('/bid/%3Cscript%3E?amount=1')
    expect(headerOf(answer, 'content-type')).toBe('text/plain; charset=utf-8')
    expect(headerOf(answer, 'x-content-type-options')).toBe('nosniff')
    expect(headerOf(answer, 'content-length')).toBe(String(answer.body.length))
  })

  it('to HEAD is that to GET without the body, and publishes', async () => {
    const before = (await events()).length
    const [gotten, headed] = [
      await get('/bid/sword?amount=1'),
      await ask(herald.port, rawRequest('HEAD /bid/sword?amount=1 HTTP/1.1')),
    ]
    const undated = ({ status, headers }: RawAnswer) => [status, headers.filter(([name]) => name !== 'date')]
    expect(undated(headed)).toEqual(undated(gotten))
    expect(headed.body).toBe('')
    expect(await events()).toHaveLength(before + 2)
  })

  it('to OPTIONS and to other methods says what is allowed, in this order', async () => {
    for (const [method, status] of [
      ['OPTIONS', 200],
      ['POST', 405],
      ['TRACE', 405],
      ['FOO', 405],
      ['CONNECT', 405],
    ] as const) {
      const answer = await withoutPublishing(() => ask(herald.port, rawRequest(`${method} /wave HTTP/1.1`)))
      expect(answer.status, method).toBe(status)
      expect(headerOf(answer, 'allow'), method).toBe('GET, HEAD, OPTIONS')
    }
  })

  it('comes when the event can be read', async () => {
    for (let round = 0; round < 20; round++) {
      await get(`/bid/round${round}?amount=${round}`)
      expect((await events()).at(-1)).toMatchObject({ item: `round${round}` })
    }
  })
})
