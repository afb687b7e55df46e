/**
 * What `herald check --against` calls breaking, and what not: each row is a change of SDL, and what must be said of it
 * by coordinate. Whatever is called compatible must be so for records (what the old SDL wrote is read as the same by the
 * new one) and for GraphQL (graphql-js finds nothing that breaks).
 */
import fc from 'fast-check'
import { findBreakingChanges } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildCatalogue } from '../../src/catalogue/build.ts'
import type { Catalogue } from '../../src/catalogue/catalogue.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { changesBetween } from '../../src/compatibility/changes.ts'
import { CursorCodec } from '../../src/event/cursor.ts'
import { Decoder } from '../../src/event/decode.ts'
import { encodeEvent } from '../../src/event/encode.ts'
import type { Properties } from '../../src/event/event.ts'
import { event } from '../catalogue/sdl.ts'
import { recordOf } from '../event/events.ts'

const catalogueOf = (sdl: string) => buildCatalogue(parseSdl(sdl, 'test.graphql'))

/** Joined guilds, in every part exchangeable. */
function sdl(parts: {
  readonly fields?: string
  readonly type?: string
  readonly key?: string
  readonly mutation?: string
  readonly rest?: string
  readonly subscription?: string
  readonly rank?: string
  readonly more?: string
}): string {
  const fields = parts.fields ?? 'guild: String! level: Int rank: Rank tags: [String!]'
  const args = parts.mutation ?? `(${fields})`
  return [
    parts.rank ?? 'enum Rank { LOW HIGH }',
    event('Joined', parts.type ?? 'joined:{guild}', fields, parts.key ?? '{guild}'),
    `type Mutation { join${args}: Joined! ${parts.rest ?? '@rest(path: "/join/{guild}", reply: "joined {guild}")'} }`,
    `extend type Subscription { joined${parts.subscription ?? '(guild: String, rank: Rank, after: Cursor)'}: Joined! }`,
    parts.more ?? '',
  ].join('\n')
}

type Row = readonly [what: string, old: string, now: string, coordinate: string, words: string]

const FIELDS = 'guild: String! level: Int rank: Rank tags: [String!]'
const left = event('Left', 'left')
const leave = `${left} extend type Mutation { leave: Left! @rest(path: "/leave", reply: "") }`

const allowed = (roles: string) => left.replace('@event', `@allow(roles: ${roles}) @event`)

