/**
 * The claim of the README: adding an event is adding SDL. A file laid beside the repository's own, and nothing
 * else, gives a mutation, a REST path, a Kafka record, a replay, a subscription with filters, and a line of
 * the start-up table.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Herald, startHerald } from './support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, readAll } from './support/kafka.ts'

const SDL = `
"How a fight ended."
enum Outcome { WON LOST }

"Two fought."
type DuelFought implements Event @event(type: "duel:{winner}", key: "{arena}/{winner}") {
  id: ID!
  type: String!
  timestamp: DateTime!
  headers: [Header!]!
  cursor: Cursor!
  record: Record!
  winner: String!
  arena: String!
  rounds: Int
  outcome: Outcome!
  weapons: [String!]!
}

extend type Mutation {
  "Fights."
  fightDuel(winner: String!, arena: String!, rounds: Int, outcome: Outcome! = WON, weapons: [String!]!): DuelFought!
    @rest(path: "/arena/{arena}/duels/{winner}", reply: "{winner} fought in {arena}: {outcome} after {rounds}\\n")
}

extend type Subscription {
  duelFought(winner: String, outcome: Outcome, after: Cursor, from: Position = LATEST): DuelFought!
}
`

/** An answer, or one of a stream. */
interface Answer {
  readonly data?: Record<string, unknown> | null | undefined
  readonly errors?: unknown
}

