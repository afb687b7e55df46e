/** A record becomes an event, whoever wrote it: what none of the declared events matches is an UnknownEvent. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildCatalogue } from '../../src/catalogue/build.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { Decoder } from '../../src/event/decode.ts'
import { event } from '../catalogue/sdl.ts'
import { cursors, decode, decodeValue, ID, type RecordContent, recordOf, TOPIC } from './events.ts'

const MIXED = { event_type: 'mixed:p:c' }

describe('decoding', () => {
  it('never throws, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
    const type = fc.constantFrom(
      'default',
      'joined_guild:g',
      'mixed:p:c',
      't/a/1/1/true/LOW/',
      '',
      '__proto__',
      'nothing',
    )
    const value: fc.Arbitrary<Buffer | null> = fc.oneof(
      bytes,
      fc.constant(null),
      fc.json({ stringUnit: 'binary' }).map((json) => Buffer.from(json)),
      fc
        .tuple(
          type,
          fc.dictionary(
            fc.constantFrom('int', 'texts', 'any', 'when', 'Host', '__proto__', 'event_type'),
            fc.jsonValue(),
          ),
        )
        .map(([event_type, rest]) => Buffer.from(JSON.stringify({ event_type, ...rest }))),
    )
    const record: fc.Arbitrary<RecordContent> = fc.record({
      partition: fc.nat({ max: 511 }),
      offset: fc.nat(),
      timestamp: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, -(2 ** 63), 2 ** 63)),
      key: fc.option(bytes),
      value,
      headers: fc.array(fc.tuple(fc.oneof(fc.constantFrom('ce_id', 'ce_type', '__proto__', ''), fc.string()), bytes)),
    })
    fc.assert(
      fc.property(record, (record) => {
        const event = decode(record)
        const { id, type, timestamp, headers } = event
        const { key } = event.record
        expect(id).not.toBe('')
        expect(type).toBeTypeOf('string')
        expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        expect(Array.isArray(headers)).toBe(true)
        expect(key === null).toBe(record.key === null)
        expect(cursors.decode(event.cursor).vector[record.partition]).toBe(record.offset + 1)
        if (event.__typename === 'UnknownEvent') expect(event.value).toBe(record.value?.toString() ?? null)
        JSON.stringify([event.parts.properties, event.value, headers, id, type, key])
      }),
      { numRuns: 2_000 },
    )
  })

  it.each<[string, string | Buffer]>([
    ['no JSON', 'hello'],
    ['half of it', '{"event_type": "default"'],
    ['nothing', ''],
    ['a list', '[{"event_type": "default"}]'],
    ['null', 'null'],
    ['a text', '"default"'],
    ['a byte order mark', '\ufeff{"event_type": "default"}'],
    ['NaN, as Python writes it', '{"event_type": "default", "x": NaN}'],
    ['a nest without an end', '['.repeat(500_000)],
    ['a nest of objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['no event_type', '{"type": "default"}'],
    ['an inherited event_type', '{"__proto__": {"event_type": "default"}}'],
    ['an event_type that is a number', '{"event_type": 5}'],
    ['an event_type that is a list', '{"event_type": ["default"]}'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x41])],
  ])('%s is an UnknownEvent with type ""', (_what, value) => {
    const event = decode({ value: Buffer.from(value) })
    expect(event.__typename).toBe('UnknownEvent')
    expect(event.type).toBe('')
    expect(event.value).toBe(Buffer.from(value).toString('utf8'))
    expect(event.headers).toEqual([])
  })

  it('a tombstone is an UnknownEvent without a value', () => {
    const event = decode({ value: null, key: Buffer.from('k') })
    expect([event.__typename, event.type, event.value, event.record.key]).toEqual(['UnknownEvent', '', null, 'k'])
  })

  it('bytes that are no UTF-8 become U+FFFD', () => {
    const event = decode({ value: Buffer.from([0x61, 0xff, 0x62]), key: Buffer.from([0xc3]) })
    expect([event.value, event.record.key]).toEqual(['a\ufffdb', '\ufffd'])
  })

  it.each([
    ['of nobody', { event_type: 'other' }],
    ['in another case', { event_type: 'Default' }],
    ['with more behind it', { event_type: 'default ' }],
    ['of an object', { event_type: 'constructor' }],
    ['of a template, cut', { event_type: 'joined_guild' }],
    ['of a number, written otherwise', { event_type: 't/a/01/1/true/LOW/' }],
    ['of a number past 32 bits', { event_type: 't/a/2147483648/1/true/LOW/' }],
    ['of a float, written otherwise', { event_type: 't/a/1/1.0/true/LOW/' }],
    ['of a flag, written otherwise', { event_type: 't/a/1/1/True/LOW/' }],
    ['of an enum value that is not', { event_type: 't/a/1/1/true/MIDDLE/' }],
    ['of an enum value that every object has', { event_type: 't/a/1/1/true/toString/' }],
  ])('an event_type %s is an UnknownEvent with that type', (_what, json) => {
    const event = decodeValue({ ...json, Host: 'h' })
    expect([event.__typename, event.type]).toEqual(['UnknownEvent', json.event_type])
    expect(JSON.parse(event.value!)).toEqual({ ...json, Host: 'h' })
    expect(event.headers).toEqual([{ name: 'Host', value: 'h' }])
  })

  it.each<[string, unknown, unknown]>([
    ['text', 5, 'five'],
    ['int', '5', 5],
    ['int', 5.5, -(2 ** 31)],
    ['int', 2 ** 31, 2 ** 31 - 1],
    ['int', true, 0],
    ['float', '1', 1e300],
    ['flag', 'true', true],
    ['flag', 0, false],
    ['level', 'MIDDLE', 'HIGH'],
    ['level', 1, 'constructor'],
    ['when', '2026-02-30T00:00:00Z', '2026-02-28T00:00:00.1234Z'],
    ['texts', 'a', ['a', '']],
    ['texts', ['a', null], []],
    ['texts', { 0: 'a' }, null],
    ['ints', [1, '2'], [1, null]],
    ['levels', ['LOW', 'MIDDLE'], ['LOW', 'HIGH']],
  ])('a property %s that is %j is of another type, and %j is not', (name, wrong, right) => {
    expect(decodeValue({ ...MIXED, [name]: wrong }).__typename).toBe('UnknownEvent')
    const event = decodeValue({ ...MIXED, [name]: right })
    expect(event.__typename).toBe('Mixed')
    expect(event.parts.properties[name]).toEqual(right)
  })

  it("a scalar of the user's own is whatever JSON holds, but for a nest that could not be answered with", () => {
    const nested = (levels: number) => `{"event_type": "mixed:p:c", "any": ${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect(decodeValue(nested(50)).__typename).toBe('Mixed')
    expect(decodeValue(nested(100_000)).__typename).toBe('UnknownEvent')
    expect(decodeValue({ ...MIXED, any: { a: [1, null, 'x'] } }).parts.properties.any).toEqual({ a: [1, null, 'x'] })
  })

  it('an optional property that is absent or null is null, also where every object has one of its name', () => {
    for (const json of [MIXED, { ...MIXED, toString: null, text: null }]) {
      const { properties } = decodeValue(json).parts
      expect([properties.toString, properties.text]).toEqual([null, null])
    }
  })

  it('a required property that is absent or null makes an UnknownEvent', () => {
    const decoder = new Decoder(buildCatalogue(parseSdl(event('One', 'one', 'n: Int!'), 'a.graphql')), TOPIC, cursors)
    const typeOf = (json: string) => decoder.decode(recordOf({ value: Buffer.from(json) }), [42]).__typename
    expect(typeOf('{"event_type": "one", "n": 1}')).toBe('One')
    expect(typeOf('{"event_type": "one"}')).toBe('UnknownEvent')
    expect(typeOf('{"event_type": "one", "n": null}')).toBe('UnknownEvent')
  })

  it('a template of one placeholder only takes every event_type, the empty one too', () => {
    const decoder = new Decoder(
      buildCatalogue(parseSdl(event('One', '{x}', 'x: String!'), 'a.graphql')),
      TOPIC,
      cursors,
    )
    for (const x of ['', 'constructor', '{x}']) {
      const one = decoder.decode(recordOf({ value: Buffer.from(JSON.stringify({ event_type: x })) }), [42])
      expect([one.__typename, one.type, one.parts.properties.x]).toEqual(['One', x, x])
    }
    expect(decoder.decode(recordOf({ value: Buffer.from('{}') }), [42]).__typename).toBe('UnknownEvent')
  })

  it('of a doubled name the last one holds, and names that nobody declares do no harm', () => {
    const event = decodeValue(
      '{"event_type": "default", "__proto__": {"x": 1}, "event_type": "joined_guild:g", "z": [1], "z": 2}',
    )
    expect([event.__typename, event.parts.properties.guildName]).toEqual(['GuildJoined', 'g'])
  })

  it('gives back as headers the texts under names in Title-Case that the event does not declare', () => {
    const json = {
      ...MIXED,
      Host: 'property',
      'User-Agent': 'curl',
      X1Abc: '1',
      accept: 'no',
      'X-Number': 5,
      'No Token': 'no',
      X_Y: 'no',
    }
    expect(decodeValue(json).headers).toEqual([
      { name: 'User-Agent', value: 'curl' },
      { name: 'X1Abc', value: '1' },
    ])
  })

  it.each([
    [ID, ID],
    [ID.toUpperCase(), ID.toUpperCase()],
    [` ${ID}`, 'events-3-41'],
    [`${ID}\n`, 'events-3-41'],
    ['1', 'events-3-41'],
    ['', 'events-3-41'],
    [ID.replaceAll('-', ''), 'events-3-41'],
  ])('ce_id %j gives the id %s', (ceId, id) => {
    expect(decode({ partition: 3, headers: [['ce_id', Buffer.from(ceId)]] }).id).toBe(id)
  })

  it('without ce_id the id is topic-partition-offset; the first of two ce_id holds', () => {
    expect(decode({ partition: 3 }).id).toBe('events-3-41')
    expect(
      decode({
        headers: [
          ['ce_id', Buffer.from(ID)],
          ['ce_id', Buffer.from('x')],
        ],
      }).id,
    ).toBe(ID)
  })
})