const BREAKING: readonly Row[] = [
  ['roles asked for', left, allowed('["a"]'), 'Left', 'it was allowed to everyone and is to a'],
  ['a role shut out', allowed('["a", "b"]'), allowed('["b"]'), 'Left', 'it was allowed to a, b and is to b'],
  ['an event type removed', sdl({ more: left }), sdl({}), 'Left', 'the event was removed'],
  [
    'a template changed',
    sdl({}),
    sdl({ type: 'came:{guild}' }),
    'Joined',
    'its type was "joined:{guild}" and is "came:{guild}"',
  ],
  [
    'a key changed',
    sdl({}),
    sdl({ key: '{guild}/{level}' }),
    'Joined',
    'its key was "{guild}" and is "{guild}/{level}"',
  ],
  ['a key added', left, event('Left', 'left', '', 'all'), 'Left', 'its key was none and is "all"'],
  ['a key removed', event('Left', 'left', '', 'all'), left, 'Left', 'its key was "all" and is none'],
  [
    'a required property added',
    sdl({}),
    sdl({ fields: `${FIELDS} hero: ID!` }),
    'Joined.hero',
    'a required property was added',
  ],
  [
    'and its argument',
    sdl({}),
    sdl({ fields: `${FIELDS} hero: ID!` }),
    'Mutation.join(hero:)',
    'a required argument was added',
  ],
  [
    'a required property added, with a default that no old record has',
    sdl({}),
    sdl({ fields: `${FIELDS} hero: ID!`, mutation: `(${FIELDS} hero: ID! = "x")` }),
    'Joined.hero',
    'a required property was added',
  ],
  [
    'a property that a header may have written',
    sdl({}),
    sdl({ fields: `${FIELDS} Host: String` }),
    'Joined.Host',
    'name may be that of a header',
  ],
  [
    'a property removed',
    sdl({}),
    sdl({ fields: FIELDS.replace('level: Int', '') }),
    'Joined.level',
    'the field was removed',
  ],
  [
    'and its argument',
    sdl({}),
    sdl({ fields: FIELDS.replace('level: Int', '') }),
    'Mutation.join(level:)',
    'the argument was removed',
  ],
  [
    'a property of another type',
    sdl({}),
    sdl({ fields: FIELDS.replace('Int', 'Float') }),
    'Joined.level',
    'it was Int and is Float',
  ],
  [
    'a property made required',
    sdl({}),
    sdl({ fields: FIELDS.replace('Int', 'Int!') }),
    'Joined.level',
    'it was Int and is Int!',
  ],
  [
    'an argument made required',
    sdl({}),
    sdl({ fields: FIELDS.replace('Int', 'Int!') }),
    'Mutation.join(level:)',
    'it was Int and is Int!',
  ],
  [
    'a property made optional, which readers trust in',
    sdl({ fields: FIELDS.replace('Int', 'Int!') }),
    sdl({}),
    'Joined.level',
    'it was Int! and is Int',
  ],
  [
    'a property made a list',
    sdl({}),
    sdl({ fields: FIELDS.replace('Int', '[Int]') }),
    'Joined.level',
    'it was Int and is [Int]',
  ],
  [
    'items of a list made optional',
    sdl({}),
    sdl({ fields: FIELDS.replace('[String!]', '[String]') }),
    'Joined.tags',
    'it was [String!] and is [String]',
  ],
  [
    'a default removed from what is required',
    sdl({ fields: 'guild: String!', mutation: '(guild: String! = "x")', subscription: '' }),
    sdl({ fields: 'guild: String!', subscription: '' }),
    'Mutation.join(guild:)',
    'it was optional and is required',
  ],
  [
    'a default changed',
    sdl({ mutation: `(${FIELDS.replace('Int', 'Int = 1')})` }),
    sdl({ mutation: `(${FIELDS.replace('Int', 'Int = 2')})` }),
    'Mutation.join(level:)',
    'without it a call meant 1 and means 2',
  ],
  [
    'a default added where leaving out meant null',
    sdl({}),
    sdl({ mutation: `(${FIELDS.replace('Int', 'Int = 2')})` }),
    'Mutation.join(level:)',
    'without it a call meant null and means 2',
  ],
  ['a value of an enum removed', sdl({}), sdl({ rank: 'enum Rank { LOW }' }), 'Rank.HIGH', 'the value was removed'],
  ['an enum made a scalar', sdl({}), sdl({ rank: 'scalar Rank' }), 'Rank', 'it was of the kind enum and is scalar'],
  ['a type removed that documents may name', sdl({ more: 'scalar Other' }), sdl({}), 'Other', 'the type was removed'],
  [
    'an interface taken away',
    sdl({ more: 'interface Guilded { guild: String! } extend type Joined implements Guilded' }),
    sdl({ more: 'interface Guilded { guild: String! }' }),
    'Joined',
    'it implements Guilded no longer',
  ],
  [
    'a member of a union taken away',
    sdl({ more: `${left} union Any = Left | Joined` }),
    sdl({ more: `${left} union Any = Joined` }),
    'Any',
    'Left was removed from the union',
  ],
  ['a directive removed', sdl({ more: 'directive @mine on FIELD' }), sdl({}), '@mine', 'the directive was removed'],
  ['a mutation removed', sdl({ more: leave }), sdl({ more: left }), 'Mutation.leave', 'the mutation was removed'],
  [
    'a mutation that publishes another event',
    sdl({ more: leave }),
    sdl({ more: `${leave.replace('leave: Left!', 'leave: Gone!')} ${event('Gone', 'gone')}` }),
    'Mutation.leave',
    'it was Left! and is Gone!',
  ],
  [
    'a path changed',
    sdl({}),
    sdl({ rest: '@rest(path: "/enter/{guild}", reply: "joined {guild}")' }),
    'Mutation.join',
    'its path was /join/{guild} and is /enter/{guild}',
  ],
  ['a path removed', sdl({}), sdl({ rest: '' }), 'Mutation.join', 'the path /join/{guild} was removed'],
  [
    'a reply changed',
    sdl({}),
    sdl({ rest: '@rest(path: "/join/{guild}", reply: "joined {guild}\\n")' }),
    'Mutation.join',
    'its reply was "joined {guild}" and is "joined {guild}\\n"',
  ],
  [
    "a new path that takes an old one's requests",
    sdl({}),
    sdl({ more: leave.replace('/leave', '/join/none') }),
    'Mutation.join',
    '/join/none of Mutation.leave takes requests that /join/{guild} had',
  ],
  [
    'a subscription removed',
    `${sdl({ more: left })} extend type Subscription { left: Left! }`,
    sdl({ more: left }),
    'Subscription.left',
    'the subscription was removed',
  ],
  [
    'a filter removed',
    sdl({}),
    sdl({ subscription: '(guild: String)' }),
    'Subscription.joined(rank:)',
    'the argument was removed',
  ],
  [
    'a filter made required',
    sdl({}),
    sdl({ subscription: '(guild: String!, rank: Rank, after: Cursor)' }),
    'Subscription.joined(guild:)',
    'it was String and is String!',
  ],
  [
    'a required filter added',
    sdl({}),
    sdl({ subscription: '(guild: String, rank: Rank, after: Cursor, level: Int!)' }),
    'Subscription.joined(level:)',
    'a required argument was added',
  ],
  [
    'a stream that may hold null',
    sdl({}),
    sdl({}).replace('after: Cursor): Joined!', 'after: Cursor): Joined'),
    'Subscription.joined',
    'it was Joined! and is Joined',
  ],
]

