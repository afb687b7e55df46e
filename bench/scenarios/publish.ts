/** Publishing: GraphQL mutations by POST and over WebSockets, REST paths, and how long one acknowledgement takes. */
import { setTimeout as delay } from 'node:timers/promises'
import { heraldOn, limitOn, peerOn, type Start, startFlask } from '../contenders.ts'
import type { HttpJob, PublishResult, SocketJob } from '../load/jobs.ts'
import type { Bench, Contender, Entrant, Figures, Row, Scenario } from '../scenario.ts'

const CONNECTIONS = 64
/** What is acknowledged before it is written (Flask does so) may reach the topic later. */
const LATE_MS = 10_000

const QUERY = 'mutation Join($guildName: String!) { joinGuild(guildName: $guildName) { id type record { offset } } }'
const INLINE = '{ joinGuild(guildName: "test_guild1") { id type record { offset } } }'
const VARIABLES = { guildName: 'test_guild1' }

const MUTATION = {
  request: { method: 'POST', path: '/graphql', body: JSON.stringify({ query: QUERY, variables: VARIABLES }) },
  expect: '"offset":"',
} as const
const FRESH = {
  // The name makes each document another one; the variables are what the limit reads its argument from.
  request: {
    method: 'POST',
    path: '/graphql',
    body: JSON.stringify({ query: `mutation Join{n} ${INLINE}`, variables: VARIABLES }),
  },
  expect: '"offset":"',
} as const
const REST = {
  request: { method: 'GET', path: '/join_guild/test_guild1', body: '' },
  expect: 'Joined the Guild: test_guild1',
} as const

type Load = Omit<HttpJob, 'port' | 'seconds'> | Omit<SocketJob, 'port' | 'seconds'>

const over = (load: typeof MUTATION | typeof FRESH | typeof REST, connections = CONNECTIONS): Load => ({
  kind: 'http',
  connections,
  ...load,
})
const SOCKETS: Load = {
  kind: 'socket',
  connections: CONNECTIONS,
  query: `mutation Join ${INLINE}`,
  expect: '"offset":"',
}

/** A contender that publishes into a topic of its own; what it acknowledged must be there. */
function publisher(name: string, role: Contender['role'], load: Load, start: Start): Contender {
  return {
    name,
    role,
    async open(bench): Promise<Entrant> {
      const topic = await bench.topic(name)
      const server = await start(bench.brokers, topic)
      return {
        async round(seconds) {
          const begin = await bench.endOf(topic)
          const cpuBefore = server.usage().cpuMs
          const result: PublishResult = await bench.generator.run({ ...load, port: server.port, seconds })
          const cpuMs = server.usage().cpuMs - cpuBefore
          await verify(bench, topic, begin, result)
          return figuresOf(result, cpuMs)
        },
        close: () => server.stop(),
      }
    },
  }
}

/** Throws unless there was no error and the topic holds exactly what was acknowledged. */
async function verify(bench: Bench, topic: string, begin: number, { events, errors, firstError }: PublishResult) {
  if (errors > 0) throw new Error(`${errors} errors, the first: ${firstError}`)
  const deadline = performance.now() + LATE_MS
  let written = 0
  do {
    written = (await bench.endOf(topic)) - begin
    if (written === events && events > 0) return
    await delay(100)
  } while (performance.now() < deadline)
  throw new Error(`${events} events were acknowledged and ${written} are in the topic`)
}

function figuresOf({ events, seconds, p50Ms, p99Ms }: PublishResult, cpuMs: number): Figures {
  return { cpu: (cpuMs * 1_000) / events, rate: events / seconds, p50: p50Ms, p99: p99Ms }
}

const herald = (load: Load) => publisher('herald', 'herald', load, heraldOn)
const limit = (load: Load, name = 'limit') => publisher(name, 'limit', load, limitOn('publish'))
const peer = (name: string, load: Load, program: string, argument?: string) =>
  publisher(name, 'peer', load, peerOn(program, argument))

const cpuRow = (label: string, goal: number): Row => ({
  label,
  figure: 'cpu',
  against: 'limit',
  unit: 'x limit',
  goal,
})

export const publishScenarios: readonly Scenario[] = [
  {
    name: 'mutation',
    title: 'GraphQL mutation, POST, one document',
    rows: [cpuRow('GraphQL mutation, POST, one document', 1.2)],
    contenders: [
      herald(over(MUTATION)),
      limit(over(MUTATION)),
      limit(over(MUTATION), 'limit again'),
      peer('mercurius + JIT', over(MUTATION), 'mercurius', 'jit'),
      peer('Apollo Server', over(MUTATION), 'apollo'),
      peer('stock Yoga', over(MUTATION), 'yoga'),
    ],
    warmSeconds: 8,
    roundSeconds: 1.5,
  },
  {
    name: 'fresh',
    title: 'Documents never seen before',
    rows: [cpuRow('documents never seen before', 8)],
    contenders: [herald(over(FRESH)), limit(over(FRESH)), peer('stock Yoga', over(FRESH), 'yoga')],
    warmSeconds: 4,
    roundSeconds: 1.5,
  },
  {
    name: 'ws-mutation',
    title: 'Mutation over an open WebSocket',
    rows: [cpuRow('mutation over an open WebSocket', 0.7)],
    // The limit is that of POST: what a WebSocket saves is to be seen.
    contenders: [herald(SOCKETS), limit(over(MUTATION))],
    warmSeconds: 6,
    roundSeconds: 1.5,
  },
  {
    name: 'rest',
    title: 'REST GET',
    rows: [cpuRow('REST GET', 1)],
    contenders: [
      herald(over(REST)),
      limit(over(REST)),
      peer('stock Yoga (plugin)', over(REST), 'yoga', 'rest'),
      publisher('Flask on gunicorn', 'peer', over(REST), startFlask),
    ],
    warmSeconds: 6,
    roundSeconds: 1.5,
  },
  {
    name: 'ack',
    title: 'Acknowledged, one at a time',
    rows: [
      { label: 'acknowledged p50, one at a time', figure: 'p50', against: 'limit', unit: 'x limit', goal: 1.1 },
      { label: 'acknowledged p99, one at a time', figure: 'p99', against: 'limit', unit: 'x limit', goal: 1.5 },
    ],
    contenders: [herald(over(MUTATION, 1)), limit(over(MUTATION, 1))],
    warmSeconds: 4,
    roundSeconds: 2,
  },
]
