/**
 * Every refusal that the contract's 'SDL' names, and those that follow from it: each row is SDL that cannot be
 * kept, and the coordinate, the line and the words that its refusal must hold.
 */
import { describe, expect, it } from 'vitest'
import { buildCatalogue } from '../../src/catalogue/build.ts'
import { SchemaRefusal } from '../../src/catalogue/refusal.ts'
import { RESERVED_PATHS } from '../../src/catalogue/rest-route.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { VOCABULARY_ARGUMENTS } from '../../src/catalogue/vocabulary.ts'
import { event, SIX } from './sdl.ts'

type Row = readonly [what: string, coordinate: string, line: number, words: string, lines: readonly string[]]

const OK = event('Ok', 'ok', 'a: String! b: Int')
const mutation = (args: string, rest = '', type = 'Ok!') => `type Mutation { ok${args}: ${type} ${rest} }`
const ARGUMENTS = '(a: String!, b: Int)'
const rest = (path: string, reply = '') => `@rest(path: ${JSON.stringify(path)}, reply: ${JSON.stringify(reply)})`

describe.each<[string, readonly Row[]]>([
  [
    'events',
    [
      ['the same type twice', 'Two', 2, 'confused with "a" of One', [event('One', 'a'), event('Two', 'a')]],
      [
        'a type that a template covers',
        'Two',
        2,
        '"a:special" can be confused with "a:{x}" of One',
        [event('One', 'a:{x}', 'x: String!'), event('Two', 'a:special')],
      ],
      [
        'a template that covers a type',
        'Two',
        2,
        'confused',
        [event('One', 'a:special'), event('Two', 'a:{x}', 'x: String!')],
      ],
      [
        'two templates that overlap',
        'Two',
        2,
        'confused',
        [event('One', 'a:{x}', 'x: String!'), event('Two', '{y}:b', 'y: String!')],
      ],
      ['{a}{b}', 'Two', 1, 'cannot be parsed back', [event('Two', '{a}{b}', 'a: String! b: String!')]],
      [
        '{a}{b} as key',
        'Two',
        1,
        '@event(key: "{a}{b}"): it cannot be parsed back',
        [event('Two', 't', 'a: String! b: String!', '{a}{b}')],
      ],
      ['a template without its field', 'One', 1, '{x} names no field of One', [event('One', 'a:{x}')]],
      ['a key without its field', 'One', 1, '{x} names no field of One', [event('One', 'a', '', '{x}')]],
      ['a template of one of the six', 'One', 1, '{id} names no field', [event('One', 'a:{id}')]],
      ['a placeholder twice', 'One', 1, 'holds {x} twice', [event('One', '{x}:{x}', 'x: String!')]],
      ['an open brace', 'One', 1, 'a { that begins no {name}', [event('One', 'a:{x', 'x: String!')]],
      ['a closing brace', 'One', 1, 'a } that ends no {name}', [event('One', 'a:x}')]],
      ['an empty template', 'One', 1, 'an empty template', [event('One', '')]],
      ['a template with a list', 'One', 1, '{x} is a list', [event('One', 'a:{x}', 'x: [String!]!')]],
      [
        'a template with an optional field',
        'One',
        1,
        'where {x} is null; make it String!',
        [event('One', 'a:{x}', 'x: String')],
      ],
      [
        'a template that is no text',
        'One',
        1,
        '@event: Argument "type" has invalid value 5',
        [`type One implements Event @event(type: 5) { ${SIX} }`],
      ],
      [
        '@event without type',
        'One',
        1,
        'argument "type" of type "String!" is required',
        [`type One implements Event @event { ${SIX} }`],
      ],
      [
        '@event twice',
        'One',
        1,
        'can only be used once',
        [`type One implements Event @event(type: "a") @event(type: "b") { ${SIX} }`],
      ],
      ['no @event', 'One', 1, 'has no @event', [`type One implements Event { ${SIX} }`]],
      ['no interface', 'One', 1, 'must implement Event', [`type One @event(type: "a") { ${SIX} }`]],
      ...SIX.split(/(?<=!) /).map((field): Row => {
        const name = field.split(':')[0]!
        const lines = ['type One implements Event @event(type: "a") {', SIX.replace(field, ''), 'x: Int }']
        return [`no ${name}`, 'One', 1, `Interface field Event.${name} expected but One does not provide it`, lines]
      }),
      [
        'one of the six with another type',
        'One.id',
        1,
        'expects type ID! but One.id is type Int!',
        [event('One', 'a').replace('id: ID!', 'id: Int!')],
      ],
      [
        'one of the six with an argument',
        'One.id',
        2,
        'takes no arguments',
        ['', event('One', 'a').replace('id: ID!', 'id(x: Int): ID!')],
      ],
      ['a field with an argument', 'One.x', 1, 'takes no arguments', [event('One', 'a', 'x(y: Int): Int')]],
      [
        'a field that is an object',
        'One.x',
        2,
        'is none of scalar, enum',
        [event('One', 'a', '\nx: Thing'), 'type Thing { x: Int }'],
      ],
      ['a field that is a list of objects', 'One.x', 1, 'is none of scalar, enum', [event('One', 'a', 'x: [Record!]')]],
      ['a field that is a list of lists', 'One.x', 1, 'is none of scalar, enum', [event('One', 'a', 'x: [[Int]]')]],
      [
        'a field named event_type',
        'One.event_type',
        1,
        "the record's own property",
        [event('One', 'a', 'event_type: String')],
      ],
      ['a field twice', 'One.x', 2, 'can only be defined once', [event('One', 'a', 'x: Int\nx: Int')]],
      ['a field of an unknown type', 'One.x', 1, 'Unknown type "Strin"', [event('One', 'a', 'x: Strin')]],
      [
        'a field whose name GraphQL keeps',
        'One.__proto__',
        1,
        'must not begin with "__"',
        [event('One', 'a', '__proto__: Int')],
      ],
      [
        'an unknown directive',
        'One',
        1,
        'Unknown directive "@events"',
        [event('One', 'a').replace('@event(type: "a")', '@events')],
      ],
      [
        '@rest on a field of an event',
        'One.x',
        1,
        'only a mutation has a REST path',
        [event('One', 'a', `x: Int ${rest('/x')}`)],
      ],
      ['a type twice', 'One', 2, 'only one type named "One"', [event('One', 'a'), event('One', 'b')]],
      ...[...VOCABULARY_ARGUMENTS].map(
        (name): Row => [
          `a field named ${name}`,
          `One.${name}`,
          1,
          'is an argument of the vocabulary',
          [event('One', 'a', `${name}: Int`)],
        ],
      ),
    ],
  ],
  [
    'mutations',
    [
      [
        'an argument without its field',
        'Mutation.ok(c:)',
        2,
        'Ok has no field of that name',
        [OK, mutation('(a: String!, b: Int, c: Int)')],
      ],
      [
        'an argument named as one of the six',
        'Mutation.ok(id:)',
        2,
        'Ok has no field of that name',
        [OK, mutation('(a: String!, b: Int, id: ID!)')],
      ],
      [
        'a field without its argument',
        'Mutation.ok',
        2,
        'Ok.b has no argument; add b: Int',
        [OK, mutation('(a: String!)')],
      ],
      [
        'another type',
        'Mutation.ok(b:)',
        2,
        'it is String, and Ok.b is Int',
        [OK, mutation('(a: String!, b: String)')],
      ],
      [
        'another nullability',
        'Mutation.ok(a:)',
        2,
        'it is String, and Ok.a is String!',
        [OK, mutation('(a: String, b: Int)')],
      ],
      [
        'an argument twice',
        'Mutation.ok(b:)',
        2,
        'can only be defined once',
        [OK, mutation('(a: String!, b: Int, b: Int)')],
      ],
      [
        'a default value of another type',
        'Mutation.ok(b:)',
        2,
        'default value "x" is no Int',
        [OK, mutation('(a: String!, b: Int = "x")')],
      ],
      [
        'a default value that is no moment',
        'Mutation.at(x:)',
        2,
        'default value "soon" is no DateTime',
        [event('At', 'at', 'x: DateTime'), 'type Mutation { at(x: DateTime = "soon"): At! }'],
      ],
      [
        'a type that is no event',
        'Mutation.ok',
        3,
        'is no event',
        [OK, 'type Thing { x: Int }', mutation('', '', 'Thing')],
      ],
      ['a scalar type', 'Mutation.ok', 1, 'is no event', [mutation('', '', 'Int')]],
      ['a list of events', 'Mutation.ok', 2, 'is no event', [OK, mutation(ARGUMENTS, '', '[Ok!]!')]],
      ['the interface', 'Mutation.ok', 1, 'is no event', [mutation('', '', 'Event!')]],
      ['UnknownEvent', 'Mutation.ok', 1, 'is no event', [mutation('', '', 'UnknownEvent!')]],
      ['an unknown type', 'Mutation.ok', 2, 'Unknown type "Okay"', [OK, mutation(ARGUMENTS, '', 'Okay!')]],
      [
        'an argument of an unknown type',
        'Mutation.ok(b:)',
        2,
        'Unknown type "Itn"',
        [OK, mutation('(a: String!, b: Itn)')],
      ],
      ['an unknown directive', 'Mutation.ok', 2, 'Unknown directive "@get"', [OK, mutation(ARGUMENTS, '@get')]],
      [
        'an unknown directive on the root type',
        'Mutation',
        2,
        'Unknown directive "@get"',
        [OK, mutation(ARGUMENTS).replace('{', '@get {')],
      ],
      [
        'the same mutation twice',
        'Mutation.ok',
        3,
        'can only be defined once',
        [OK, mutation(ARGUMENTS), `extend ${mutation(ARGUMENTS)}`],
      ],
      [
        'the line of the name, below its description',
        'Mutation.ok',
        4,
        'is no event',
        ['type Mutation {', '"""', 'Describes it."""', 'ok: Int', '}'],
      ],
    ],
  ],
  [
    'REST paths',
    [
      [
        'no argument of that name in the path',
        'Mutation.ok',
        2,
        '{x} names no argument of Mutation.ok',
        [OK, mutation(ARGUMENTS, rest('/ok/{x}'))],
      ],
      [
        'no argument of that name in the reply',
        'Mutation.ok',
        2,
        '{x} names no argument of Mutation.ok',
        [OK, mutation(ARGUMENTS, rest('/ok', '{x}'))],
      ],
      [
        'a list in the path',
        'Mutation.l',
        2,
        '{x} is a list',
        [event('L', 'l', 'x: [Int!]!'), `type Mutation { l(x: [Int!]!): L! ${rest('/l/{x}')} }`],
      ],
      ['no slash', 'Mutation.ok', 2, 'must begin with /', [OK, mutation(ARGUMENTS, rest('ok'))]],
      ['a trailing slash', 'Mutation.ok', 2, 'empty segment', [OK, mutation(ARGUMENTS, rest('/ok/'))]],
      ['a doubled slash', 'Mutation.ok', 2, 'empty segment', [OK, mutation(ARGUMENTS, rest('/a//b'))]],
      ['a query string', 'Mutation.ok', 2, 'holds ?', [OK, mutation(ARGUMENTS, rest('/ok?a=1'))]],
      ['a percent sign', 'Mutation.ok', 2, 'write it decoded', [OK, mutation(ARGUMENTS, rest('/ok%20'))]],
      ['half a segment', 'Mutation.ok', 2, 'mixes text and an argument', [OK, mutation(ARGUMENTS, rest('/ok-{a}'))]],
      ['a brace in the reply', 'Mutation.ok', 2, 'begins no {name}', [OK, mutation(ARGUMENTS, rest('/ok', '{ no }'))]],
      [
        'a path that is no text',
        'Mutation.ok',
        2,
        '@rest: Argument "path" has invalid value 5',
        [OK, mutation(ARGUMENTS, '@rest(path: 5, reply: "")')],
      ],
      [
        'no reply',
        'Mutation.ok',
        2,
        'argument "reply" of type "String!" is required',
        [OK, mutation(ARGUMENTS, '@rest(path: "/")')],
      ],
      [
        'equal paths',
        'Mutation.two',
        4,
        'Mutation.one has the same path',
        [OK, 'type Mutation {', `one${ARGUMENTS}: Ok! ${rest('/x')}`, `two${ARGUMENTS}: Ok! ${rest('/x')} }`],
      ],
      [
        'paths that differ in a name only',
        'Mutation.two',
        4,
        'Mutation.one has the same path',
        [OK, 'type Mutation {', `one${ARGUMENTS}: Ok! ${rest('/x/{a}')}`, `two${ARGUMENTS}: Ok! ${rest('/x/{b}')} }`],
      ],
      [
        'a path over all reserved ones',
        'Mutation.ok',
        2,
        'lies over /graphql',
        [OK, mutation(ARGUMENTS, rest('/{a}'))],
      ],
      ...RESERVED_PATHS.map(
        (path): Row => [
          `${path}`,
          'Mutation.ok',
          2,
          `lies over ${path}, which Herald serves`,
          [OK, mutation(ARGUMENTS, rest(path))],
        ],
      ),
      [
        'a path below a reserved one',
        'Mutation.ok',
        2,
        'lies over /graphql',
        [OK, mutation(ARGUMENTS, rest('/graphql/{a}'))],
      ],
    ],
  ],
  [
    'subscriptions and queries',
    [
      ['a type that is no event', 'Subscription.x', 1, 'is no event', ['type Subscription { x: Record! }']],
      ['a list of events', 'Subscription.x', 2, 'is no event', [OK, 'type Subscription { x: [Ok!]! }']],
      [
        'a filter that names no field',
        'Subscription.x(c:)',
        2,
        'names no field of Ok',
        [OK, 'type Subscription { x(c: Int): Ok! }'],
      ],
      [
        'a filter of another type',
        'Subscription.x(b:)',
        2,
        'it is String, and Ok.b is Int',
        [OK, 'type Subscription { x(b: String): Ok! }'],
      ],
      [
        "the vocabulary's argument with another type",
        'Subscription.x(after:)',
        2,
        "the vocabulary's after is Cursor",
        [OK, 'type Subscription { x(after: String): Ok! }'],
      ],
      [
        'a default value of another type',
        'Subscription.x(from:)',
        2,
        'default value MIDDLE is no Position',
        [OK, 'type Subscription { x(from: Position = MIDDLE): Ok! }'],
      ],
      [
        '@rest',
        'Subscription.x',
        2,
        'only a mutation has a REST path',
        [OK, `type Subscription { x: Ok! ${rest('/x')} }`],
      ],
      ['a query of its own', 'Query.x', 1, 'queries are those of the vocabulary', ['extend type Query { x: Int }']],
      ['another name for a root type', 'Root', 1, 'must keep its standard name', ['schema { query: Root }']],
    ],
  ],
])('refuses %s', (_what, rows) => {
  it.each(rows)('%s', (_row, coordinate, line, words, lines) => {
    const refusal = refusalOf({ 'schema/own.graphql': lines.join('\n') })
    expect(refusal.coordinate).toBe(coordinate)
    expect(refusal.message).toContain(`${coordinate} (schema/own.graphql:${line}): `)
    expect(refusal.message).toContain(words)
    expect(refusal.message).not.toMatch(/[\r\n]/)
  })
})

