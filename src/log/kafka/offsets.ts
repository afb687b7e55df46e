/**
 * Offsets of every partition (ListOffsets), asked of the leaders freshly, read-committed. An error sends the
 * question to the new leader until the deadline: after an election the old one refuses, a new one may not
 * know its end yet, and a partition that was just created is not hosted yet.
 */
import type { Links } from './links.ts'
import { CODE, EARLIEST, LATEST, LIST_OFFSETS, listOffsetsRequest, parseListOffsets } from './protocol.ts'
import { attempt, pause } from './time.ts'
import type { Topic, View } from './topic.ts'

/** The port's bound is 5 s. */
const DEADLINE_MS = 4_500
const RETRY_MS = 100

export class Offsets {
  readonly #topic: Topic
  readonly #links: Links

  constructor(topic: Topic, links: Links) {
    this.#topic = topic
    this.#links = links
  }

  /** The read-committed end of every partition. Throws LOG_UNAVAILABLE. */
  ends(): Promise<number[]> {
    return this.#all(LATEST)
  }

  /** The oldest offset kept, of every partition. Throws LOG_UNAVAILABLE. */
  beginnings(): Promise<number[]> {
    return this.#all(EARLIEST)
  }

  /** The first record at or after a time, in every partition; the end where there is none. */
  async at(timestamp: number): Promise<number[]> {
    // Kafka reads -1 and -2 as latest and earliest.
    if (timestamp < 0) return this.beginnings()
    const found = await this.#all(Math.min(Math.ceil(timestamp), Number.MAX_SAFE_INTEGER))
    if (!found.includes(-1)) return found
    const ends = await this.ends()
    return found.map((offset, partition) => (offset < 0 ? (ends[partition] ?? 0) : offset))
  }

  /** The oldest offset kept of one partition. Throws LOG_UNAVAILABLE. */
  async beginning(partition: number): Promise<number> {
    return (await this.#collect(EARLIEST, [partition])).get(partition) ?? 0
  }

  async #all(timestamp: number): Promise<number[]> {
    const offsets = await this.#collect(timestamp, null)
    return Array.from({ length: offsets.size }, (_, partition) => offsets.get(partition)!)
  }

  async #collect(timestamp: number, partitions: readonly number[] | null): Promise<Map<number, number>> {
    const asked = this.#ask(timestamp, partitions, performance.now() + DEADLINE_MS)
    const offsets = await attempt(asked, DEADLINE_MS, this.#topic.closed)
    if (offsets === null) throw this.#topic.unavailable()
    return offsets
  }

  async #ask(timestamp: number, partitions: readonly number[] | null, deadline: number): Promise<Map<number, number>> {
    const { closed } = this.#topic
    const offsets = new Map<number, number>()
    let view = await this.#topic.usable(deadline)
    for (;;) {
      const wanted = partitions ?? [...view.leaders.keys()]
      const missing = wanted.filter((partition) => !offsets.has(partition))
      if (missing.length === 0) return offsets
      const leaders = new Set(missing.map((partition) => view.leaders[partition] ?? -1))
      const asked = [...leaders].map((leader) => {
        const group = missing.filter((partition) => (view.leaders[partition] ?? -1) === leader)
        return this.#askLeader(view, leader, group, timestamp, offsets)
      })
      await Promise.allSettled(asked)
      if (wanted.every((partition) => offsets.has(partition))) return offsets
      await pause(RETRY_MS, closed)
      if (closed.aborted || performance.now() > deadline) throw this.#topic.unavailable()
      view = await this.#topic.refresh().catch(() => view)
    }
  }

  async #askLeader(
    view: View,
    leader: number,
    partitions: readonly number[],
    timestamp: number,
    offsets: Map<number, number>,
  ): Promise<void> {
    const address = view.brokers.get(leader)
    if (address === undefined) return
    const request = listOffsetsRequest(this.#topic.name, partitions, timestamp)
    const answer = await this.#links.use(address, (link) => link.send(LIST_OFFSETS, request, parseListOffsets))
    for (const [partition, { errorCode, offset }] of answer) {
      if (errorCode === CODE.NONE) offsets.set(partition, offset)
    }
  }
}
