/** Records of every kind, and random selections of an event's fields, for what writes results by itself and is compared with graphql-js. */
import fc from 'fast-check'
import type { NewRecord } from '../../../src/log/event-log.ts'
import { encode, ID, NOON } from '../../event/events.ts'

const MIXED = { part: 'p"\\', constructor: 'c', text: 'ü\u2028\n🐉', int: 7, float: 1e21, flag: false, level: 'HIGH' }

/** Declared events with every type of field, and poison. */
export function everyKindOfRecord(): readonly NewRecord[] {
  const headers = [
    ['Host', 'h'],
    ['Accept', '*/"*'],
  ] as const
  const lists = {
    texts: ['', 'a"b'],
    ints: [1, null],
    levels: ['LOW', 'constructor'],
    any: { a: [1, null, { b: 'x' }] },
  }
  return [
    encode('DefaultEvent', {}, { headers }).record,
    encode('GuildJoined', { guildName: 'gilde "1"' }, { headers }).record,
    encode('GuildJoined', { guildName: '' }).record,
    encode('Templated', { text: 'x', int: 5, float: 0.5, flag: true, level: 'LOW' }).record,
    encode('Mixed', MIXED, { headers }).record,
    encode('Mixed', { ...MIXED, ...lists, when: '2026-11-24T12:00:00Z' }).record,
    { ...encode('SwordPurchased').record, headers: [] as [string, string][], timestamp: -1 },
    ...[
      'poison',
      '{"event_type": "default", "Host": "\\u0041"}',
      '{"event_type": 7}',
      '{"event_type": "unheard of"}',
    ].map((value) => ({
      key: 'kéy',
      value: Buffer.from(value),
      headers: [['ce_id', ID]] as [string, string][],
      timestamp: NOON,
    })),
    { key: null, value: Buffer.from([0xff, 0x22, 0x5c, 0x01]), headers: [], timestamp: 1e17 },
  ]
}

// Keys are unlike unless the fields are the same, so that random documents merge into valid ones.
const condition = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' @include(if: $yes)',
  ' @skip(if: $yes)',
  ' @skip(if: $no)',
  ' @include(if: false)',
)
/** One of some fields, with an alias or a condition on `$yes` and `$no`, or without. */
export const leaf = (names: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...names), fc.boolean(), condition)
    .map(([name, isAliased, when]) => (isAliased ? `a_${name}: ${name}${when}` : `${name}${when}`))
/** Some selections, one after the other. */
export const some = (selection: fc.Arbitrary<string>, maxLength = 5) =>
  fc.array(selection, { minLength: 1, maxLength }).map((all) => all.join(' '))
/** A field with fields of its own. */
export const block = (name: string, selection: fc.Arbitrary<string>) =>
  fc
    .tuple(some(selection), fc.boolean(), condition)
    .map(([inner, isAliased, when]) =>
      isAliased ? `b_${name}: ${name}${when} {${inner}}` : `${name}${when} {${inner}}`,
    )
/** What every event has. */
export const common = fc.oneof(
  { weight: 5, arbitrary: leaf(['__typename', 'id', 'type', 'timestamp', 'cursor']) },
  block('headers', leaf(['__typename', 'name', 'value'])),
  block('record', leaf(['__typename', 'topic', 'partition', 'offset', 'key'])),
)
// Two types may have a field of one name and of different types: under one key that is no valid document.
const OWN: readonly (readonly [type: string, fields: readonly string[]])[] = [
  ['GuildJoined', ['guildName', 'id', '__typename']],
  ['Templated', ['t_text: text', 't_int: int', 't_float: float', 't_flag: flag', 't_level: level']],
  [
    'Mixed',
    ['part', 'constructor', 'text', 'int', 'float', 'flag', 'level', 'when', 'texts', 'ints', 'levels', 'any', 'Host'],
  ],
  ['UnknownEvent', ['u_value: value', 'type']],
]
const inline = fc.oneof(
  ...OWN.map(([type, fields]) =>
    fc.tuple(some(fc.constantFrom(...fields), 4), condition).map(([inner, when]) => `... on ${type}${when} {${inner}}`),
  ),
  some(common, 3).map((inner) => `... on Event {${inner}}`),
  fc.tuple(some(common, 3), condition).map(([inner, when]) => `...${when} {${inner}}`),
  fc.tuple(fc.constantFrom('One', 'Other'), condition).map(([name, when]) => `...${name}${when}`),
)
/** What may be selected of any event; it spreads the fragments One and Other, both on Event. */
export const eventField = fc.oneof({ weight: 2, arbitrary: common }, inline)

/** The definitions of the fragments that a selection spreads, and of those that these spread. */
export function fragmentsFor(
  selection: string,
  { one, other }: { readonly one: string; readonly other: string },
): string {
  const isOther = selection.includes('...Other')
  const isOne = `${selection}${isOther ? other : ''}`.includes('...One')
  return `${isOne ? `fragment One on Event {${one}}` : ''} ${isOther ? `fragment Other on Event {${other}}` : ''}`
}

/** What the fragments One and Other select. */
export const fragments = fc.record({
  one: some(common, 3),
  other: some(
    eventField.filter((text) => !text.includes('...O')),
    3,
  ),
})
