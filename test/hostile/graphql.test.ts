/** Documents and variables that are made to hurt: bombs, fuzz from a fixed seed, names that JavaScript has uses for. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { atOnce, attacked, expectDocumented, post } from './victim.ts'

const herald = attacked()

const SEED = 20_261_124
const repeat = (text: string, times: number) => Array.from({ length: times }, (_, n) => text.replaceAll('#', String(n)))

/** Fragments of which each spreads the next twice: 2^levels fields. */
const doubling = (levels: number) =>
  `{ ...F0 } ${repeat('fragment F# on Query { a#: __typename ...G# ...G# }', levels)
    .map((text, n) => text.replaceAll(`G${n}`, `F${n + 1}`))
    .join(' ')} fragment F${levels} on Query { __typename }`

it.each([
  ['fragments that double 1,000 times', doubling(300)],
  ['a fragment in a circle of 300', `{ ...F0 } ${repeat('fragment F# on Query { ...F# }', 300).join(' ')}`],
  ['1,900 directives on one field', `{ __typename ${'@skip(if: false) '.repeat(300)} }`],
  ['unknown directives', `{ __typename ${'@a '.repeat(1_900)} }`],
  ['fields that conflict, each with each', `{ ${repeat('a: events(first: #) { end }', 49).join(' ')} }`],
  ['nested introspection', `{ __schema { types { ${'fields { type { '.repeat(9)} name ${'} }'.repeat(9)} } } }`],
  ['500 variables', `query (${repeat('$v#: Int', 500).join(' ')}) { __typename }`],
  ['a name of a megabyte', `{ ${'a'.repeat(1_000_000)} }`],
  ['a string of a megabyte', `{ events(after: "${'a'.repeat(1_000_000)}") { end } }`],
  ['an integer of 900,000 digits', `{ events(first: ${'9'.repeat(900_000)}) { end } }`],
  ['a block string of quotes', `{ events(after: """${'\\"""'.repeat(100_000)}""") { end } }`],
  ['a list of 900 strings', `{ events(filter: { type: { in: [${repeat('"#"', 900).join(' ')}] } }) { end } }`],
  ['comments of a megabyte', `${'#\n'.repeat(500_000)}{ __typename }`],
])('%s is answered, and soon', async (_, query) => {
  const { status, body } = await post(herald(), JSON.stringify({ query }))
  expect([200, 400, 413]).toContain(status)
  expectDocumented(body)
})

it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '__defineGetter__'])(
  'the name %s is a name like any other, wherever it stands',
  async (name) => {
    const requests = [
      { query: `{ ${name} }` },
      { query: `{ ${name}: __typename }` },
      { query: `query ${name} { __typename }`, operationName: name },
      { query: `query ($${name}: Int) { events(first: $${name}) { end } }`, variables: { [name]: 1 } },
      { query: `{ ...${name} } fragment ${name} on Query { __typename }` },
      { query: `{ __type(name: "${name}") { name } }` },
      { query: `{ __typename @${name} }` },
      { query: '{ events(filter: $f) { end } }', variables: JSON.parse(`{"${name}": {"${name}": 1}}`) as unknown },
      { query: `mutation { joinGuild(guildName: "${name}") { guildName type } }` },
      JSON.parse(`{"query": "{ __typename }", "${name}": {"isAdmin": true}}`) as unknown,
    ]
    for (const request of requests) {
      const { status, body } = await post(herald(), JSON.stringify(request))
      expect([200, 400]).toContain(status)
      expectDocumented(body)
    }
    const joined = await post(herald(), JSON.stringify(requests[8]))
    expect(JSON.parse(joined.body)).toEqual({ data: { joinGuild: { guildName: name, type: `joined_guild:${name}` } } })
    const aliased = await post(herald(), JSON.stringify({ query: `{ ${name}: __typename }` }))
    if (!name.startsWith('__')) expect(aliased.body).toBe(`{"data":{"${name}":"Query"}}`)
  },
)

it('1,000 fuzzed documents get documented answers', async () => {
  const words = [
    ...[
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ':',
      '!',
      '$',
      '@',
      '&',
      '=',
      '...',
      '|',
      '"',
      '"""',
      '#',
      '\n',
      '\\',
      '\ufeff',
      '\0',
    ],
    ...[
      'query',
      'mutation',
      'subscription',
      'fragment',
      'on',
      'true',
      'null',
      'Query',
      'Event',
      'Mutation',
      '__schema',
    ],
    ...[
      'events',
      'end',
      'nodes',
      'id',
      'first',
      'after',
      'last',
      '10000',
      '-1',
      '1e400',
      '1.5',
      '__typename',
      'default',
    ],
    ...['joinGuild', 'guildName', '"x"', '$a', '@include', '@skip', 'if', 'partitions', 'é', '💣', '\ud800'],
  ]
  const documents = fc.sample(
    fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(' ')),
    { seed: SEED, numRuns: 1_000 },
  )
  await atOnce(documents, async (query) => {
    const { status, body } = await post(herald(), JSON.stringify({ query }))
    expect([200, 400], query).toContain(status)
    expectDocumented(body)
  })
})

