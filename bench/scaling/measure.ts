/**
 * What is measured, each over at least four points: the cost of publishing by rate, partitions, workers and gateways; of
 * following the log by rate; of fan-out by subscribers, audiences, partitions, workers and gateways; memory by
 * subscribers. Costs are CPU time (user and system) by the kernel's books, less what the gateway uses idle: that is what
 * two cores, shared with the generator and the broker, can tell. Each point is the median of its rounds.
 */
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type KafkaCluster, startKafka } from '../../tools/kafka/broker.ts'
import { startHerald } from '../contenders.ts'
import { publishOverHttp } from '../load/publish.ts'
import { type Server, sumOf, treeOf } from '../process.ts'
import { median } from '../statistics.ts'
import { Crowd, Feed } from './load.ts'
import { pin } from './machine.ts'
import { makeTopic } from './topic.ts'

const JOIN = 'mutation Join($guildName: String!) { joinGuild(guildName: $guildName) { id type record { offset } } }'
const REQUEST = {
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({ query: JOIN, variables: { guildName: 'test_guild1' } }),
} as const
const EXPECT = '"offset":"'
/** Who asks for it gets all that is fed. */
const ALL = 'subscription All { guildJoined { id type guildName } }'
const ofGuild = (guild: string) => `subscription One { guildJoined(guildName: "${guild}") { id type guildName } }`

/** Until so many events, or for so long, each process is asked before it is measured. */
const WARM = { events: 30_000, ms: 8_000, seconds: 1 }

/** One point: the name of what was varied, and what it cost. */
export interface Publishing {
  readonly gateways: number
  readonly workers: number
  readonly partitions: number
  readonly connections: number
  /** Acknowledged events a second. */
  readonly rate: number
  /** Microseconds of CPU time an event: of the gateways, of the broker. */
  readonly cpu: number
  readonly broker: number
  readonly p99Ms: number
}

export interface Following {
  /** Events a second in the topic. */
  readonly rate: number
  /** Microseconds of CPU time an event of a gateway that sends none of them to anybody. */
  readonly cpu: number
}

export interface FanOut {
  readonly gateways: number
  readonly workers: number
  readonly partitions: number
  readonly subscribers: number
  /** How many different things they ask for. */
  readonly audiences: number
  readonly rate: number
  /** Microseconds of CPU time an event of the topic, of all gateways together. */
  readonly cpu: number
}

export interface Memory {
  readonly subscribers: number
  readonly bytes: number
}

export interface Measurements {
  /** Load average of the minute before: 0 where nothing else ran. */
  readonly load: number
  readonly isPinned: boolean
  readonly idle: { readonly cores: number; readonly bytes: number; readonly workersBytes: number }
  readonly publishing: readonly Publishing[]
  readonly following: readonly Following[]
  readonly fanOut: readonly FanOut[]
  readonly memory: readonly Memory[]
}

export interface Plan {
  readonly rounds: number
  readonly seconds: number
  readonly progress: (line: string) => void
}

/** Where gateways run: alone on one core, or on both with all else. */
type Place = 'own core' | 'shared'

export async function measure(plan: Plan): Promise<Measurements> {
  plan.progress('starting Kafka')
  const kafka = await startKafka({ heapMb: 512, progress: plan.progress })
  try {
    return await new Bench(plan, kafka).run()
  } finally {
    await kafka.close()
  }
}

class Bench {
  readonly #plan: Plan
  readonly #kafka: KafkaCluster
  #isPinned = false
  /** CPU time that an idle gateway uses, in cores; of one process. */
  #idleCores = 0

  constructor(plan: Plan, kafka: KafkaCluster) {
    this.#plan = plan
    this.#kafka = kafka
  }

