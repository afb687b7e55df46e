/**
 * From the fitted costs to sizes that were not measured: how many gateways of one core each it takes, and what each of
 * them is busy with. A gateway is full at 70 % of its core, and at so many connections as MAX_CONNECTIONS lets in.
 */
import type { Costs } from './costs.ts'
import { figure, table } from './table.ts'

/** Of a core. */
const FULL = 0.7
/** Twice as many topics must save so large a share of the gateways to be worth it. */
const WORTH = 0.25
const MAX_TOPICS = 256
const CONNECTIONS = 20_000
/** A record with its headers, and its share of a batch. */
const RECORD_BYTES = 450
const MAX_PARTITIONS = 512
/** How many subscribers are meant by an event that is not for all. */
const GUILD = 100

interface Demand {
  readonly subscribers: number
  /** Events published a second. */
  readonly events: number
}

/** Microseconds of CPU time a second. */
interface Load {
  readonly following: number
  /** Putting an event into words, for each audience that it is for. */
  readonly rendering: number
  readonly audiences: number
  readonly deliveries: number
  readonly publishing: number
}

/** What one of `gateways` has to do. */
type LoadOf = (demand: Demand, gateways: number) => Load

export function extrapolate(costs: Costs): string {
  const follow = costs.follow.slope * 1e6
  const render = Math.max(0, costs.deliver.base - follow)
  const publish = costs.publish.slope * 1e6
  const toAll: LoadOf = ({ subscribers, events }, gateways) => ({
    following: events * follow,
    rendering: events * render,
    audiences: 0,
    deliveries: (events * costs.deliver.slope * subscribers) / gateways,
    publishing: (events * publish) / gateways,
  })
  const toGuilds: LoadOf = ({ subscribers, events }, gateways) => ({
    following: events * follow,
    // Its members are anywhere: a gateway has nearly as many guilds as subscribers, until it has all of them.
    rendering: events * render * Math.min(1, GUILD / gateways),
    audiences: events * costs.audiences.slope * Math.min(subscribers / gateways, subscribers / GUILD),
    // A subscriber to whom nothing comes hears once a second how far the log is.
    deliveries: (costs.deliver.slope * (events * Math.min(GUILD, subscribers) + subscribers)) / gateways,
    publishing: (events * publish) / gateways,
  })
  return [
    '**Every event goes to every subscriber**, who all ask for the same:',
    sizes(costs, toAll, 1, [
      { subscribers: 1_000, events: 100 },
      { subscribers: 1_000, events: 1_000 },
      { subscribers: 10_000, events: 100 },
      { subscribers: 100_000, events: 10 },
      { subscribers: 100_000, events: 100 },
      { subscribers: 1_000_000, events: 1 },
      { subscribers: 1_000_000, events: 10 },
    ]),
    `**Every event is for one guild of ${GUILD}**, and each subscriber asks for that of its own guild; members are connected to any gateway:`,
    sizes(costs, toGuilds, MAX_TOPICS, [
      { subscribers: 1_000, events: 1_000 },
      { subscribers: 10_000, events: 1_000 },
      { subscribers: 10_000, events: 10_000 },
      { subscribers: 100_000, events: 10_000 },
      { subscribers: 1_000_000, events: 10_000 },
      { subscribers: 1_000_000, events: 100_000 },
      { subscribers: 1_000_000, events: 1_000_000 },
    ]),
  ].join('\n\n')
}

function sizes(costs: Costs, loadOf: LoadOf, maxTopics: number, demands: readonly Demand[]): string {
  const heads = [
    ...['subscribers', 'events/s', 'topics', 'partitions each', 'gateways in all', 'subscribers each', 'MB each'],
    ...['read from Kafka, Gbit/s', "brokers' cores", 'most of a gateway goes into'],
  ]
  return table(
    heads,
    demands.map((demand) => {
      const { topics, part, gateways } = split(demand, loadOf, maxTopics)
      const each = part.subscribers / gateways
      const load = loadOf(part, gateways)
      const [[most]] = Object.entries(load).sort(([, a], [, b]) => b - a) as [[string, number]]
      const cores = Object.values(load).reduce((sum: number, value: number) => sum + value, 0) / 1e6
      return [
        ...[demand.subscribers, demand.events, topics],
        Math.min(MAX_PARTITIONS, Math.ceil(part.events / costs.most.rate)),
        ...[topics * gateways, Math.round(each)],
        Math.round((costs.memory.base + each * costs.memory.slope) / 1e6),
        figure((demand.events * gateways * RECORD_BYTES * 8) / 1e9),
        figure((demand.events * costs.most.broker) / 1e6),
        cores < FULL / 2 ? 'nothing: connections' : most,
      ]
    }),
  )
}

/** Into so many topics, each with gateways and subscribers of its own, that twice as many would save little. */
function split(demand: Demand, loadOf: LoadOf, maxTopics: number): { topics: number; part: Demand; gateways: number } {
  const into = (topics: number) => {
    const part = { subscribers: demand.subscribers / topics, events: demand.events / topics }
    return { topics, part, gateways: gatewaysFor(part, loadOf) }
  }
  let best = into(1)
  for (let topics = 2; topics <= maxTopics; topics *= 2) {
    const next = into(topics)
    if (topics * next.gateways > (1 - WORTH) * best.topics * best.gateways) continue
    best = next
  }
  return best
}

/** The fewest that are not full; Infinity where following alone is too much for each. */
function gatewaysFor(demand: Demand, loadOf: LoadOf): number {
  const isEnough = (gateways: number) => {
    const cores = Object.values(loadOf(demand, gateways)).reduce((sum: number, value: number) => sum + value, 0) / 1e6
    return cores <= FULL && demand.subscribers / gateways <= CONNECTIONS
  }
  let most = 1
  while (!isEnough(most)) {
    most *= 2
    if (most > 2 ** 40) return Number.POSITIVE_INFINITY
  }
  let least = Math.floor(most / 2)
  while (most - least > 1) {
    const middle = Math.floor((most + least) / 2)
    if (isEnough(middle)) most = middle
    else least = middle
  }
  return most
}
