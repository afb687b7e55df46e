/**
 * What a subscriber is sent of an event is, to the byte, what graphql-js makes of the same document: on random
 * documents, with conditions, over records of every kind.
 */
import fc from 'fast-check'
import { executeSync, parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { ANYONE } from '../../../src/access/caller.ts'
import { audienceOf } from '../../../src/http/graphql/audience.ts'
import { publicResult } from '../../../src/http/graphql/errors.ts'
import { executableSchema } from '../../../src/http/graphql/schema.ts'
import type { Operations } from '../../../src/operations/operations.ts'
import { catalogue, decode } from '../../event/events.ts'
import { common, eventField, everyKindOfRecord, fragments, fragmentsFor, leaf, some } from './documents.ts'

// Nobody subscribes here, and nothing is published: the resolvers of what is selected of an event ask for nothing.
const schema = executableSchema(catalogue, {} as Operations)
const contextValue = { caller: ANYONE, head: {} as never, lastEventId: null, signal: AbortSignal.abort() }
const events = everyKindOfRecord().map((record) => decode(record))

/** Sends every event that the field is about, and compares. Returns how many results had data. */
function compare(query: string, variables: { readonly [name: string]: unknown }, type: string | null): number {
  const document = parse(query)
  expect(validate(schema, document), query).toEqual([])
  const audience = audienceOf({ schema, document, variableValues: variables, contextValue })
  let count = 0
  for (const event of events) {
    if (type !== null && event.__typename !== type) continue
    const args = { schema, document, variableValues: variables, contextValue, rootValue: event }
    const expected = JSON.stringify(publicResult(executeSync(args)))
    expect(audience.render(event).toString()).toBe(expected)
    if (expected.startsWith('{"data":{')) count++
  }
  return count
}

const conditions = '$yes: Boolean! $no: Boolean = false'

describe('what a subscriber is sent', () => {
  test('of any event is what graphql-js makes of the same document, to the byte', () => {
    let results = 0
    const asked = fc.record({
      key: fc.constantFrom('events', 'log: events', '...Root'),
      selection: some(eventField),
      parts: fragments,
      yes: fc.boolean(),
      no: fc.constantFrom({}, { no: true }, { no: false }),
    })
    fc.assert(
      fc.property(asked, ({ key, selection, parts, yes, no }) => {
        const inner = `{id @skip(if: $no) __typename @include(if: $yes) ${selection}}`
        const definitions = fragmentsFor(selection, parts)
        const query =
          key === '...Root'
            ? `subscription(${conditions}) {...Root} fragment Root on Subscription {events ${inner}} ${definitions}`
            : `subscription(${conditions}) {${key} ${inner}} ${definitions}`
        results += compare(query, { yes, ...no }, null)
      }),
      { numRuns: 300 },
    )
    expect(results).toBe(300 * events.length)
  })

  test('of one type of event is, too', () => {
    let results = 0
    const own = (...names: string[]) => some(fc.oneof({ weight: 2, arbitrary: leaf(names) }, common))
    const asked = fc.record({
      field: fc.oneof(
        fc.tuple(fc.constant('guildJoined'), fc.constant('GuildJoined'), own('guildName')),
        fc.tuple(fc.constant('swordPurchased'), fc.constant('SwordPurchased'), own('id')),
        fc.tuple(fc.constant('mixed'), fc.constant('Mixed'), own('part', 'int', 'levels', 'any', 'constructor')),
      ),
      inline: some(common, 3),
      yes: fc.boolean(),
    })
    fc.assert(
      fc.property(asked, ({ field: [name, type, selection], inline, yes }) => {
        const inner = `a: id @skip(if: $no) b: id @include(if: $yes) ${selection} ... on Event {${inline}} ... on ${type} {__typename}`
        results += compare(`subscription(${conditions}) {${name} {${inner}}}`, { yes }, type)
      }),
      { numRuns: 200 },
    )
    expect(results).toBeGreaterThan(200)
  })

  test('is written anew where its conditions say something else', () => {
    const document = parse('subscription($yes: Boolean!) {events {id type @include(if: $yes)}}')
    const textFor = (yes: boolean) =>
      audienceOf({ schema, document, variableValues: { yes }, contextValue }).render(events[0]!).toString()
    expect(textFor(true)).toMatch(/^{"data":{"events":{"id":"[^"]+","type":"default"}}}$/)
    expect(textFor(false)).toMatch(/^{"data":{"events":{"id":"[^"]+"}}}$/)
  })
})