  async run(): Promise<Measurements> {
    const load = loadavg()[0]!
    this.#isPinned = await pin([process.pid, this.#kafka.brokers[0]!.pid!], '1')
    const idle = await this.#idle()
    const publishing = await this.#publishing()
    const following = await this.#following()
    const fanOut = await this.#fanOut()
    const memory = await this.#memory()
    return { load, isPinned: this.#isPinned, idle, publishing, following, fanOut, memory }
  }

  async #idle(): Promise<Measurements['idle']> {
    const one = await this.#gateways(1, 1, 1, 'own core')
    await delay(1_000)
    const { cpuMs } = one.usage()
    const begin = performance.now()
    await delay(3_000)
    this.#idleCores = (one.usage().cpuMs - cpuMs) / (performance.now() - begin)
    const bytes = one.usage().residentBytes
    await one.close()
    const two = await this.#gateways(1, 2, 1, 'shared')
    await delay(2_000)
    const workersBytes = two.usage().residentBytes
    await two.close()
    this.#plan.progress(`idle: ${this.#idleCores.toFixed(4)} cores, ${(bytes / 1e6).toFixed(0)} MB`)
    return { cores: this.#idleCores, bytes, workersBytes }
  }

  async #publishing(): Promise<Publishing[]> {
    const points: Publishing[] = []
    const series = async (gateways: number, workers: number, partitions: number, connections: readonly number[]) => {
      const place = gateways * workers === 1 ? 'own core' : 'shared'
      const all = await this.#gateways(gateways, workers, partitions, place)
      try {
        await warm(all)
        for (const count of connections) {
          const rounds: Publishing[] = []
          for (let round = 0; round < this.#plan.rounds; round++) {
            rounds.push({ gateways, workers, partitions, ...(await all.publish(count, this.#plan.seconds)) })
          }
          points.push(middle(rounds))
          this.#plan.progress(inWords('publish', points.at(-1)!))
        }
      } finally {
        await all.close()
      }
    }
    await series(1, 1, 1, [1, 4, 16, 64, 256])
    for (const partitions of [3, 6, 24]) await series(1, 1, partitions, [64])
    await series(1, 2, 1, [64])
    await series(1, 2, 24, [64])
    await series(2, 1, 1, [64])
    return points
  }

  async #following(): Promise<Following[]> {
    const all = await this.#gateways(1, 1, 1, 'own core')
    const crowd = await Crowd.open(all.ports, 1, () => ofGuild('nobody'))
    const points: Following[] = []
    try {
      await crowd.live(all.feed, 1, () => 'nobody')
      await all.follow(crowd, 20_000, 2, 'nobody')
      for (const rate of [1_000, 3_000, 10_000, 30_000]) {
        const rounds: Following[] = []
        for (let round = 0; round < this.#plan.rounds; round++) {
          rounds.push(await all.follow(crowd, rate, this.#plan.seconds, 'nobody'))
        }
        points.push(middle(rounds))
        this.#plan.progress(inWords('follow', points.at(-1)!))
      }
    } finally {
      crowd.close()
      await all.close()
    }
    return points
  }

  async #fanOut(): Promise<FanOut[]> {
    const points: FanOut[] = []
    const one = async (
      { gateways = 1, workers = 1, partitions = 1, rate = 200 },
      sizes: readonly number[],
      hasOwnAudience = false,
    ) => {
      const place = gateways * workers === 1 ? 'own core' : 'shared'
      const all = await this.#gateways(gateways, workers, partitions, place)
      const crowd = new Crowd()
      const guildOf = (n: number) => (hasOwnAudience ? `nobody${n}` : 'nobody')
      try {
        for (const [index, size] of sizes.entries()) {
          await crowd.grow(all.ports, size, (n) => (hasOwnAudience ? ofGuild(guildOf(n)) : ALL))
          await crowd.live(all.feed, partitions, guildOf)
          if (index === 0) await all.fanOut(crowd, rate, 2, hasOwnAudience ? 'nobody0' : null)
          const rounds: FanOut[] = []
          // So many events that the kernel's ticks of 10 ms are fine enough, so few that one core does it.
          const own = hasOwnAudience ? rate : Math.min(rate, Math.max(50, Math.round(50_000 / size)))
          for (let round = 0; round < this.#plan.rounds; round++) {
            const measured = await all.fanOut(crowd, own, this.#plan.seconds, hasOwnAudience ? 'nobody0' : null)
            const audiences = hasOwnAudience ? size : 1
            rounds.push({ gateways, workers, partitions, subscribers: size, audiences, ...measured })
          }
          points.push(middle(rounds))
          this.#plan.progress(inWords('fan-out', points.at(-1)!))
        }
      } finally {
        crowd.close()
        await all.close()
      }
    }
    await one({ rate: 1_000 }, [1, 10, 100, 1_000])
    await one({ rate: 1_000 }, [10, 30, 100, 300, 1_000], true)
    for (const partitions of [3, 6, 24, 512]) await one({ partitions, rate: 500 }, [100])
    await one({ workers: 2, rate: 500 }, [100, 1_000])
    for (const gateways of [2, 3]) await one({ gateways, rate: 500 }, [100])
    return points
  }

  async #memory(): Promise<Memory[]> {
    const all = await this.#gateways(1, 1, 1, 'own core')
    const crowd = new Crowd()
    const points: Memory[] = []
    try {
      for (const subscribers of [1_000, 2_000, 4_000, 8_000]) {
        await crowd.grow(all.ports, subscribers, () => ALL)
        await crowd.live(all.feed, 1, () => 'nobody')
        await delay(2_000)
        points.push({ subscribers, bytes: all.usage().residentBytes })
        this.#plan.progress(`memory: ${subscribers} subscribers, ${(points.at(-1)!.bytes / 1e6).toFixed(0)} MB`)
      }
    } finally {
      crowd.close()
      await all.close()
    }
    return points
  }

  /** Gateways of so many workers each, on a new topic, warm enough to be asked. */
  async #gateways(gateways: number, workers: number, partitions: number, place: Place): Promise<Gateways> {
    const topic = await makeTopic(this.#kafka.bootstrap, partitions)
    const servers: Server[] = []
    for (let n = 0; n < gateways; n++) {
      const env = { WORKERS: String(workers), MAX_CONNECTIONS: '100000' }
      servers.push(await startHerald({ brokers: this.#kafka.bootstrap, topic: topic.name, env }))
    }
    // All workers of each, not only the first.
    for (const { url } of servers) while (!(await serves(url, workers))) await delay(20)
    const pids = servers.flatMap(({ child }) => treeOf(child.pid!))
    if (this.#isPinned) await pin(pids, place === 'own core' ? '0' : '0,1')
    const feed = await Feed.open(this.#kafka.bootstrap, topic.name, partitions)
    return new Gateways(servers, feed, topic, workers, this.#kafka.brokers[0]!.pid!, () => this.#idleCores)
  }
}

class Gateways {
  readonly feed: Feed
  readonly ports: readonly number[]
  readonly #servers: readonly Server[]
  readonly #topic: Awaited<ReturnType<typeof makeTopic>>
  readonly #processes: number
  readonly #brokerPid: number
  readonly #idleCores: () => number

  constructor(
    servers: readonly Server[],
    feed: Feed,
    topic: Awaited<ReturnType<typeof makeTopic>>,
    workers: number,
    brokerPid: number,
    idleCores: () => number,
  ) {
    this.#servers = servers
    this.feed = feed
    this.#topic = topic
    this.ports = servers.map(({ port }) => port)
    this.#processes = servers.length * workers
    this.#brokerPid = brokerPid
    this.#idleCores = idleCores
  }

  /** Of all together. */
  usage(): { readonly cpuMs: number; readonly residentBytes: number } {
    const usages = this.#servers.map((server) => server.usage())
    return {
      cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      residentBytes: usages.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    }
  }

  async publish(
    connections: number,
    seconds: number,
  ): Promise<Pick<Publishing, 'connections' | 'rate' | 'cpu' | 'broker' | 'p99Ms'>> {
    const before = await this.#topic.end()
    const brokerBefore = sumOf([this.#brokerPid]).cpuMs
    const cost = this.#cost()
    const each = Math.ceil(connections / this.ports.length)
    const results = await Promise.all(
      this.ports.map((port) =>
        publishOverHttp({ kind: 'http', port, connections: each, seconds, request: REQUEST, expect: EXPECT }),
      ),
    )
    const cpuMs = cost()
    const brokerMs = sumOf([this.#brokerPid]).cpuMs - brokerBefore
    const events = results.reduce((sum, result) => sum + result.events, 0)
    const errors = results.reduce((sum, result) => sum + result.errors, 0)
    if (errors > 0) throw new Error(`${errors} errors, the first: ${results.find((one) => one.firstError)?.firstError}`)
    const written = (await this.#topic.end()) - before
    if (written !== events) throw new Error(`${events} events were acknowledged and ${written} are in the topic`)
    return {
      connections: each * this.ports.length,
      rate: results.reduce((sum, result) => sum + result.events / result.seconds, 0),
      cpu: (cpuMs * 1_000) / events,
      broker: (brokerMs * 1_000) / events,
      p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    }
  }

  /** Feeds what nobody is sent; the mark behind it tells that all was read. */
  async follow(crowd: Crowd, rate: number, seconds: number, mark: string): Promise<Following> {
    crowd.reset()
    const cost = this.#cost()
    const begin = performance.now()
    const events = await this.feed.run(rate, seconds)
    const took = (performance.now() - begin) / 1_000
    await this.feed.mark(mark)
    await crowd.until(1)
    return { rate: events / took, cpu: (cost() * 1_000) / events }
  }

  /** `mark`: where nobody is sent what is fed, the guild whose event tells the first subscriber that all was read. */
  async fanOut(
    crowd: Crowd,
    rate: number,
    seconds: number,
    mark: string | null,
  ): Promise<Pick<FanOut, 'rate' | 'cpu'>> {
    crowd.reset()
    const cost = this.#cost()
    const begin = performance.now()
    const events = await this.feed.run(rate, seconds)
    const took = (performance.now() - begin) / 1_000
    if (mark === null) await crowd.until(events)
    else {
      await this.feed.mark(mark)
      const deadline = performance.now() + 30_000
      while (crowd.counts[0] !== 1) {
        if (performance.now() > deadline) throw new Error('the mark did not come')
        await delay(2)
      }
    }
    return { rate: events / took, cpu: (cost() * 1_000) / events }
  }

  async close(): Promise<void> {
    await this.feed.close()
    await this.#topic.close()
    await Promise.all(this.#servers.map((server) => server.stop()))
  }

  /** Begins to count; what it returns tells the milliseconds of CPU time since, less what idle gateways use. */
  #cost(): () => number {
    const before = this.usage().cpuMs
    const begin = performance.now()
    return () => this.usage().cpuMs - before - this.#idleCores() * this.#processes * (performance.now() - begin)
  }
}

/** V8 compiles what it has run often enough: cold code costs many times as much, and is not what a gateway runs on. */
async function warm(gateways: Gateways): Promise<void> {
  const deadline = performance.now() + WARM.ms
  for (let events = 0; events < WARM.events && performance.now() < deadline; ) {
    const { rate } = await gateways.publish(64, WARM.seconds)
    events += rate * WARM.seconds
  }
}

async function serves(url: string, workers: number): Promise<boolean> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return text.includes(`\nherald_workers ${workers}\n`)
}

/** Figure by figure the median of the rounds. */
function middle<T extends { readonly [name in keyof T]: number }>(rounds: readonly T[]): T {
  const names = Object.keys(rounds[0]!) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as T
}

function inWords(what: string, point: object): string {
  const figures = Object.entries(point).map(
    ([name, value]) => `${name} ${Number.isInteger(value) || value >= 100 ? Math.round(value) : value.toPrecision(3)}`,
  )
  return `${what}: ${figures.join(', ')}`
}