const COMPATIBLE: readonly Row[] = [
  ['a role let in', allowed('["b"]'), allowed('["a", "b"]'), 'Left', 'it was allowed to b and is to a, b'],
  ['everyone let in', allowed('["b"]'), left, 'Left', 'it was allowed to b and is to everyone'],
  ['an event added', sdl({}), sdl({ more: left }), 'Left', 'the event was added'],
  ['a mutation added', sdl({ more: left }), sdl({ more: leave }), 'Mutation.leave', 'the mutation was added'],
  ['an optional property added', sdl({}), sdl({ fields: `${FIELDS} hero: ID` }), 'Joined.hero', 'the field was added'],
  [
    'and its argument',
    sdl({}),
    sdl({ fields: `${FIELDS} hero: ID` }),
    'Mutation.join(hero:)',
    'an optional argument was added',
  ],
  ['a value of an enum added', sdl({}), sdl({ rank: 'enum Rank { LOW HIGH TOP }' }), 'Rank.TOP', 'the value was added'],
  ['a path added', sdl({ rest: '' }), sdl({}), 'Mutation.join', 'the path /join/{guild} was added'],
  [
    'a path beside an old one',
    sdl({ more: left }),
    sdl({ more: leave.replace('/leave', '/leave/none') }),
    'Mutation.leave',
    'the mutation was added',
  ],
  [
    'a filter added',
    sdl({ subscription: '' }),
    sdl({}),
    'Subscription.joined(rank:)',
    'an optional argument was added',
  ],
  [
    'a filter made optional',
    sdl({ subscription: '(guild: String!)' }),
    sdl({ subscription: '(guild: String)' }),
    'Subscription.joined(guild:)',
    'it was String! and is String',
  ],
  [
    'a default for what was required',
    sdl({}),
    sdl({ mutation: `(${FIELDS.replace('String!', 'String! = "x"')})` }),
    'Mutation.join(guild:)',
    'it may be left out now',
  ],
]

describe('breaks', () => {
  it.each(BREAKING)('%s', (_, old, now, coordinate, words) => {
    const changes = changesBetween(catalogueOf(old), catalogueOf(now))
    expect(changes).toContainEqual({ coordinate, breaks: true, what: expect.stringContaining(words) })
    const firstCompatible = changes.findIndex(({ breaks }) => !breaks)
    expect(changes.slice(firstCompatible < 0 ? changes.length : firstCompatible).some(({ breaks }) => breaks)).toBe(
      false,
    )
  })
})

