/**
 * The contract's 'SDL' on the running product: its own listing starts and works, and what cannot be kept stops
 * the start with exit code 1 and one line that names coordinate, file and line.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { refusedStart, startHerald } from '../support/herald.ts'
import { event, SIX, sdlFolder } from './sdl.ts'

/** As the contract prints it, the six fields spelled out. */
const LISTING = `
interface Event {
  id: ID!              # unique: a UUIDv7 made at publication; for a foreign record topic-partition-offset
  type: String!        # event_type as recorded, "joined_guild:test_guild1"
  timestamp: DateTime! # the record's timestamp (the log's own where the topic says LogAppendTime), RFC 3339 with milliseconds
  headers: [Header!]!  # the request headers it was enriched with
  cursor: Cursor!      # its place in the log: \`after: cursor\` goes on right behind it
  record: Record!
}
type Header { name: String!, value: String! }
type Record { topic: String!, partition: Int!, offset: String!, key: String }
scalar DateTime
scalar Cursor
directive @event(type: String!, key: String) on OBJECT
directive @rest(path: String!, reply: String!) on FIELD_DEFINITION
type DefaultEvent implements Event @event(type: "default") { ${SIX} }
type SwordPurchased implements Event @event(type: "purchase_sword") { ${SIX} }
type GuildJoined implements Event @event(type: "joined_guild:{guildName}") { ${SIX}, guildName: String! }
type UnknownEvent implements Event { ${SIX}, value: String }  # a record that no declared event matches, poison included

type Mutation {
  default: DefaultEvent!                         @rest(path: "/", reply: "\\nThis is the default response!\\n")
  buySword: SwordPurchased!                      @rest(path: "/buy_a_sword", reply: "\\nSword Purchased!\\n")
  joinGuild(guildName: String!): GuildJoined!    @rest(path: "/join_guild/{guildName}", reply: "\\nJoined the Guild: {guildName}\\n")
}
type Query {
  events(first: Int, after: Cursor, last: Int, before: Cursor, since: DateTime, filter: EventFilter): EventConnection!
  partitions: [Partition!]!   # number: Int!, beginning: String!, end: String!
}
type Subscription {
  events(after: Cursor, from: Position = LATEST, since: DateTime, until: Until, filter: EventFilter): Event!
  guildJoined(guildName: String, after: Cursor, from: Position = LATEST): GuildJoined!
}
enum Position { EARLIEST LATEST }
enum Until { END }   # completes at the end the log had when the subscription began; without it, it follows
input EventFilter { type: StringFilter }
input StringFilter { eq: String, in: [String!], startsWith: String }
type EventEdge { cursor: Cursor!, node: Event! }
type PageInfo { hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: Cursor, endCursor: Cursor }
type EventConnection { edges: [EventEdge!]!, nodes: [Event!]!, pageInfo: PageInfo!, end: Cursor! }   # Relay's connection
`

it("starts on the contract's own listing, and works", async () => {
  const herald = await startHerald({ env: { SCHEMA_DIR: sdlFolder({ 'listing.graphql': LISTING }) } })
  onTestFinished(async () => {
    await herald.stop()
  })
  expect(await (await fetch(`${herald.url}/join_guild/g`)).text()).toBe('\nJoined the Guild: g\n')
  const response = await fetch(`${herald.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: '{ events { nodes { type ... on GuildJoined { guildName } } } partitions { end } }',
    }),
  })
  expect(await response.json()).toEqual({
    data: { events: { nodes: [{ type: 'joined_guild:g', guildName: 'g' }] }, partitions: [{ end: '1' }] },
  })
  expect(herald.stdout()).toMatch(/^joinGuild +\/join_guild\/\{guildName\} +joined_guild:\{guildName\} +events$/m)
})

describe('refuses to start, with one line', () => {
  const ONE = event('One', 'one', 'x: String!')
  const mutation = (directive: string, args = '(x: String!)', type = 'One!') =>
    `type Mutation {\n  one${args}: ${type} ${directive}\n}`

  it.each<[string, string, string, readonly string[]]>([
    [
      'two events that can be confused',
      'Two (FILE:2): ',
      'can be confused with "one" of One',
      [ONE, event('Two', 'one')],
    ],
    ['{a}{b}', 'Two (FILE:1): ', 'cannot be parsed back', [event('Two', '{a}{b}', 'a: String! b: String!')]],
    ['a template without its field', 'Two (FILE:1): ', '{a} names no field of Two', [event('Two', 't:{a}')]],
    [
      'an argument without its field',
      'Mutation.one(y:) (FILE:3): ',
      'One has no field of that name',
      [ONE, mutation('', '(x: String!, y: Int)')],
    ],
    ['a field without its argument', 'Mutation.one (FILE:3): ', 'One.x has no argument', [ONE, mutation('', '')]],
    [
      'types that differ',
      'Mutation.one(x:) (FILE:3): ',
      'it is Int!, and One.x is String!',
      [ONE, mutation('', '(x: Int!)')],
    ],
    [
      'a mutation whose type is no event',
      'Mutation.one (FILE:3): ',
      'its type Int is no event',
      [ONE, mutation('', '', 'Int')],
    ],
    [
      'an event without the six fields',
      'One (FILE:1): ',
      'Event.cursor expected but One does not provide it',
      [ONE.replace('cursor: Cursor!', '')],
    ],
    [
      'two equal paths',
      'Mutation.two (FILE:4): ',
      'Mutation.one has the same path',
      [ONE, mutation('@rest(path: "/a", reply: "")\n two(x: String!): One! @rest(path: "/a", reply: "")')],
    ],
    [
      'a path over a reserved one',
      'Mutation.one (FILE:3): ',
      'it lies over /readyz',
      [ONE, mutation('@rest(path: "/readyz", reply: "")')],
    ],
    [
      'a path that names no argument',
      'Mutation.one (FILE:3): ',
      '{y} names no argument',
      [ONE, mutation('@rest(path: "/a/{y}", reply: "")')],
    ],
    [
      'a reply that names no argument',
      'Mutation.one (FILE:3): ',
      '{y} names no argument',
      [ONE, mutation('@rest(path: "/a", reply: "{y}")')],
    ],
    [
      'a field named as an argument of the vocabulary',
      'One.since (FILE:1): ',
      'is an argument of the vocabulary',
      [event('One', 'one', 'since: Int')],
    ],
    ['a field that is an object', 'One.x (FILE:1): ', 'is none of scalar, enum', [event('One', 'one', 'x: Header')]],
    [
      'a changed vocabulary',
      'Header (FILE:1): ',
      'it has "value: String", the built-in one "value: String!"',
      ['type Header { name: String! value: String }'],
    ],
    ['a syntax error', 'FILE:1: ', 'Syntax Error: Expected Name, found "{"', ['type {']],
    [
      'a wrong argument of a directive',
      'One (FILE:1): ',
      'Argument "type" has invalid value 5',
      [ONE.replace('"one"', '5')],
    ],
  ])('%s', async (_what, start, words, lines) => {
    const folder = sdlFolder({ 'own/events.graphql': lines.join('\n') })
    const { code, stdout, stderr } = await refusedStart({ SCHEMA_DIR: folder })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).toContain(`herald: ${start.replace('FILE', `${folder}/own/events.graphql`)}`)
    expect(stderr).toContain(words)
  })

  it('a folder that is not there', async () => {
    const { code, stdout, stderr } = await refusedStart({ SCHEMA_DIR: '/nowhere/at-all' })
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'herald: SCHEMA_DIR: the folder /nowhere/at-all cannot be read (ENOENT)\n',
    })
  })
})