describe('refuses across files', () => {
  it('names the file of the second of two events that can be confused', () => {
    const { message } = refusalOf({ 'a.graphql': event('One', 'a'), 'b.graphql': `\n\n${event('Two', 'a')}` })
    expect(message).toMatch(/^Two \(b\.graphql:3\): /)
  })

  it('names the file of a mutation that another file declares too', () => {
    const first = [OK, mutation(ARGUMENTS)].join('\n')
    const { message } = refusalOf({ 'a.graphql': first, 'b.graphql': `\n${mutation(ARGUMENTS)}` })
    expect(message).toBe('Mutation.ok (b.graphql:2): Field "Mutation.ok" can only be defined once.')
  })

  it.each([
    ['type One {', 'a.graphql:1', 'Expected Name'],
    ['\n\nevent One', 'a.graphql:3', 'Unexpected Name "event"'],
    ['query { events { end } } {', 'a.graphql:1', 'Expected Name'],
    ['type One { x: "', 'a.graphql:1', 'Unterminated string'],
  ])('names the place of the syntax error in %j', (text, place, words) => {
    const { message, coordinate } = refusalOf({ 'a.graphql': text })
    expect(coordinate).toBe('')
    expect(message).toContain(`${place}: Syntax Error: `)
    expect(message).toContain(words)
  })

  it('names the place of what is executable, and no SDL', () => {
    expect(refusalOf({ 'a.graphql': '\n{ events { end } }' }).message).toMatch(/^\(a\.graphql:2\): .* no SDL/)
  })
})

function refusalOf(files: Readonly<Record<string, string>>): SchemaRefusal {
  try {
    buildCatalogue(Object.entries(files).flatMap(([name, text]) => parseSdl(text, name)))
  } catch (error) {
    expect(error).toBeInstanceOf(SchemaRefusal)
    return error as SchemaRefusal
  }
  throw new Error(`It was taken: ${JSON.stringify(files)}`)
}
