/** Fan-out to many WebSockets, and what an idle one costs. */
import { setTimeout as delay } from 'node:timers/promises'
import { heraldOn, limitOn, peerOn, type Start } from '../contenders.ts'
import { SUBSCRIPTION } from '../load/events.ts'
import type { Contender, Figures, Scenario } from '../scenario.ts'

/** Events that are published before the slowest subscriber has the first of them. */
const AHEAD = 4
const IDLE = 10_000
/** Enough to tell what each costs, where each costs ten times as much and takes ten times as long to open. */
const IDLE_OF_PEER = 2_000
/** V8 gives memory back when it has nothing to do. */
const SETTLE_MS = 1_500

function broadcaster(name: string, role: Contender['role'], subscribers: number, start: Start): Contender {
  return {
    name,
    role,
    async open(bench) {
      const topic = await bench.topic(name)
      const server = await start(bench.brokers, topic)
      const count = Math.max(10, Math.round(subscribers * bench.scale))
      return {
        async round(seconds) {
          const { group } = await bench.generator.run({
            kind: 'join',
            port: server.port,
            subscribers: count,
            query: role === 'limit' ? null : SUBSCRIPTION,
          })
          try {
            // Joining is no part of the figure.
            await delay(300)
            const before = server.usage().cpuMs
            const result = await bench.generator.run({
              kind: 'fanout',
              group,
              source: { kind: 'topic', brokers: bench.brokers, topic },
              seconds,
              ahead: AHEAD,
            })
            const cpuMs = server.usage().cpuMs - before
            if (result.fault !== null) throw new Error(result.fault)
            return { cpu: (cpuMs * 1_000) / result.deliveries, rate: result.deliveries / result.seconds }
          } finally {
            await bench.generator.run({ kind: 'leave', group })
          }
        },
        close: () => server.stop(),
      }
    },
  }
}

/** Memory of an idle subscriber; a new process for each round. */
function idler(name: string, role: Contender['role'], start: Start): Contender {
  return {
    name,
    role,
    async open(bench) {
      const topic = await bench.topic(name)
      const subscribers = Math.max(100, Math.round((role === 'peer' ? IDLE_OF_PEER : IDLE) * bench.scale))
      return {
        async round(): Promise<Figures> {
          const server = await start(bench.brokers, topic)
          try {
            await delay(500)
            const empty = server.usage().residentBytes
            const { group } = await bench.generator.run({
              kind: 'join',
              port: server.port,
              subscribers,
              query: role === 'limit' ? null : SUBSCRIPTION,
            })
            await delay(SETTLE_MS)
            const full = server.usage().residentBytes
            // They must be subscribers still: each gets an event.
            const { fault } = await bench.generator.run({
              kind: 'fanout',
              group,
              source: { kind: 'topic', brokers: bench.brokers, topic },
              seconds: 0.1,
              ahead: 1,
            })
            await bench.generator.run({ kind: 'leave', group })
            if (fault !== null) throw new Error(fault)
            return { each: (full - empty) / subscribers / 1_000 }
          } finally {
            await server.stop()
          }
        },
        close: async () => {},
      }
    },
  }
}

const rawOn = limitOn('broadcast')

const contenders = (subscribers: number) => [
  broadcaster('herald', 'herald', subscribers, heraldOn),
  broadcaster('raw ws', 'limit', subscribers, rawOn),
]

export const fanOutScenarios: readonly Scenario[] = [
  {
    name: 'fanout-1000',
    title: 'Fan-out to 1,000 WebSockets',
    rows: [{ label: 'fan-out to 1,000 WebSockets', figure: 'cpu', against: 'raw ws', unit: 'x limit', goal: 0.95 }],
    contenders: [
      ...contenders(1_000),
      broadcaster('mercurius', 'peer', 1_000, peerOn('mercurius', 'live')),
      broadcaster('Apollo + graphql-kafkajs-subscriptions', 'peer', 1_000, peerOn('apollo', 'live')),
      broadcaster('stock Yoga', 'peer', 1_000, peerOn('yoga', 'live')),
    ],
    warmSeconds: 2,
    roundSeconds: 1.5,
  },
  {
    name: 'fanout-100',
    title: 'Fan-out to 100 WebSockets',
    rows: [{ label: 'fan-out to 100 WebSockets', figure: 'cpu', against: 'raw ws', unit: 'x limit', goal: 0.95 }],
    contenders: [...contenders(100), broadcaster('raw ws again', 'limit', 100, rawOn)],
    warmSeconds: 2,
    roundSeconds: 1.5,
  },
  {
    name: 'idle-10000',
    title: '10,000 idle subscribers',
    rows: [
      {
        label: '10,000 idle subscribers, memory each',
        figure: 'each',
        against: 'raw ws',
        unit: 'x limit',
        goal: 1.25,
      },
    ],
    contenders: [
      idler('herald', 'herald', heraldOn),
      idler('raw ws', 'limit', rawOn),
      idler('stock Yoga', 'peer', peerOn('yoga', 'live')),
    ],
    warmSeconds: 0,
    roundSeconds: 0,
  },
]
