/**
 * What is wrong with a request is told alike on every transport: a code of the contract's list, and nothing of
 * the inside. Each case goes by GET, POST, SSE and WebSocket to the running product.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { openEventStream } from '../../support/sse.ts'
import { openSocket } from '../../support/websocket.ts'

const BUY = graphql(`mutation ErrorsBuy { buySword { id } }`)
const COUNT = graphql(`query ErrorsCount { partitions { end } }`)

interface Asked {
  readonly query: string
  readonly variables?: { readonly [name: string]: unknown }
  readonly operationName?: string
}

interface ShownError {
  readonly message: string
  readonly extensions: { readonly [name: string]: unknown }
  readonly [name: string]: unknown
}

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
  expect((await herald.query(BUY)).errors).toBeUndefined()
})
afterAll(async () => {
  // Nothing that a client sends is a fault of ours: the log has no line.
  const stderr = herald.stderr()
  await herald.stop()
  expect(stderr).toBe('')
})

/** How to ask, and get the errors of the answer. */
const transports: { readonly [name: string]: (asked: Asked) => Promise<readonly ShownError[]> } = {
  async GET({ query, variables, operationName }) {
    const parameters = new URLSearchParams({ query })
    if (variables) parameters.set('variables', JSON.stringify(variables))
    if (operationName) parameters.set('operationName', operationName)
    const response = await fetch(`${herald.url}/graphql?${parameters}`, { headers: { accept: 'application/json' } })
    return errorsOf(response)
  },
  POST: async (asked) => errorsOf(await post(JSON.stringify(asked))),
  async SSE({ query, ...options }) {
    const stream = await openEventStream(herald.url, query, { post: true, ...options })
    expect(stream.status).toBe(200)
    const { event, result } = await stream.blocks.until((block) => block.data !== undefined)
    expect(event).toBe('next')
    expect((await stream.blocks.next()).event).toBe('complete')
    await stream.ended()
    return (result?.errors ?? []) as unknown as ShownError[]
  },
  async WebSocket(asked) {
    const socket = await openSocket(herald.url)
    const good = socket.subscribe('good', 'subscription { events { id } }')
    const operation = socket.subscribe('bad', '{ __typename }')
    await operation.until(({ type }) => type === 'complete')
    socket.send({ type: 'subscribe', id: 'bad', payload: asked })
    const answer = await operation.next()
    // The socket and its other operations go on.
    expect(good.rest).toEqual([])
    expect((await socket.subscribe('after', '{ __typename }').next()).type).toBe('next')
    await socket.close()
    if (answer.type === 'complete') return []
    return (answer.type === 'error' ? answer.payload : (answer.payload.errors ?? [])) as unknown as ShownError[]
  },
}

function post(body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }
  return fetch(`${herald.url}/graphql`, { method: 'POST', headers, body })
}

async function errorsOf(response: Response): Promise<readonly ShownError[]> {
  expect([200, 400]).toContain(response.status)
  return ((await response.json()) as { errors?: ShownError[] }).errors ?? []
}

/** A query whose fields are nested so deeply through inline fragments. */
const inlineFragments = (depth: number) => `{ ${'... { '.repeat(depth)} __typename ${'} '.repeat(depth + 1)}`
/** Fragments of which each spreads the next one twice. */
const doubling = (levels: number) =>
  `{ ...F0 } ${Array.from({ length: levels }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F${levels} on Query { __typename }`

