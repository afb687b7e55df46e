/** What SDL is taken, in how many files and in which forms, and the catalogue that comes of it. */
import { printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildCatalogue, readCatalogue } from '../../src/catalogue/build.ts'
import type { Catalogue } from '../../src/catalogue/catalogue.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { VOCABULARY } from '../../src/generated/vocabulary.ts'
import { event, SIX, sdlFolder } from './sdl.ts'

const build = (...texts: string[]): Catalogue =>
  buildCatalogue(texts.flatMap((text, index) => parseSdl(text, `${index}.graphql`)))

const ONE = event('One', 'one')
const TWO = event('Two', 'two')

describe('the vocabulary', () => {
  const leftOut = printSchema(build(ONE).schema)

  it.each([
    ['given as it is', VOCABULARY],
    ['given without descriptions', VOCABULARY.replace(/^ *".*"\n/gm, '')],
    [
      'given in part',
      'scalar DateTime\ninterface Event { id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record! }',
    ],
    [
      'given with fields, values and arguments in another order',
      'type Header { value: String! name: String! } directive @rest(reply: String!, path: String!) on FIELD_DEFINITION enum Position { LATEST EARLIEST }',
    ],
    ['given twice', `${VOCABULARY}\n${VOCABULARY}`],
    ['given with a schema definition', 'schema { query: Query subscription: Subscription }'],
  ])('is the same %s', (_how, sdl) => {
    const { schema } = build(sdl, ONE)
    expect(printSchema(schema)).toBe(leftOut)
  })

  it.each([
    [
      'a field taken away',
      'type Header { name: String! }',
      'Header',
      'it has nothing, the built-in one "value: String!"',
    ],
    [
      'a field added',
      'type Header { name: String! value: String! size: Int }',
      'Header',
      'it has "size: Int", the built-in one nothing',
    ],
    [
      'a field doubled',
      'type Header { name: String! value: String! value: String! }',
      'Header',
      'it has "value: String!", the built-in one nothing',
    ],
    [
      'a field of another type',
      'type Header { name: String! value: String }',
      'Header',
      'it has "value: String", the built-in one "value: String!"',
    ],
    ['a field extended', 'extend type Header { size: Int }', 'Header', 'it has "extend type Header"'],
    [
      'another kind of type',
      'type DateTime { x: Int }',
      'DateTime',
      'it has "type DateTime", the built-in one "scalar DateTime"',
    ],
    [
      'a directive on a scalar',
      'scalar DateTime @specifiedBy(url: "https://example.com")',
      'DateTime',
      'the built-in one "scalar DateTime"',
    ],
    [
      'another interface',
      `type UnknownEvent { ${SIX} value: String }`,
      'UnknownEvent',
      '"type UnknownEvent implements Event"',
    ],
    ['an enum value added', 'enum Position { EARLIEST MIDDLE LATEST }', 'Position', 'it has "MIDDLE"'],
    [
      'an input field taken away',
      'input StringFilter { eq: String }',
      'StringFilter',
      'the built-in one "in: [String!]"',
    ],
    [
      "a directive's argument",
      'directive @event(type: String!) on OBJECT',
      '@event',
      'the built-in one "directive @event(key: String, type: String!) on OBJECT"',
    ],
    [
      "a directive's place",
      'directive @rest(path: String!, reply: String!) on FIELD_DEFINITION | OBJECT',
      '@rest',
      'on FIELD_DEFINITION | OBJECT"',
    ],
    ['a query', 'type Query { partitions: [Partition] }', 'Query.partitions', 'it has "partitions: [Partition]"'],
    [
      "a subscription's default",
      'type Subscription { events(after: Cursor, from: Position = EARLIEST, since: DateTime, until: Until, filter: EventFilter): Event! }',
      'Subscription.events',
      'from: Position = EARLIEST',
    ],
  ])('is refused with the difference: %s', (_what, sdl, coordinate, difference) => {
    const refused = () => build(`\n${sdl}`, ONE)
    expect(refused).toThrow(`${coordinate} (0.graphql:2): differs from the built-in vocabulary: `)
    expect(refused).toThrow(difference)
  })
})

