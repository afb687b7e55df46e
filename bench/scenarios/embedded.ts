/** The embedded log: the same work as on Kafka, by the same clients, against the same Herald on Kafka. */
import { setTimeout as delay } from 'node:timers/promises'
import { startHerald } from '../contenders.ts'
import { SUBSCRIPTION } from '../load/events.ts'
import type { Server } from '../process.ts'
import type { Bench, Contender, Entrant, Row, Scenario } from '../scenario.ts'

const CONNECTIONS = 64
const REPLAYED = 40_000
const SUBSCRIBERS = 100
const JOIN = 'mutation Join($guildName: String!) { joinGuild(guildName: $guildName) { id type record { offset } } }'
const PAGE =
  'query Page($after: Cursor) { events(first: 10000, after: $after) { nodes { id type timestamp ... on GuildJoined { guildName } } pageInfo { hasNextPage endCursor } } }'

/** Herald on either log, with a round that is the same for both. */
function on(log: 'embedded' | 'kafka', open: (server: Server, bench: Bench) => Promise<Entrant['round']>): Contender {
  return {
    name: log === 'embedded' ? 'herald' : 'herald on Kafka',
    role: log === 'embedded' ? 'herald' : 'limit',
    async open(bench) {
      const where = log === 'embedded' ? null : { brokers: bench.brokers, topic: await bench.topic('embedded') }
      const server = await startHerald(where)
      return { round: await open(server, bench), close: () => server.stop() }
    },
  }
}

async function endOf(server: Server): Promise<number> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ partitions { end } }"}',
  })
  const { data } = (await response.json()) as { data: { partitions: { end: string }[] } }
  return Number(data.partitions[0]!.end)
}

const publishing =
  async (server: Server, { generator }: Bench) =>
  async (seconds: number) => {
    const begin = await endOf(server)
    const before = server.usage().cpuMs
    const { events, errors, firstError, ...took } = await generator.run({
      kind: 'http',
      port: server.port,
      connections: CONNECTIONS,
      seconds,
      request: {
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify({ query: JOIN, variables: { guildName: 'test_guild1' } }),
      },
      expect: '"offset":"',
    })
    const cpuMs = server.usage().cpuMs - before
    if (errors > 0) throw new Error(`${errors} errors, the first: ${firstError}`)
    const written = (await endOf(server)) - begin
    if (written !== events) throw new Error(`${events} events were acknowledged and ${written} are in the log`)
    return { cpu: (cpuMs * 1_000) / events, rate: events / took.seconds, p50: took.p50Ms, p99: took.p99Ms }
  }

const replaying = async (server: Server, bench: Bench) => {
  const total = Math.max(1_000, Math.round(REPLAYED * bench.scale))
  while ((await endOf(server)) < total) {
    await publishingLoad(server, bench, 0.5)
  }
  return async (atLeast: number) => {
    const end = await endOf(server)
    const before = server.usage().cpuMs
    let read = 0
    let took = 0
    // One reading takes 0.2 s, of which the kernel's clock of CPU time knows a few ticks.
    do {
      const job = { kind: 'replay', port: server.port, query: PAGE, total: end } as const
      const { events, seconds } = await bench.generator.run(job)
      if (events !== end) throw new Error(`${events} events of ${end} were read`)
      read += events
      took += seconds
    } while (took < atLeast)
    return { cpu: ((server.usage().cpuMs - before) * 1_000) / read, rate: read / took }
  }
}

const streaming =
  async (server: Server, { generator, scale }: Bench) =>
  async (seconds: number) => {
    const subscribers = Math.max(10, Math.round(SUBSCRIBERS * scale))
    const { group } = await generator.run({ kind: 'join', port: server.port, subscribers, query: SUBSCRIPTION })
    try {
      await delay(300)
      const before = server.usage().cpuMs
      const source = { kind: 'mutation', port: server.port } as const
      const result = await generator.run({ kind: 'fanout', group, source, seconds, ahead: 4 })
      const cpuMs = server.usage().cpuMs - before
      if (result.fault !== null) throw new Error(result.fault)
      return { cpu: (cpuMs * 1_000) / result.deliveries, rate: result.deliveries / result.seconds }
    } finally {
      await generator.run({ kind: 'leave', group })
    }
  }

async function publishingLoad(server: Server, bench: Bench, seconds: number): Promise<void> {
  await (await publishing(server, bench))(seconds)
}

const row = (label: string): Row => ({
  label,
  figure: 'cpu',
  against: 'herald on Kafka',
  unit: 'x on Kafka',
  goal: 1,
})

export const embeddedScenarios: readonly Scenario[] = [
  {
    name: 'embedded-mutation',
    title: 'Embedded log: mutation',
    rows: [row('embedded log: mutation')],
    contenders: [on('embedded', publishing), on('kafka', publishing)],
    warmSeconds: 3,
    roundSeconds: 1.5,
  },
  {
    name: 'embedded-replay',
    title: 'Embedded log: replay',
    rows: [row('embedded log: replay')],
    contenders: [on('embedded', replaying), on('kafka', replaying)],
    warmSeconds: 2,
    roundSeconds: 1,
  },
  {
    name: 'embedded-fanout',
    title: 'Embedded log: fan-out',
    rows: [row('embedded log: fan-out to 100')],
    contenders: [on('embedded', streaming), on('kafka', streaming)],
    warmSeconds: 2,
    roundSeconds: 1.5,
  },
]