describe('does not break', () => {
  it.each(COMPATIBLE)('%s', (_, old, now, coordinate, words) => {
    const changes = changesBetween(catalogueOf(old), catalogueOf(now))
    expect(changes).toContainEqual({ coordinate, breaks: false, what: expect.stringContaining(words) })
    expect(changes.filter(({ breaks }) => breaks)).toEqual([])
  })

  it('what only reads otherwise: descriptions, the order of things, types beside it', () => {
    const reordered = sdl({
      fields: 'tags: [String!] rank: Rank level: Int "The guild." guild: String!',
      rank: '"Ranks." enum Rank { HIGH LOW }',
      more: 'scalar Own',
    })
    expect(changesBetween(catalogueOf(sdl({})), catalogueOf(reordered))).toEqual([])
  })
})

/** A schema, small enough that two of them often share much. */
interface Model {
  readonly values: readonly string[]
  readonly events: readonly {
    readonly name: string
    readonly template: number
    readonly key: boolean
    readonly fields: readonly { readonly name: string; readonly type: string; readonly default: boolean }[]
    readonly rest: number
    readonly filters: boolean
  }[]
}

const TYPES = ['Int', 'Int!', 'String', 'String!', 'Rank', 'Rank!', '[Int]', '[Int!]!', 'Float', 'Boolean', 'DateTime']
const DEFAULTS: Readonly<Record<string, string>> = { Int: '1', String: '"x"', Rank: 'LOW', Boolean: 'true' }
const RESTS = [
  '',
  '@rest(path: "/NAME", reply: "")',
  '@rest(path: "/NAME", reply: "x")',
  '@rest(path: "/x/NAME", reply: "")',
]

const field = fc.record({
  name: fc.constantFrom('a', 'b', 'Host', 'Level'),
  type: fc.constantFrom(...TYPES),
  default: fc.boolean(),
})
const modelEvent = (name: string) =>
  fc.record({
    name: fc.constant(name),
    template: fc.nat(2),
    key: fc.boolean(),
    fields: fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 3 }),
    rest: fc.nat(RESTS.length - 1),
    filters: fc.boolean(),
  })
const model: fc.Arbitrary<Model> = fc.record({
  values: fc.constantFrom(['LOW'], ['LOW', 'HIGH'], ['LOW', 'HIGH', 'TOP']),
  events: fc
    .tuple(fc.option(modelEvent('One'), { nil: null, freq: 5 }), fc.option(modelEvent('Two'), { nil: null, freq: 5 }))
    .map((events) => events.filter((each) => each !== null)),
})

/** A model, and one that differs from it in few things: each part is the old one's more often than not. */
const pair: fc.Arbitrary<readonly [Model, Model]> = fc
  .tuple(model, model, fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 40, maxLength: 40 }))
  .map(([old, other, dice]) => {
    const rolls = dice.values()
    const keep = () => rolls.next().value !== 0
    const values = keep() ? old.values : other.values
    const events = old.events.flatMap((each) => {
      const changed = other.events.find(({ name }) => name === each.name)
      if (changed === undefined) return keep() ? [each] : []
      const fields = each.fields.flatMap((one) => {
        const two = changed.fields.find(({ name }) => name === one.name)
        return two !== undefined && !keep() ? [two] : keep() || keep() ? [one] : []
      })
      const added = changed.fields.filter(({ name }) => !each.fields.some((one) => one.name === name))
      return [
        {
          name: each.name,
          template: keep() ? each.template : changed.template,
          key: keep() ? each.key : changed.key,
          fields: [...fields, ...added],
          rest: keep() ? each.rest : changed.rest,
          filters: keep() ? each.filters : changed.filters,
        },
      ]
    })
    const added = other.events.filter(({ name }) => !old.events.some((each) => each.name === name))
    return [old, { values, events: [...events, ...added] }] as const
  })