describe('several files', () => {
  const both = 'type Mutation { one: One! two: Two! }'
  const wanted = printSchema(build(ONE, TWO, both).schema)

  it.each([
    ['type Mutation, and extend type Mutation', ['type Mutation { one: One! }', 'extend type Mutation { two: Two! }']],
    [
      'extend type Mutation before type Mutation',
      ['extend type Mutation { one: One! }', 'type Mutation { two: Two! }'],
    ],
    ['extend type Mutation only', ['extend type Mutation { one: One! }', 'extend type Mutation { two: Two! }']],
    ['type Mutation twice', ['type Mutation { one: One! }', 'type Mutation { two: Two! }']],
  ])('are one schema: %s', (_how, mutations) => {
    const catalogue = build(ONE, TWO, ...mutations)
    expect(printSchema(catalogue.schema)).toBe(wanted)
    expect(catalogue.mutations.map(({ name }) => name)).toEqual(['one', 'two'])
  })

  it('keeps the description of a root type', () => {
    const { schema } = build(
      ONE,
      'extend type Mutation { two: One! }',
      '"What one can do."\ntype Mutation { one: One! }',
    )
    expect(schema.getMutationType()?.description).toBe('What one can do.')
  })

  it('takes an event whose directive, interface and fields stand in extensions', () => {
    const { events } = build(
      `type One { ${SIX} }`,
      'extend type One implements Event @event(type: "one:{x}") { x: Int! }',
    )
    expect(events.map(({ type, fields }) => [type.text, fields.map(({ name }) => name)])).toEqual([['one:{x}', ['x']]])
  })

  it('reads subfolders, other files aside, in the order of their names', () => {
    const folder = sdlFolder({
      'b.graphql': `${TWO} extend type Mutation { two: Two! }`,
      'a/deep/one.graphql': `${ONE} type Mutation { one: One! }`,
      'comments.graphql': '# Nothing yet.\r\n\ufeff , # type One {',
      'empty.graphql': '',
      'README.md': 'type One {',
    })
    expect(readCatalogue(folder).mutations.map(({ name }) => name)).toEqual(['one', 'two'])
  })

  it.each([
    ['no folder', 'SCHEMA_DIR: the folder /nowhere/at-all cannot be read (ENOENT)', () => '/nowhere/at-all'],
    ['no file', 'SCHEMA_DIR: no .graphql file in ', () => sdlFolder({ 'README.md': '' })],
    [
      'a file that cannot be read',
      'folder.graphql cannot be read (EISDIR)',
      () => sdlFolder({ 'folder.graphql/x.txt': '' }),
    ],
  ])('refuses %s', (_what, message, folder) => {
    const path = folder()
    expect(() => readCatalogue(path)).toThrow(message)
  })
})

describe('an event', () => {
  it('may have fields of every scalar, enum, and list of them, and no mutation', () => {
    const fields =
      'a: Int b: Float! c: [String!]! d: [ID] e: Level f: [Level!] g: Colour h: DateTime i: Boolean constructor: Int key: Int'
    const { events, mutations } = build(event('One', 'one', fields), 'enum Level { LOW HIGH } scalar Colour')
    expect(events[0]?.properties.map(({ name, type }) => `${name}: ${type}`).join(' ')).toBe(fields)
    expect(mutations).toEqual([])
  })

  it('tells its properties from what its template holds; a key leaves its fields among them', () => {
    const [one] = build(event('One', 'one:{x}', 'x: Int! y: String', '{y}')).events
    expect(one?.fields.map(({ name }) => name)).toEqual(['x', 'y'])
    expect(one?.properties.map(({ name }) => name)).toEqual(['y'])
    expect(one?.key?.names).toEqual(['y'])
  })

  it('may be published by several mutations; arguments may have default values', () => {
    const args = '(n: Int! = 1, level: Level = LOW, tags: [String!] = ["a"])'
    const { mutations } = build(
      event('One', 'one', 'n: Int! level: Level tags: [String!]'),
      'enum Level { LOW HIGH }',
      `type Mutation { one${args}: One! again${args}: One }`,
    )
    expect(mutations.map(({ event, rest }) => [event.name, rest])).toEqual([
      ['One', null],
      ['One', null],
    ])
    expect(mutations[0]?.arguments.map(({ defaultValue }) => defaultValue)).toEqual([1, 'LOW', ['a']])
  })
})

describe('paths and subscriptions', () => {
  it('takes paths that overlap without being equal, and the root', () => {
    const { mutations } = build(
      event('One', 'one', 'x: String'),
      `type Mutation {
        root(x: String): One! @rest(path: "/", reply: "{x}")
        one(x: String): One! @rest(path: "/a/{x}", reply: "")
        two(x: String): One! @rest(path: "/{x}/b", reply: "")
        three(x: String): One! @rest(path: "/é/$&", reply: "$&")
      }`,
    )
    expect(mutations.map(({ rest }) => rest?.segments)).toEqual([
      [],
      [{ literal: 'a' }, { argument: 'x' }],
      [{ argument: 'x' }, { literal: 'b' }],
      [{ literal: 'é' }, { literal: '$&' }],
    ])
  })

  it("tells filters from the vocabulary's arguments", () => {
    const { subscriptions } = build(
      event('One', 'one', 'x: String! y: [Int!]'),
      'type Subscription { one(x: String, y: [Int!], after: Cursor, since: DateTime, until: Until, filter: EventFilter): One! all(after: Cursor): Event! }',
    )
    expect(subscriptions.map(({ name, event, filters }) => [name, event?.name ?? null, filters])).toEqual([
      ['events', null, []],
      ['one', 'One', ['x', 'y']],
      ['all', null, []],
    ])
  })
})
