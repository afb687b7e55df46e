/** The lines through what was measured: what one more event, subscriber, audience or partition costs. */
import { type Line, lineThrough, type Point } from './fit.ts'
import type { FanOut, Measurements, Publishing } from './measure.ts'

/** What was fitted: microseconds of CPU time, or bytes. */
export interface Costs {
  /** Cores by acknowledged events a second, x in events a second. */
  readonly publish: Line
  /** Cores of a gateway by events a second in the topic, none of them sent to anybody. */
  readonly follow: Line
  /** Microseconds an event by subscribers that get it. */
  readonly deliver: Line
  /** Microseconds an event by audiences that do not get it. */
  readonly audiences: Line
  /** Microseconds a published event by partitions. */
  readonly publishPartitions: Line
  /** Microseconds an event sent to 100 by partitions. */
  readonly deliverPartitions: Line
  /** Bytes by subscribers. */
  readonly memory: Line
  /** At the highest rate that was measured through one partition: events a second, and the broker's microseconds an event. */
  readonly most: { readonly rate: number; readonly broker: number }
}

export function costsOf({ publishing, following, fanOut, memory, idle }: Measurements): Costs {
  const single = publishing.filter(isSingle)
  const ofOne = single.filter(({ partitions }) => partitions === 1)
  const fannedOut = fanOut.filter(isSingle)
  const inCores = ({ rate, cpu }: { readonly rate: number; readonly cpu: number }): Point => [rate, (rate * cpu) / 1e6]
  const perEvent = (points: readonly FanOut[], of: (point: FanOut) => number) =>
    lineThrough(points.map((point): Point => [of(point), point.cpu]))
  const of100 = fannedOut.filter(({ subscribers, audiences }) => subscribers === 100 && audiences === 1)
  return {
    publish: lineThrough(ofOne.map(inCores)),
    follow: lineThrough(following.map(inCores)),
    deliver: perEvent(
      fannedOut.filter(({ partitions, audiences }) => partitions === 1 && audiences === 1),
      ({ subscribers }) => subscribers,
    ),
    audiences: perEvent(audiencesOf(fannedOut), ({ audiences }) => audiences),
    publishPartitions: lineThrough(
      single.filter(({ connections }) => connections === 64).map(({ partitions, cpu }): Point => [partitions, cpu]),
    ),
    deliverPartitions: perEvent(of100, ({ partitions }) => partitions),
    memory: lineThrough([
      [0, idle.bytes] as const,
      ...memory.map(({ subscribers, bytes }): Point => [subscribers, bytes]),
    ]),
    most: ofOne.reduce((most, point) => (point.rate > most.rate ? point : most)),
  }
}

/** Those that asked for something of their own. */
export function audiencesOf(points: readonly FanOut[]): FanOut[] {
  return points.filter(({ subscribers, audiences }) => audiences === subscribers && audiences > 1)
}

export function isSingle({ gateways, workers }: Pick<Publishing, 'gateways' | 'workers'>): boolean {
  return gateways * workers === 1
}