const cases: readonly [name: string, code: string, asked: Asked][] = [
  ['no syntax', 'GRAPHQL_PARSE_FAILED', { query: '{ events( }' }],
  ['an empty document', 'GRAPHQL_PARSE_FAILED', { query: '' }],
  ['a string that does not end', 'GRAPHQL_PARSE_FAILED', { query: '{ a(b: "' }],
  ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', { query: '{ nothing }' }],
  ['an unknown argument', 'GRAPHQL_VALIDATION_FAILED', { query: '{ events(nothing: 1) { end } }' }],
  ['a literal of the wrong type', 'GRAPHQL_VALIDATION_FAILED', { query: '{ events(first: "x") { end } }' }],
  ['a literal that is no DateTime', 'GRAPHQL_VALIDATION_FAILED', { query: '{ events(since: "now") { end } }' }],
  ['a literal that is no Cursor', 'GRAPHQL_VALIDATION_FAILED', { query: '{ events(after: 7) { end } }' }],
  ['two fields that conflict', 'GRAPHQL_VALIDATION_FAILED', { query: '{ a: __typename a: partitions { end } }' }],
  ['fragments in a circle', 'GRAPHQL_VALIDATION_FAILED', { query: '{ ...A } fragment A on Query { ...A }' }],
  [
    'a subscription of two fields',
    'GRAPHQL_VALIDATION_FAILED',
    { query: 'subscription { a: events { id } b: events { id } }' },
  ],
  // graphql-js threw at these while it validated or began: over SSE nobody answered, and WebSockets told of a fault.
  ...['events @skip(if: $x) { id }', 'events @include(if: false) { id }', '...F @skip(if: true)', '...F'].map(
    (selection): [string, string, Asked] => [
      `a condition on a subscription's field (${selection})`,
      'GRAPHQL_VALIDATION_FAILED',
      {
        query: `subscription ($x: Boolean = true) { ${selection} } fragment F on Subscription { events @skip(if: $x) { id } }`,
        variables: { x: true },
      },
    ],
  ),
  ['a type system definition', 'GRAPHQL_VALIDATION_FAILED', { query: 'type A { b: Int }' }],
  ['an unknown operation', 'BAD_USER_INPUT', { query: 'query A { __typename }', operationName: 'B' }],
  ['several operations, none named', 'BAD_USER_INPUT', { query: 'query A { __typename } query B { __typename }' }],
  ['a missing variable', 'BAD_USER_INPUT', { query: 'query ($a: Cursor!) { events(after: $a) { end } }' }],
  [
    'a variable of the wrong type',
    'BAD_USER_INPUT',
    { query: 'query ($n: Int) { events(first: $n) { end } }', variables: { n: 'x' } },
  ],
  [
    'a number past Int',
    'BAD_USER_INPUT',
    { query: 'query ($n: Int) { events(first: $n) { end } }', variables: { n: 2 ** 40 } },
  ],
  [
    'a variable that is no DateTime',
    'BAD_USER_INPUT',
    { query: 'query ($s: DateTime) { events(since: $s) { end } }', variables: { s: 'now' } },
  ],
  [
    'an unknown input field',
    'BAD_USER_INPUT',
    { query: 'query ($f: EventFilter) { events(filter: $f) { end } }', variables: { f: { kind: 'x' } } },
  ],
  ['first over 10,000', 'BAD_USER_INPUT', { query: '{ events(first: 10001) { end } }' }],
  ['a negative first', 'BAD_USER_INPUT', { query: '{ events(first: -1) { end } }' }],
  ['a negative last', 'BAD_USER_INPUT', { query: '{ events(last: -1) { end } }' }],
  ['last over 10,000', 'BAD_USER_INPUT', { query: '{ events(last: 10001) { end } }' }],
  [
    'three pages of 10,000',
    'BAD_USER_INPUT',
    { query: `{ ${['a', 'b', 'c'].map((a) => `${a}: events(first: 10000) { end }`)} }` },
  ],
  ['first with last', 'BAD_USER_INPUT', { query: '{ events(first: 1, last: 1) { end } }' }],
  ['a cursor that is none', 'CURSOR_INVALID', { query: '{ events(after: "x") { end } }' }],
  [
    'a subscription from a cursor that is none',
    'CURSOR_INVALID',
    { query: 'subscription { events(after: "x") { id } }' },
  ],
  [
    'a subscription with a bad variable',
    'BAD_USER_INPUT',
    { query: 'subscription ($s: DateTime) { events(since: $s) { id } }', variables: { s: 'now' } },
  ],
  ['more than 2,000 tokens', 'BAD_USER_INPUT', { query: `{ ${'a '.repeat(2_001)}}` }],
  ['51 root fields', 'BAD_USER_INPUT', { query: `{ ${'__typename '.repeat(51)} }` }],
  [
    '101 aliases of __typename',
    'BAD_USER_INPUT',
    { query: `{ events { ${Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(' ')} } }` },
  ],
  [
    'a depth of 21 fields',
    'BAD_USER_INPUT',
    { query: `{ __schema { types ${'{ ofType '.repeat(19)} { name } ${'}'.repeat(19)} } }` },
  ],
  ['nested inline fragments', 'BAD_USER_INPUT', { query: inlineFragments(60) }],
  ['fragments that double', 'BAD_USER_INPUT', { query: doubling(25) }],
]

