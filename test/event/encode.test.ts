/** An event becomes a record whose bytes are promised, and which gives the event back, or it is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/catalogue/field-type.ts'
import { HeraldError } from '../../src/errors.ts'
import { titleCase } from '../../src/event/header-name.ts'
import { decode, encode, ID, NOON } from './events.ts'

const REFUSED = expect.objectContaining({ code: 'BAD_USER_INPUT', outcome: 'NOT_WRITTEN' })

/** Any text that GraphQL may hand over, lone surrogates and hostile words included. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '$&',
    '$1',
    '$$',
    '"',
    '\\',
    "'",
    '\n',
    '\0',
    '\u2028',
    '{guildName}',
    '{part}',
    '__proto__',
    'constructor',
    'toString',
    '',
    ':',
    '/',
    '_end',
    '\ufeff',
    '\ud800',
  ),
)
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const float = fc.double({ noNaN: true, noDefaultInfinity: true })
const level = fc.constantFrom('LOW', 'HIGH', 'constructor')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 3 })
const when = fc.integer({ min: 0, max: 4e12 }).map((ms) => new Date(ms).toISOString())

const events: fc.Arbitrary<readonly [string, Record<string, Json>]> = fc.oneof(
  fc.tuple(fc.constant('GuildJoined'), fc.record({ guildName: text })),
  fc.tuple(fc.constant('Whole'), fc.record({ whole: text })),
  fc.tuple(fc.constant('Templated'), fc.record({ text, int, float, flag: fc.boolean(), level })),
  fc.tuple(
    fc.constant('Mixed'),
    fc.record({
      part: text,
      constructor: text,
      text: optional(text),
      int: optional(int),
      float: optional(float),
      flag: optional(fc.boolean()),
      level: optional(level),
      when: optional(when),
      texts: optional(fc.array(text)),
      ints: optional(fc.array(optional(int))),
      levels: optional(fc.array(level)),
      any: optional(fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<Json>),
      toString: optional(text),
      Host: optional(text),
    }),
  ),
)

/** Headers as enrich.ts hands them over: names in Title-Case, values of Latin-1. */
const headers = fc.array(
  fc.tuple(
    fc.oneof(
      fc.stringMatching(/^[!#$%&'*+.^`|~0-9A-Za-z-]{1,8}$/).map(titleCase),
      fc.constantFrom('Host', 'Constructor', 'X1Abc', '-', "'"),
    ),
    fc.array(fc.integer({ min: 0x20, max: 0xff })).map((units) => String.fromCharCode(...units)),
  ),
)
const uniqueHeaders = headers.map((pairs) => [...new Map(pairs)])

describe('encodeEvent', () => {
  it('makes a record that decodes to the same event, whatever the arguments and headers, or refuses', () => {
    const seen = { encoded: 0, refused: 0 }
    fc.assert(
      fc.property(events, uniqueHeaders, fc.uuid(), ([name, properties], enriched, id) => {
        let encoded: ReturnType<typeof encode>
        try {
          encoded = encode(name, properties, { headers: enriched, id })
        } catch (error) {
          expect(error).toBeInstanceOf(HeraldError)
          expect(error).toEqual(REFUSED)
          expect(isLossy(properties)).toBe(true)
          seen.refused++
          return
        }
        const event = decode(encoded.record)
        expect(event.__typename).toBe(name)
        expect({ ...event.parts.properties }).toEqual(plain(properties))
        expect(event.type).toBe(encoded.type)
        expect(event.id).toBe(id)
        expect(event.timestamp).toBe('2026-11-24T12:00:00.123Z')
        // JSON's objects put names that are numbers first.
        expect(sorted(event.parts.headers())).toEqual(sorted(encoded.headers))
        expect(encoded.headers).toEqual(enriched.filter(([header]) => name !== 'Mixed' || header !== 'Host'))
        seen.encoded++
      }),
      { numRuns: 3_000 },
    )
    expect(seen.encoded).toBeGreaterThan(500)
    expect(seen.refused).toBeGreaterThan(50)
  })

  it.each([
    '$&',
    '$1',
    '"',
    "'",
    '\\',
    '{guildName}',
    '__proto__',
    'constructor',
    '',
    '\n',
    '\0',
    '\ufeff',
    '👍',
    ':',
    'joined_guild:x',
  ])('records a guild named %j as it is', (guildName) => {
    const { record, type } = encode('GuildJoined', { guildName })
    expect(type).toBe(`joined_guild:${guildName}`)
    expect(decode(record).parts.properties.guildName).toBe(guildName)
  })

  it.each<[string, string, Record<string, Json>]>([
    ['what stands between placeholders', 'Mixed', { part: 'a:b', constructor: 'c' }],
    [
      'what stands between two of several placeholders',
      'Templated',
      { text: 'a/1', int: 1, float: 1, flag: true, level: 'LOW' },
    ],
    ['a lone surrogate', 'GuildJoined', { guildName: 'a\ud800' }],
    ['a lone surrogate in a list', 'Mixed', { part: 'a', constructor: 'c', texts: ['a', '\udc00'] }],
    ['a lone surrogate deep in a scalar', 'Mixed', { part: 'a', constructor: 'c', any: { a: [{ '\ud800': 1 }] } }],
    ['a number that JSON has not', 'Mixed', { part: 'a', constructor: 'c', any: [Number.POSITIVE_INFINITY] }],
    ['a nest that overflows the stack', 'Mixed', { part: 'a', constructor: 'c', any: nest(100_000) }],
    ['a required value that is missing', 'GuildJoined', {}],
  ])('refuses %s', (_what, name, properties) => {
    expect(() => encode(name, properties)).toThrow(REFUSED)
  })

  it.each<[string, string, Record<string, Json>, string]>([
    [
      'default',
      'DefaultEvent',
      {},
      '{"event_type": "default", "Host": "localhost:5000", "User-Agent": "ApacheBench/2.3", "Accept": "*/*"}',
    ],
    [
      'purchase_sword',
      'SwordPurchased',
      {},
      '{"event_type": "purchase_sword", "Host": "localhost:5000", "User-Agent": "ApacheBench/2.3", "Accept": "*/*"}',
    ],
    [
      'joined_guild',
      'GuildJoined',
      { guildName: 'test_guild1' },
      '{"event_type": "joined_guild:test_guild1", "Host": "localhost:5000", "User-Agent": "ApacheBench/2.3", "Accept": "*/*"}',
    ],
  ])("writes the bytes of the seed's event %s", (_type, name, properties, bytes) => {
    const headers = [
      ['Host', 'localhost:5000'],
      ['User-Agent', 'ApacheBench/2.3'],
      ['Accept', '*/*'],
    ] as const
    expect(encode(name, properties, { headers }).record.value.toString()).toBe(bytes)
  })

  it('writes properties in the order of the SDL as JSON of their types, and leaves out those that are not set', () => {
    const { record } = encode('Mixed', {
      part: 'p',
      constructor: 'c',
      int: 5,
      float: 1.5,
      flag: false,
      texts: ['a', 'b'],
      ints: [1, null],
      text: null,
    })
    expect(record.value.toString()).toBe(
      '{"event_type": "mixed:p:c", "int": 5, "float": 1.5, "flag": false, "texts": ["a","b"], "ints": [1,null]}',
    )
    expect(record.key).toBe('5-p')
  })

  it('writes no key where the key template holds a field that is not set', () => {
    expect(encode('Mixed', { part: 'p', constructor: 'c' }).record.key).toBeNull()
    expect(encode('GuildJoined', { guildName: 'g' }).record.key).toBeNull()
  })

  it.each([{}, { Host: null }, { Host: 'mine' }])("drops a header that would take a property's name: %j", (set) => {
    const { record, headers } = encode(
      'Mixed',
      { part: 'p', constructor: 'c', ...set },
      {
        headers: [
          ['Host', 'theirs'],
          ['Accept', '*/*'],
        ],
      },
    )
    expect(headers).toEqual([['Accept', '*/*']])
    expect(JSON.parse(record.value.toString())).toEqual({
      event_type: 'mixed:p:c',
      Accept: '*/*',
      ...(set.Host ? set : {}),
    })
    expect(decode(record).headers).toEqual([{ name: 'Accept', value: '*/*' }])
  })

  it('is a CloudEvent in binary mode', () => {
    const attributes = [
      ['ce_specversion', '1.0'],
      ['ce_id', ID],
      ['ce_type', 'joined_guild:é'],
      ['ce_source', '/here'],
      ['ce_time', '2026-11-24T12:00:00.123Z'],
      ['content-type', 'application/json'],
    ]
    const { record } = encode('GuildJoined', { guildName: 'é' }, { source: '/here' })
    expect(record.headers).toEqual(attributes)
    expect(record.timestamp).toBe(NOON)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const more = encode('GuildJoined', { guildName: 'é' }, { source: '/here', idempotencyKey: 'k 1', traceparent })
    expect(more.record.headers).toEqual([...attributes, ['ce_idempotencykey', 'k 1'], ['traceparent', traceparent]])
  })
})

/** Whether a refusal is right: a lone surrogate, or a text that holds the literal which follows its placeholder. */
function isLossy(properties: Record<string, Json>): boolean {
  const { part, int: number, text: first } = properties
  return (
    /\\ud[89a-f]/.test(JSON.stringify(properties)) ||
    (typeof part === 'string' && part.includes(':')) ||
    (typeof first === 'string' && 'float' in properties && !('part' in properties) && first.includes('/')) ||
    (typeof part === 'string' && number !== null && typeof number === 'number' && number < 0)
  )
}

/** As JSON has it: -0 is 0. */
function plain(properties: Record<string, Json>): unknown {
  return JSON.parse(JSON.stringify(properties))
}

function sorted(pairs: readonly (readonly [string, string])[]): unknown {
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
}

function nest(levels: number): Json {
  let value: Json = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}