function sdlOf({ values, events }: Model): string {
  const parts = events.map(({ name, template, key, fields, rest, filters }) => {
    const id = 'x: String! '
    const declared = fields.map(({ name, type }) => `${name}: ${type}`).join(' ')
    const args = fields.map((each) => {
      const value = each.default ? DEFAULTS[each.type.replace('!', '')] : undefined
      return `${each.name}: ${each.type}${value === undefined ? '' : ` = ${value}`}`
    })
    const types = [`${name}:{x}`, `${name}-{x}`, name]
    const filter = filters ? '(x: String)' : ''
    return [
      event(name, types[template]!, `${id}${declared}`, key ? '{x}' : undefined),
      `extend type Mutation { do${name}(${id}${args.join(' ')}): ${name}! ${RESTS[rest]!.replace('NAME', name)} }`,
      `extend type Subscription { on${name}${filter}: ${name}! }`,
    ].join('\n')
  })
  return [`enum Rank { ${values.join(' ')} }`, ...parts].join('\n')
}

/** Values of an event's fields, as a caller of the old SDL may give them. */
function valuesOf(catalogue: Catalogue, name: string): fc.Arbitrary<Properties> {
  const { fields } = catalogue.events.find((each) => each.name === name)!
  const arbitraryOf = (type: string): fc.Arbitrary<unknown> => {
    if (type.endsWith('!')) return arbitraryOf(type.slice(0, -1)).filter((value) => value !== null)
    const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
      Int: fc.integer(),
      String: fc.string(),
      Rank: fc.constantFrom(
        ...catalogue.schema
          .getType('Rank')!
          .toConfig()
          .astNode!.loc!.source.body.match(/enum Rank \{ (.*?) \}/)![1]!
          .split(' '),
      ),
      '[Int]': fc.array(fc.option(fc.integer())),
      '[Int!]': fc.array(fc.integer()),
      Float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      Boolean: fc.boolean(),
      DateTime: fc.constant('2026-11-24T12:00:00Z'),
    }
    return fc.option(values[type]!)
  }
  return fc.record(
    Object.fromEntries(fields.map(({ name, type }) => [name, arbitraryOf(String(type))])),
  ) as fc.Arbitrary<Properties>
}

const CODEC = new CursorCodec('events', () => Buffer.alloc(16))

describe('whatever the SDL', () => {
  it('it is compatible with itself: nothing changed', () => {
    fc.assert(
      fc.property(model, (model) => {
        expect(changesBetween(catalogueOf(sdlOf(model)), catalogueOf(sdlOf(model)))).toEqual([])
      }),
    )
  })

  it('what breaks GraphQL by graphql-js is called breaking, and records of a compatible one are read as they were', () => {
    let compatible = 0
    const headers = [
      ['Host', 'localhost'],
      ['Level', '7'],
      ['Accept', '*/*'],
    ] as const
    fc.assert(
      fc.property(pair, fc.gen(), ([oldModel, newModel], gen) => {
        const [old, now] = [catalogueOf(sdlOf(oldModel)), catalogueOf(sdlOf(newModel))]
        if (changesBetween(old, now).some(({ breaks }) => breaks)) return
        compatible++
        expect(findBreakingChanges(old.schema, now.schema)).toEqual([])
        for (const declared of old.events) {
          const properties = gen(() => valuesOf(old, declared.name))
          const { record } = encodeEvent({
            event: declared,
            properties,
            headers,
            id: 'id',
            timestamp: 0,
            source: '/',
            idempotencyKey: null,
            traceparent: null,
          })
          const stored = recordOf(record)
          const [before, after] = [old, now].map((each) => new Decoder(each, 'events', CODEC).decode(stored, [1]))
          expect(after!.__typename).toBe(declared.name)
          expect(after!.headers).toEqual(before!.headers)
          expect({ ...after!.parts.properties }).toMatchObject({ ...before!.parts.properties })
        }
      }),
      // Shrinking would take minutes: the schemas are small as they are.
      { numRuns: 250, endOnFailure: true },
    )
    // The property says nothing where nothing was compatible.
    expect(compatible).toBeGreaterThan(20)
  })
})