/** Whether a transport answers once: a subscription is refused there whatever its arguments (http.test.ts). */
const isPlain = (transport: string) => transport === 'GET' || transport === 'POST'

describe.each(Object.entries(transports))('%s tells of', (name, ask) => {
  const answered = cases.filter(([, , { query }]) => !(query.startsWith('subscription') && isPlain(name)))
  it.each(answered)('%s: %s', async (_case, code, asked) => {
    const errors = await ask(asked)
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) {
      expect(Object.keys(error)).toEqual(expect.arrayContaining(['message', 'extensions']))
      expect(['message', 'extensions', 'locations', 'path']).toEqual(expect.arrayContaining(Object.keys(error)))
      expect(error.extensions).toEqual({ code })
      expect(JSON.stringify(error)).not.toMatch(/node_modules|\bat \w+ \(|dist\/|\.js\b/)
    }
  })
})

describe.each(Object.entries(transports).filter(([name]) => name !== 'GET'))('%s tells of', (_name, ask) => {
  it.each([
    ['10,000 nested inline fragments', inlineFragments(10_000)],
    ['a list 20,000 deep', `{ events(filter: ${'['.repeat(20_000)}${']'.repeat(20_000)}) { end } }`],
    ['an object 20,000 deep', `{ events(filter: ${'{a:'.repeat(20_000)}1${'}'.repeat(20_000)}) { end } }`],
    ['a type 20,000 deep', `query ($a: ${'['.repeat(20_000)}Int${']'.repeat(20_000)}) { __typename }`],
    ['selections 20,000 deep', `${'{ a '.repeat(20_000)}${'}'.repeat(20_000)}`],
  ])('%s', async (_case, query) => {
    expect((await ask({ query })).map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }])
  })

  it('a lone surrogate in what would be published', async () => {
    const asked = { query: 'mutation ($g: String!) { joinGuild(guildName: $g) { id } }', variables: { g: 'a\ud800' } }
    const [error] = await ask(asked)
    expect(error?.extensions.code).toBe('BAD_USER_INPUT')
  })
})

const DEEP = `{"query":"query ($a: Cursor, $f: EventFilter) { events(after: $a, filter: $f) { end } }","variables":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},"f":${'{"type":'.repeat(50_000)}1${'}'.repeat(50_000)}}}`

it('tells of variables that are nested 100,000 deep', async () => {
  const errors = await errorsOf(await post(DEEP))
  expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT' }])
  const socket = await openSocket(herald.url)
  const operation = socket.subscribe('deep', '{ __typename }')
  await operation.until(({ type }) => type === 'complete')
  socket.socket.send(`{"type":"subscribe","id":"deep","payload":${DEEP}}`)
  const answer = await operation.next()
  expect(answer).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  await socket.close()
})

describe('what is no request', () => {
  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a batch', '[{"query":"{__typename}"}]'],
    ['null', 'null'],
    ['a string', '"{__typename}"'],
    ['a query that is no string', '{"query":{}}'],
    ['no query', '{}'],
    ['variables in a list', '{"query":"{__typename}","variables":[]}'],
    ['an operation name that is no string', '{"query":"{__typename}","operationName":7}'],
    ['extensions that are no object', '{"query":"{__typename}","extensions":"x"}'],
    ['JSON 400,000 deep', '['.repeat(400_000)],
  ])('gets 400: %s', async (_case, body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it('gets 400: bytes that are no UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"query":"{__typename #'), Buffer.from([0xff]), Buffer.from('\\n}"}')])
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${herald.url}/graphql`, { method: 'POST', headers, body })
    expect(response.status).toBe(400)
  })

  it('gets 400: a query string that is no UTF-8', async () => {
    const response = await fetch(`${herald.url}/graphql?query=%ff`, { headers: { accept: 'application/json' } })
    expect(response.status).toBe(400)
  })
})

it('has published nothing of all that', async () => {
  expect((await herald.query(COUNT)).data?.partitions).toEqual([{ end: '1' }])
})