const folder = mkdtempSync(join(tmpdir(), 'herald-adding-'))
beforeAll(() => {
  cpSync('schema', folder, { recursive: true })
  writeFileSync(join(folder, 'duels.graphql'), SDL)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** TypeScript knows nothing of this event, so its operations are plain texts. */
async function ask({ url }: Herald, query: string, variables?: unknown): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

/** The first `count` events of a subscription, over WebSocket with the client of graphql-ws. */
async function stream(
  { url }: Herald,
  query: string,
  variables: Record<string, unknown>,
  count: number,
): Promise<Answer[]> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  try {
    const answers: Answer[] = []
    for await (const answer of client.iterate({ query, variables })) {
      answers.push(answer)
      if (answers.length === count) break
    }
    return answers
  } finally {
    await client.dispose()
  }
}

const FIGHT = `mutation ($winner: String!, $rounds: Int, $outcome: Outcome!) {
  fightDuel(winner: $winner, arena: "north", rounds: $rounds, outcome: $outcome, weapons: ["axe", "$&"]) {
    __typename type winner rounds outcome weapons record { partition offset key }
  }
}`
const DUELS = `{ events { nodes { __typename type ... on DuelFought { winner arena rounds outcome weapons record { key } } } } }`
const WON = `subscription ($outcome: Outcome, $winner: String) {
  duelFought(outcome: $outcome, winner: $winner, from: EARLIEST) { winner rounds weapons outcome }
}`

const ANNA = { winner: 'anna', rounds: 3, outcome: 'WON', weapons: ['axe', '$&'] }
const BEN = { winner: 'ben:2', rounds: null, outcome: 'LOST', weapons: ['axe', '$&'] }
const CARLA = { winner: 'carla é', rounds: -5, outcome: 'LOST', weapons: ['bow', 'net'] }
const DORA = { winner: 'dora', rounds: null, outcome: 'WON', weapons: ['net'] }

/** Publishes the four, two by mutation and two by REST, then replays them and streams some; all on one partition. */
async function fightAndWatch(herald: Herald): Promise<void> {
  const record = { partition: 0, offset: '0', key: 'north/anna' }
  expect(await ask(herald, FIGHT, ANNA)).toEqual({
    data: { fightDuel: { __typename: 'DuelFought', type: 'duel:anna', ...ANNA, record } },
  })
  expect(await ask(herald, FIGHT, BEN)).toMatchObject({ data: { fightDuel: BEN } })
  expect(await get(herald, '/arena/south/duels/carla%20%C3%A9?rounds=-5&outcome=LOST&weapons=bow&weapons=net')).toEqual(
    [200, 'carla é fought in south: LOST after -5\n'],
  )
  expect(await get(herald, '/arena/south/duels/dora?weapons=net')).toEqual([200, 'dora fought in south: WON after \n'])

  const node = (arena: string, duel: typeof DORA | typeof CARLA) => ({
    __typename: 'DuelFought',
    type: `duel:${duel.winner}`,
    arena,
    ...duel,
    record: { key: `${arena}/${duel.winner}` },
  })
  expect(await ask(herald, DUELS)).toEqual({
    data: { events: { nodes: [node('north', ANNA), node('north', BEN), node('south', CARLA), node('south', DORA)] } },
  })

  const next = (...duels: unknown[]) => duels.map((duelFought) => ({ data: { duelFought } }))
  expect(await stream(herald, WON, {}, 4)).toEqual(next(ANNA, BEN, CARLA, DORA))
  expect(await stream(herald, WON, { outcome: 'WON' }, 2)).toEqual(next(ANNA, DORA))
  expect(await stream(herald, WON, { outcome: 'LOST', winner: 'carla é' }, 1)).toEqual(next(CARLA))
}

async function get({ url }: Herald, path: string): Promise<[status: number, body: string]> {
  const response = await fetch(`${url}${path}`)
  return [response.status, await response.text()]
}

describe('on the embedded log', () => {
  let herald: Herald
  beforeAll(async () => {
    herald = await startHerald({ env: { SCHEMA_DIR: folder } })
  })
  afterAll(() => herald.stop())

  it('publishes, replays and streams an event that SDL alone declares, and serves the others as before', async () => {
    await fightAndWatch(herald)
    expect(await get(herald, '/buy_a_sword')).toEqual([200, '\nSword Purchased!\n'])
  })

  it('has a line for it in the start-up table', () => {
    expect(herald.stdout()).toMatch(/^fightDuel +\/arena\/\{arena\}\/duels\/\{winner\} +duel:\{winner\} +events$/m)
    expect(herald.stdout().match(/^\w+ +\/.* events$/gm)).toHaveLength(4)
  })

  it('refuses a value that the key could not give back', async () => {
    const query = `mutation { fightDuel(winner: "w", arena: "a/b", weapons: []) { id } }`
    expect(await ask(herald, query)).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', outcome: 'NOT_WRITTEN' } }],
    })
  })

  it.each([
    ['a required argument that is missing', '/arena/a/duels/b', 'weapons'],
    ['a number that is none', '/arena/a/duels/b?weapons=x&rounds=three', 'rounds'],
    ['a number past 32 bits', '/arena/a/duels/b?weapons=x&rounds=2147483648', 'rounds'],
    ['an enum value that is none', '/arena/a/duels/b?weapons=x&outcome=DRAWN', 'outcome'],
    ['an argument given twice that is no list', '/arena/a/duels/b?weapons=x&rounds=1&rounds=2', 'rounds'],
    ['a query string that is no UTF-8', '/arena/a/duels/b?weapons=%ff', 'query string'],
  ])('answers %s with 400 and its name', async (_what, path, name) => {
    const [status, body] = await get(herald, path)
    expect(status).toBe(400)
    expect(body).toContain(name)
  })
})

describeKafka('on Kafka', () => {
  it('records JSON of the declared types under the key, as kcat reads it', async () => {
    const topic = await createTopic()
    const herald = await startHerald({
      env: { SCHEMA_DIR: folder, KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic, ENRICH_HEADERS: 'false' },
    })
    try {
      await fightAndWatch(herald)
    } finally {
      await herald.stop()
    }
    const records = await readAll(topic)
    expect(records.map(({ key, value }) => [key, value])).toEqual([
      [
        'north/anna',
        '{"event_type": "duel:anna", "arena": "north", "rounds": 3, "outcome": "WON", "weapons": ["axe","$&"]}',
      ],
      ['north/ben:2', '{"event_type": "duel:ben:2", "arena": "north", "outcome": "LOST", "weapons": ["axe","$&"]}'],
      [
        'south/carla é',
        '{"event_type": "duel:carla é", "arena": "south", "rounds": -5, "outcome": "LOST", "weapons": ["bow","net"]}',
      ],
      ['south/dora', '{"event_type": "duel:dora", "arena": "south", "outcome": "WON", "weapons": ["net"]}'],
    ])
    expect(records.map(({ headers }) => new Map(headers).get('ce_type'))).toEqual([
      'duel:anna',
      'duel:ben:2',
      'duel:carla é',
      'duel:dora',
    ])
  })
})