it('500 fuzzed bodies get documented answers', async () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, -1, 1e308, '', 'x', '{ __typename }', '\ud800', '__proto__'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('query', 'variables', 'operationName', 'extensions', '__proto__', 'a'), tie('any')),
    ),
  })).any
  const request = fc.dictionary(fc.constantFrom('query', 'variables', 'operationName', 'extensions'), value)
  await atOnce(fc.sample(request, { seed: SEED, numRuns: 500 }), async (body) => {
    const answer = await post(herald(), JSON.stringify(body))
    expect([200, 400], JSON.stringify(body)).toContain(answer.status)
    expectDocumented(answer.body)
  })
})

it('1,000 fuzzed cursors are invalid or expired, or the place that they name', async () => {
  const good = await post(herald(), JSON.stringify({ query: '{ events(first: 0) { end } }' }))
  const { end } = (JSON.parse(good.body) as { data: { events: { end: string } } }).data.events
  const base = fc.constantFrom(end, end.toUpperCase(), '', 'AAAA', Buffer.from(end).toString('base64url'))
  const fuzzed = fc
    .tuple(base, fc.nat(200), fc.nat(8), fc.string({ maxLength: 8, unit: 'grapheme' }))
    .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut))
  await atOnce(fc.sample(fuzzed, { seed: SEED, numRuns: 1_000 }), async (after) => {
    const query = 'query ($after: Cursor) { events(first: 0, after: $after) { end } }'
    const { status, body } = await post(herald(), JSON.stringify({ query, variables: { after } }))
    expect(status).toBe(200)
    expectDocumented(body)
    const [error] = (JSON.parse(body) as { errors?: { extensions: { code: string } }[] }).errors ?? []
    // A lone surrogate is no string that GraphQL's Cursor takes.
    if (after !== end) expect(['CURSOR_INVALID', 'CURSOR_EXPIRED', 'BAD_USER_INPUT']).toContain(error?.extensions.code)
  })
})

it.each([
  ['a lone surrogate', '\ud800', 'BAD_USER_INPUT'],
  ['a lone surrogate among others', 'a\udfff💣', 'BAD_USER_INPUT'],
  ['surrogates the wrong way round', '\udca3\ud83d', 'BAD_USER_INPUT'],
  ['a NUL', 'a\0b', undefined],
  ['a line feed and a header', 'a\r\nX-Injected: yes', undefined],
  ['a byte order mark', '\ufeffa', undefined],
  ['text from right to left', '\u202eevil', undefined],
])('%s in an argument is refused, or given back as it was', async (_, guildName, code) => {
  const query = 'mutation ($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }'
  for (const body of [
    JSON.stringify({ query, variables: { guildName } }),
    JSON.stringify({ query: `mutation { joinGuild(guildName: ${JSON.stringify(guildName)}) { guildName } }` }),
  ]) {
    const answer = JSON.parse((await post(herald(), body)).body) as {
      data: unknown
      errors?: { extensions: { code: string } }[]
    }
    if (code === undefined) expect(answer).toEqual({ data: { joinGuild: { guildName } } })
    // In a document it is no string at all, by GraphQL's own rules.
    else expect([code, 'GRAPHQL_PARSE_FAILED']).toContain(answer.errors?.[0]?.extensions.code)
  }
})

it.each([
  [
    'variables 200,000 deep',
    `{"query":"{ __typename }","variables":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
  ],
  [
    'a list 200,000 deep where a text belongs',
    `{"query":"query ($a: Cursor) { events(after: $a) { end } }","variables":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
  ],
  [
    'a list in a filter 100,000 deep',
    `{"query":"query ($a: EventFilter) { events(filter: $a) { end } }","variables":{"a":{"type":{"in":${'['.repeat(100_000)}"x"${']'.repeat(100_000)}}}}}`,
  ],
  [
    'a document 20,000 deep',
    JSON.stringify({
      query: `{ events(filter: { type: { in: ${'['.repeat(20_000)}${']'.repeat(20_000)} } }) { end } }`,
    }),
  ],
])('%s overflow no stack', async (_, body) => {
  for (let n = 0; n < 3; n++) {
    const answer = await post(herald(), body)
    expect([200, 400]).toContain(answer.status)
    expectDocumented(answer.body)
  }
})
