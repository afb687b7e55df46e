/**
 * How long a delivery takes that comes alone, to one subscriber, and how long the first one is deaf. Who hears is a
 * process of its own: one that publishes, too, is busy with its acknowledgement when the event comes.
 */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { heraldOn, peerOn, type Start, startHerald, startLimit } from '../contenders.ts'
import { SUBSCRIPTION } from '../load/events.ts'
import { startGenerator } from '../load/generator.ts'
import type { EventSource } from '../load/jobs.ts'
import type { Server } from '../process.ts'
import type { Bench, Contender, Figures, Scenario } from '../scenario.ts'
import { percentiles } from '../statistics.ts'

const PACE_MS = 5
/** At the pace of a round it would take minutes until V8 has settled. */
const WARM_S = 4

interface Hearer {
  /** How long ago each event was sent that came since this was asked last, in nanoseconds. */
  heard(): Promise<readonly number[]>
  close(): Promise<void>
}

async function subscriberOf({ port }: Server): Promise<Hearer> {
  const subscriber = startGenerator()
  const { group } = await subscriber.run({ kind: 'join', port, subscribers: 1, query: SUBSCRIPTION })
  return {
    heard: async () => (await subscriber.run({ kind: 'hear', group })).latenciesNs,
    async close() {
      await subscriber.run({ kind: 'leave', group })
      await subscriber.close()
    },
  }
}

async function consumerOf(brokers: string, topic: string): Promise<Hearer> {
  const { child, stop } = await startLimit('consumer', brokers, topic)
  child.send({ follow: topic })
  return {
    async heard() {
      child.send({ report: true })
      const [{ latenciesNs }] = (await once(child, 'message')) as [{ latenciesNs: number[] }]
      return latenciesNs
    },
    close: stop,
  }
}

/** Warms what publishes and all who hear it. A round gives the figures of each of them, in their order. */
async function paced({ generator }: Bench, source: EventSource, hearers: readonly Hearer[]) {
  const job = { kind: 'pace', source, everyMs: PACE_MS } as const
  for (const { heard } of hearers) {
    do await generator.run({ ...job, seconds: 0.1 })
    while ((await heard()).length === 0)
  }
  await generator.run({ ...job, seconds: WARM_S, everyMs: 0 })
  await delay(500)
  for (const { heard } of hearers) await heard()
  return async (seconds: number): Promise<Figures[]> => {
    const { sent } = await generator.run({ ...job, seconds })
    await delay(500)
    const figures: Figures[] = []
    for (const { heard } of hearers) figures.push(figuresOf(await heard(), sent))
    return figures
  }
}

function figuresOf(latenciesNs: readonly number[], sent: number): Figures {
  if (latenciesNs.length !== sent) throw new Error(`${latenciesNs.length} of ${sent} events were delivered`)
  return percentiles(latenciesNs.map((ns) => ns / 1e6))
}

/** Of events that others write into the topic. */
function deliveredOfOthers(name: string, role: Contender['role'], open: typeof consumerOf): Contender {
  return {
    name,
    role,
    async open(bench) {
      const { brokers } = bench
      const topic = await bench.topic('delivery')
      const hearer = await open(brokers, topic)
      const pace = await paced(bench, { kind: 'topic', brokers, topic }, [hearer])
      return {
        round: async (seconds) => (await pace(seconds))[0]!,
        close: () => hearer.close(),
      }
    },
  }
}

async function heraldHears(brokers: string, topic: string): Promise<Hearer> {
  const server = await startHerald({ brokers, topic })
  const { heard, close } = await subscriberOf(server)
  return {
    heard,
    async close() {
      await close()
      await server.stop()
    },
  }
}

/** Of mutations at the gateway. Both hear the same events at the same time: whoever's turn is first runs for both. */
function deliveredHere(): readonly Contender[] {
  let pace: (seconds: number) => Promise<Figures[]>
  let heard: (Figures | undefined)[] = []
  const roundOf = (index: number) => async (seconds: number) => {
    if (heard[index] === undefined) heard = await pace(seconds)
    const figures = heard[index]!
    heard[index] = undefined
    return figures
  }
  const herald: Contender = {
    name: 'herald',
    role: 'herald',
    async open(bench) {
      const topic = await bench.topic('delivery-here')
      const server = await startHerald({ brokers: bench.brokers, topic })
      const hearers = [await subscriberOf(server), await consumerOf(bench.brokers, topic)]
      pace = await paced(bench, { kind: 'mutation', port: server.port }, hearers)
      return {
        round: roundOf(0),
        async close() {
          for (const { close } of hearers) await close()
          await server.stop()
        },
      }
    },
  }
  const consumer: Contender = {
    name: 'bare consumer',
    role: 'limit',
    open: async () => ({ round: roundOf(1), close: async () => {} }),
  }
  return [herald, consumer]
}

/** A new process for each round, on a broker whose groups wait 3 s as Kafka's do by default. */
function firstSubscriber(name: string, role: Contender['role'], start: Start): Contender {
  return {
    name,
    role,
    async open(bench) {
      const brokers = await bench.slowBroker()
      return {
        async round() {
          const topic = await bench.topic(name, { brokers })
          const server = await start(brokers, topic)
          try {
            const { liveMs } = await bench.generator.run({
              kind: 'first',
              port: server.port,
              query: SUBSCRIPTION,
              brokers,
              topic,
            })
            return { live: liveMs }
          } finally {
            await server.stop()
          }
        },
        close: async () => {},
      }
    },
  }
}

const rows = (what: string): Scenario['rows'] => [
  { label: `delivered p50, ${what}`, figure: 'p50', against: 'bare consumer', unit: 'x limit', goal: 1.1 },
  { label: `delivered p99, ${what}`, figure: 'p99', against: 'bare consumer', unit: 'x limit', goal: 1.5 },
]

export const deliveryScenarios: readonly Scenario[] = [
  {
    name: 'delivery',
    title: 'Delivered to one subscriber, published at its gateway',
    rows: rows('published here'),
    contenders: deliveredHere(),
    warmSeconds: 1.5,
    roundSeconds: 2.5,
  },
  {
    name: 'delivery-others',
    title: 'Delivered to one subscriber, written into the topic by others',
    rows: rows('written by others'),
    contenders: [
      deliveredOfOthers('herald', 'herald', heraldHears),
      deliveredOfOthers('bare consumer', 'limit', consumerOf),
    ],
    warmSeconds: 1.5,
    roundSeconds: 2.5,
  },
  {
    name: 'first-subscriber',
    title: 'First subscriber live',
    rows: [{ label: 'first subscriber live', figure: 'live', against: null, unit: 'ms', goal: 50 }],
    contenders: [
      firstSubscriber('herald', 'herald', heraldOn),
      firstSubscriber('group joined by the first subscriber', 'peer', peerOn('yoga', 'join-late')),
    ],
    warmSeconds: 0,
    roundSeconds: 0,
  },
]
