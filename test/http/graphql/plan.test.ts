/**
 * A document that is asked for again is executed by a plan of our own, and nobody may see the difference: random
 * operations over a schema with everything that the plans know, with values that go wrong in every way that a
 * value can, give the same text the first time (graphql-js) and the second (the plan).
 */
import fc from 'fast-check'
import { buildSchema, type GraphQLFieldResolver, type GraphQLObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { ANYONE } from '../../../src/access/caller.ts'
import { HeraldError } from '../../../src/errors.ts'
import type { RequestContext } from '../../../src/http/context.ts'
import { createEngine, type Engine } from '../../../src/http/graphql/engine.ts'

const schema = buildSchema(`
  enum Size { SMALL LARGE }
  input Box { width: Int! name: String = "box" }
  scalar Anything
  interface Node { id: ID! name: String size: Size parent: Node children: [Node!] }
  type Animal implements Node {
    id: ID! name: String size: Size parent: Node children: [Node!]
    legs(times: Int = 2, plus: Float): Int!
    tags: [String!]!
    odd: Anything
    bad: String!
  }
  type Place implements Node {
    id: ID! name: String size: Size parent: Node children: [Node!]
    fits(box: Box, boxes: [Box!]): Boolean
    near: [[Place]]
    bad: Int
  }
  union Found = Animal | Place
  type Query {
    node(id: ID!): Node
    animal(name: String, size: Size = LARGE): Animal!
    find(ids: [ID!], first: Int): [Found]
    wrong: [Animal!]
    now: String!
  }
  type Mutation {
    make(name: String!, size: Size): Animal!
    fail(message: String = "no"): Place
    failHard(message: String!): Place!
  }
`)

/** A value of the graph; which one, and what is wrong with it, follows from its number alone. */
function nodeOf(seed: number, depth = 0): unknown {
  const n = Math.abs(seed) % 97
  if (n % 13 === 12) return null
  if (n % 17 === 16) return new HeraldError('OVERLOADED', `value ${n}`, { outcome: 'NOT_WRITTEN' })
  const isAnimal = n % 2 === 0
  return {
    __typename: isAnimal ? 'Animal' : 'Place',
    id: n % 11 === 10 ? null : `id-${n}`,
    name: n % 7 === 6 ? { not: 'a text' } : `näme "${n}" \u2028\n`,
    size: n % 5 === 4 ? 'HUGE' : n % 3 === 2 ? null : 'SMALL',
    parent: () => (depth > 3 ? null : nodeOf(n * 3 + 1, depth + 1)),
    children: n % 9 === 8 ? 'no list' : n % 4 === 3 ? null : () => [nodeOf(n + 1, depth + 1), nodeOf(n + 5, depth + 1)],
    legs: ({ times, plus }: { times: number; plus?: number }) => (n % 19 === 18 ? 2 ** 40 : times * n + (plus ?? 0)),
    tags: new Set(['a', n % 8 === 7 ? null : 'b']),
    odd: n % 6 === 5 ? undefined : { deep: [n, null, 'x'] },
    bad: () => {
      if (n % 2 === 0) throw new HeraldError('LOG_UNAVAILABLE', `bad ${n}`, { outcome: 'UNKNOWN' })
      return n % 3 === 0 ? n : 'NaN'
    },
    fits: ({ box, boxes }: { box?: { width: number; name: string }; boxes?: unknown[] }) =>
      box === undefined ? null : `${box.name}${box.width}${boxes?.length}`.length % 2 === 0,
    near: [[nodeOf(2 * n + 1, depth + 1)], null, []],
  }
}

const resolvers: { readonly [field: string]: GraphQLFieldResolver<unknown, RequestContext> } = {
  'Query.node': async (_root, { id }, { caller }, { path }) =>
    nodeOf(Number(id) + String(path.key).length, caller.rights.key.length),
  'Query.animal': async (_root, { name, size }) => nodeOf(2 * String(name).length + String(size).length),
  'Query.find': (_root, { ids, first }) =>
    (ids ?? [1, 2, 3, 16]).slice(0, first ?? undefined).map((id: string) => nodeOf(Number(id))),
  'Query.wrong': async () => 'no list',
  'Query.now': () => Promise.resolve('now'),
  'Mutation.make': async (_root, { name, size }) => nodeOf(2 * name.length + (size === 'LARGE' ? 1 : 0)),
  'Mutation.fail': (_root, { message }) => {
    throw new HeraldError('BAD_USER_INPUT', String(message))
  },
  'Mutation.failHard': (_root, { message }) => Promise.reject(new HeraldError('RECORD_TOO_LARGE', message)),
}
for (const [coordinate, resolve] of Object.entries(resolvers)) {
  const [type, field] = coordinate.split('.') as [string, string]
  ;(schema.getType(type) as GraphQLObjectType).getFields()[field]!.resolve = resolve
}

const context: RequestContext = {
  caller: ANYONE,
  head: { rawHeaders: [], targetHost: null, idempotencyKey: null, traceparent: null },
  lastEventId: null,
  signal: new AbortController().signal,
}

interface Call {
  readonly query: string
  readonly variables: { readonly [name: string]: unknown } | null
}

/** What may be selected of each type: a field with its arguments, and the type of what it gives (null: a leaf). */
const FIELDS: { readonly [type: string]: readonly (readonly [field: string, type: string | null])[] } = {
  Node: [
    ['id', null],
    ['name', null],
    ['size', null],
    ['parent', 'Node'],
    ['children', 'Node'],
  ],
  Animal: [
    ['id', null],
    ['parent', 'Node'],
    ['children', 'Node'],
    ['legs', null],
    ['legs(times: $int)', null],
    ['legs(times: 3, plus: 0.5)', null],
    ['legs(plus: $float)', null],
    ['tags', null],
    ['odd', null],
    ['bad', null],
  ],
  Place: [
    ['name', null],
    ['size', null],
    ['children', 'Node'],
    ['near', 'Place'],
    ['bad', null],
    ['fits', null],
    ['fits(box: { width: 3 })', null],
    ['fits(box: { width: 3, name: $text }, boxes: [{ width: 1 }])', null],
  ],
  Found: [],
  Query: [
    ['node(id: 4)', 'Node'],
    ['node(id: $id)', 'Node'],
    ['node(id: "30")', 'Node'],
    ['animal', 'Animal'],
    ['animal(name: $text)', 'Animal'],
    ['animal(name: null, size: SMALL)', 'Animal'],
    ['animal(size: $size)', 'Animal'],
    ['find', 'Found'],
    ['find(ids: ["1", $id], first: 2)', 'Found'],
    ['find(first: $int)', 'Found'],
    ['wrong', 'Animal'],
    ['now', null],
    ['__schema { queryType { name } }', null],
  ],
  Mutation: [
    ['make(name: "x")', 'Animal'],
    ['make(name: $name, size: $size)', 'Animal'],
    ['fail', 'Place'],
    ['fail(message: $text)', 'Place'],
    ['failHard(message: $name)', 'Place'],
  ],
}
const VARIABLES: { readonly [name: string]: string } = {
  int: 'Int',
  float: 'Float',
  text: 'String',
  id: 'ID!',
  size: 'Size',
  name: 'String!',
}
const OBJECTS = ['Animal', 'Place']

/** Values that fit some of the variables' types, and none. */
const value = fc.oneof(
  fc.string(),
  fc.integer({ min: -5, max: 60 }),
  fc.constantFrom(null, true, 1.5, 2 ** 31, 'SMALL', 'LARGE', '7', [], {}),
)

/** A call made of a tape of choices, so that what fails shrinks to a small document. */
const call: fc.Arbitrary<Call> = fc
  .tuple(
    fc.array(fc.nat(1_000), { minLength: 4, maxLength: 60 }),
    fc.dictionary(fc.constantFrom(...Object.keys(VARIABLES)), value),
  )
  .map(([tape, variables]) => {
    let at = 0
    const next = (below: number) => (tape[at++] ?? 0) % below
    let aliases = 0
    const fragments: string[] = []
    const select = (type: string, depth: number): string => {
      const parts: string[] = []
      for (let count = 1 + next(3); count > 0; count--) {
        const way = next(10)
        const fields = FIELDS[type]!
        if (type !== 'Query' && type !== 'Mutation' && (way === 0 || fields.length === 0)) {
          const on = OBJECTS.includes(type) ? type : OBJECTS[next(2)]!
          if (depth < 5 && way < 8) parts.push(`... on ${on} { ${select(on, depth + 1)} }`)
          else {
            fragments.push(`fragment F${fragments.length} on ${on} { id:id same:__typename }`)
            parts.push(`...F${fragments.length - 1}`)
          }
        } else if (way === 1) parts.push('__typename')
        else if (way === 2 && type !== 'Mutation') parts.push(`... { ${select(type, depth + 1)} }`)
        else {
          const [field, of] = fields[next(fields.length)]!
          if (of !== null && depth >= 5) parts.push('__typename')
          else
            parts.push(
              `${way < 6 ? `a${aliases++}:` : ''}${field}${of === null ? '' : ` { ${select(of, depth + 1)} }`}`,
            )
        }
      }
      return parts.join(' ')
    }
    const kind = next(3) === 0 ? 'Mutation' : 'Query'
    const body = [select(kind, 0), ...fragments].join(' } ')
    const used = Object.keys(VARIABLES).filter((name) => new RegExp(`\\$${name}\\b`).test(body))
    const declared = used.map((name) => `$${name}: ${VARIABLES[name]}${name === 'int' && next(2) === 0 ? ' = 4' : ''}`)
    const head = `${kind.toLowerCase()} Op${declared.length > 0 ? `(${declared.join(', ')})` : ''}`
    const [first, ...rest] = body.split(' } fragment ')
    const query = [`${head} { ${first} }`, ...rest.map((fragment) => `fragment ${fragment}`)].join(' ')
    return { query, variables: next(20) === 0 ? null : variables }
  })

async function twice(engine: Engine, { query, variables }: Call) {
  const request = { query, variables, operationName: null }
  const answers = []
  const plans = []
  for (let i = 0; i < 2; i++) {
    const prepared = engine.prepare(request, context)
    answers.push(await engine.answer(prepared))
    plans.push('plan' in prepared ? prepared.plan : undefined)
  }
  return { first: answers[0]!, second: answers[1]!, planned: plans[1], valid: plans[0] !== undefined }
}

describe('A plan', () => {
  const engine = createEngine(schema)

  test('gives what graphql-js gives, to the byte, for random operations, variables and faulty values', async () => {
    let valid = 0
    let planned = 0
    let withData = 0
    await fc.assert(
      fc.asyncProperty(call, async (one) => {
        const { first, second, ...of } = await twice(engine, one)
        expect(second).toEqual(first)
        if (of.valid) valid++
        if (of.planned) planned++
        if (second.text.includes('"id-')) withData++
      }),
      { numRuns: 1_000 },
    )
    // The comparison is worth something only where plans ran, and gave something.
    expect(planned).toBe(valid)
    expect(valid).toBeGreaterThan(500)
    expect(withData).toBeGreaterThan(100)
  })

  test.each([
    'query ($yes: Boolean!) { now @include(if: $yes) }',
    '{ ...F } fragment F on Query { now @skip(if: false) }',
  ])('is not made where graphql-js must ask for each request what to select: %s', async (query) => {
    const { first, second, planned } = await twice(engine, { query, variables: { yes: true } })
    expect(planned).toBeNull()
    expect(second).toEqual(first)
    expect(JSON.parse(second.text)).toEqual({ data: { now: 'now' } })
  })

  test('answers an introspection as graphql-js does', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    const { first, second, planned } = await twice(engine, { query: getIntrospectionQuery(), variables: null })
    expect(planned).toBeTruthy()
    expect(second.text).toBe(first.text)
    expect(first.text).toContain('"queryType":{"name":"Query"')
  })

  test('runs the root fields of a mutation one after the other, and none behind one that fails for good', async () => {
    const query =
      'mutation ($m: String!) { a: make(name: "x") { id } b: failHard(message: $m) { id } c: make(name: "xx") { id } }'
    const { first, second } = await twice(engine, { query, variables: { m: 'too large' } })
    expect(second).toEqual(first)
    expect(JSON.parse(second.text)).toMatchObject({
      data: null,
      errors: [{ path: ['b'], extensions: { code: 'RECORD_TOO_LARGE' } }],
    })
  })
})
