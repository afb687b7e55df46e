/**
 * From the fitted costs to sizes that were not measured: how many gateways of one core each it takes, and what each of
 * them is busy with. A gateway is full at 70 % of its core, and at so many connections as MAX_CONNECTIONS lets in.
 */
import type { Costs } from './costs.ts'
import { figure, table } from './table.ts'

/** Of a core. */
const FULL = 0.7
/** What following may take of that before the events are better split into several topics. */
const FOLLOWING = FULL / 2
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
  readonly audiences: number
  readonly deliveries: number
  readonly publishing: number
}

/** What one of `gateways` has to do. */
type LoadOf = (demand: Demand, gateways: number) => Load

export function extrapolate(costs: Costs): string {
  const toAll: LoadOf = ({ subscribers, events }, gateways) => ({
    following: events * costs.deliver.base,
    audiences: 0,
    deliveries: (events * costs.deliver.slope * subscribers) / gateways,
    publishing: (events * costs.publish.slope * 1e6) / gateways,
  })
  const toGuilds: LoadOf = ({ subscribers, events }, gateways) => ({
    following: events * costs.follow.slope * 1e6,
    // Its members are anywhere: a gateway has nearly as many guilds as subscribers, until it has all of them.
    audiences: events * costs.audiences.slope * Math.min(subscribers / gateways, subscribers / GUILD),
    deliveries: (events * costs.deliver.slope * Math.min(GUILD, subscribers)) / gateways,
    publishing: (events * costs.publish.slope * 1e6) / gateways,
  })
  return [
    '**Every event goes to every subscriber**, who all ask for the same:',
    sizes(costs, toAll, [
      { subscribers: 1_000, events: 100 },
      { subscribers: 1_000, events: 1_000 },
      { subscribers: 10_000, events: 100 },
      { subscribers: 100_000, events: 10 },
      { subscribers: 100_000, events: 100 },
      { subscribers: 1_000_000, events: 1 },
      { subscribers: 1_000_000, events: 10 },
    ]),
    `**Every event is for one guild of ${GUILD}**, and each subscriber asks for that of its own guild; members are connected to any gateway:`,
    sizes(costs, toGuilds, [
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

function sizes(costs: Costs, loadOf: LoadOf, demands: readonly Demand[]): string {
  const heads = [
    ...['subscribers', 'events/s', 'topics', 'partitions each', 'gateways in all', 'subscribers each', 'MB each'],
    ...['read from Kafka, Gbit/s', "brokers' cores", 'most of a gateway goes into'],
  ]
  return table(
    heads,
    demands.map((demand) => {
      const topics = Math.max(1, Math.ceil(loadOf(demand, 1).following / (FOLLOWING * 1e6)))
      const part = { subscribers: demand.subscribers / topics, events: demand.events / topics }
      const gateways = gatewaysFor(part, loadOf)
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

/** The fewest that are not full. */
function gatewaysFor(demand: Demand, loadOf: LoadOf): number {
  const isEnough = (gateways: number) => {
    const cores = Object.values(loadOf(demand, gateways)).reduce((sum: number, value: number) => sum + value, 0) / 1e6
    return cores <= FULL && demand.subscribers / gateways <= CONNECTIONS
  }
  let most = 1
  while (!isEnough(most)) most *= 2
  let least = Math.floor(most / 2)
  while (most - least > 1) {
    const middle = Math.floor((most + least) / 2)
    if (isEnough(middle)) most = middle
    else least = middle
  }
  return most
}
