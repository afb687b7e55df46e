/** Who is sent the same: what decides it, and that a place to begin at does not. */
import { parse } from 'graphql'
import { expect, it } from 'vitest'
import { ANYONE, type Rights } from '../../../src/access/caller.ts'
import { readCatalogue } from '../../../src/catalogue/build.ts'
import { audienceOf } from '../../../src/http/graphql/audience.ts'

const { schema } = readCatalogue('schema')
const DOCUMENT = parse(`
  subscription A($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $long: Boolean = false) {
    events(after: $after, from: $from, since: $since, until: END, filter: $filter) { id type @include(if: $long) }
  }
  subscription B($guild: String, $after: Cursor) { ...Joined }
  fragment Joined on Subscription { guildJoined(guildName: $guild, after: $after) { id } }
`)

interface Asked {
  readonly document?: typeof DOCUMENT
  readonly operationName?: string
  readonly variables?: { readonly [name: string]: unknown } | null
  readonly rights?: string
}

function keyOf({ document = DOCUMENT, operationName = 'A', variables = {}, rights = '' }: Asked): string {
  const head = { rawHeaders: [], targetHost: null, idempotencyKey: null, traceparent: null }
  const own: Rights = { ...ANYONE.rights, key: rights }
  const contextValue = { caller: { ...ANYONE, rights: own }, head, lastEventId: null, signal: AbortSignal.abort() }
  return audienceOf({ schema, document, operationName, variableValues: variables, contextValue }).key
}

it.each([
  ['after', { after: 'a' }, { after: 'b' }],
  ['from', { from: 'EARLIEST' }, {}],
  ['since', { since: '2026-01-01T00:00:00Z' }, null],
  ['variables that nothing uses', { other: 1 }, { other: 2 }],
])('is the same where only %s differs', (_what, one, other) => {
  expect(keyOf({ variables: one })).toBe(keyOf({ variables: other }))
})

it.each([
  ['the filter', { variables: { filter: { type: { eq: 'a' } } } }, { variables: { filter: { type: { eq: 'b' } } } }],
  ['a filter left out, and null', {}, { variables: { filter: null } }],
  ['what a directive says', { variables: { long: true } }, { variables: { long: false } }],
  ['the operation', {}, { operationName: 'B' }],
  ['the document', {}, { document: parse(`subscription A { events { id } }`) }],
  ['the rights', {}, { rights: 'player' }],
  [
    'an argument in a fragment',
    { operationName: 'B', variables: { guild: 'a' } },
    { operationName: 'B', variables: { guild: 'b' } },
  ],
] as [string, Asked, Asked][])('is another where %s differs', (_what, one, other) => {
  expect(keyOf(one)).not.toBe(keyOf(other))
  expect(keyOf(one)).toBe(keyOf({ ...one }))
})
