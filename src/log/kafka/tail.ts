/**
 * Following the whole topic without a consumer group: no join, no group rights, no place but our own vector,
 * which survives everything. One loop for each leader parks one fetch for all partitions that it leads, on a
 * connection of its own; at any error the connection is dropped, and after a short pause the leaders are
 * asked for again.
 *
 * What this process wrote itself is there as soon as it is acknowledged: where the vector stands right before it, it is
 * taken at once, and not only when Kafka brings it, half a millisecond later (measured).
 *
 * So an answer may begin before the vector, also during an election, when two leaders' loops ask for the same
 * partition: of an answer counts what is behind the vector, and an error only where the vector still stands where it
 * was asked.
 *
 * Back-pressure: the next batch waits until the caller is done with the one before, and each leader's loop holds one
 * answer at most meanwhile. What the caller takes at once is taken in the turn in which the answer came, before more is
 * asked for: to ask takes as long as to deliver an event.
 */
import { once } from 'node:events'
import type { Batch, Take, Vector } from '../event-log.ts'
import type { Connector } from './connector.ts'
import type { Link } from './link.ts'
import type { KafkaLogNotice } from './notice.ts'
import type { Offsets } from './offsets.ts'
import type { Producer } from './producer.ts'
import { CODE, FETCH, type Fetched, fetchRequest, parseFetch } from './protocol.ts'
import { expired, lostIn } from './reader.ts'
import { type AbortedTransaction, decodeBatches } from './record-batch.ts'
import { OVER, pause, unlessAborted } from './time.ts'
import type { Topic } from './topic.ts'

const MAX_WAIT_MS = 500
const PARTITION_BYTES = 1024 * 1024
const ANSWER_BYTES = 4 * 1024 * 1024
const RETRY_MS = 200
/** How long a place past the end may wait for a lagging leader, before the log has surely lost it. */
const PAST_END_MS = 10_000

export interface TailOptions {
  readonly topic: Topic
  readonly offsets: Offsets
  readonly connector: Connector
  readonly producer: Pick<Producer, 'onWritten'>
  readonly from: Vector
  readonly take: Take
  readonly signal: AbortSignal
  readonly notify: (notice: KafkaLogNotice) => void
}

/** See the port's `tail`. */
export async function tail(options: TailOptions): Promise<void> {
  if (options.signal.aborted) return
  await new Follower(options).run()
}

class Follower {
  readonly #options: TailOptions
  readonly #topic: Topic
  /** Behind what was given to the caller. */
  readonly #vector: number[]
  readonly #stop = new AbortController()
  readonly #loops = new Map<number, Promise<void>>()
  readonly #pastEndSince = new Map<number, number>()
  #topicId: Buffer | null = null
  /** While the caller is busy with a batch; never rejects. */
  #taking: Promise<void> | null = null
  /** Whether it was done with the last batch at once. If not, it rests or has much to do, and is not hurried. */
  #takesAtOnce = true
  #failure: { readonly error: unknown } | null = null

  constructor(options: TailOptions) {
    this.#options = options
    this.#topic = options.topic
    this.#vector = [...options.from]
  }

  /** Resolves, or rejects, when every loop has ended and its connection is closed. */
  async run(): Promise<void> {
    const { signal } = this.#options
    const stopped = once(this.#stop.signal, 'abort')
    const onAbort = () => this.#stop.abort(OVER)
    signal.addEventListener('abort', onAbort)
    const leave = [
      this.#topic.onRefresh(() => this.#follow()),
      this.#options.producer.onWritten((...written) => this.#offered(...written)),
    ]
    this.#follow()
    await stopped
    for (const unsubscribe of leave) unsubscribe()
    signal.removeEventListener('abort', onAbort)
    await Promise.all(this.#loops.values())
    await this.#taking
    if (this.#failure !== null) throw this.#failure.error
  }

  /** After each refresh: sees to it that every leader has a loop. */
  #follow(): void {
    const view = this.#topic.view
    if (view === null || this.#stop.signal.aborted || this.#failure !== null) return
    this.#topicId ??= view.topicId
    if (!view.topicId.equals(this.#topicId)) {
      this.#fail(expired('the topic was deleted and made again'))
      return
    }
    while (this.#vector.length < view.leaders.length) this.#vector.push(0)
    for (const leader of new Set(view.leaders)) {
      if (leader < 0 || this.#loops.has(leader)) continue
      const loop = this.#loop(leader, this.#topicId).finally(() => {
        this.#loops.delete(leader)
      })
      this.#loops.set(leader, loop)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stop.abort(OVER)
  }

  async #loop(leader: number, topicId: Buffer): Promise<void> {
    const stop = this.#stop.signal
    let link: Link | null = null
    const onStop = () => link?.close()
    stop.addEventListener('abort', onStop)
    try {
      while (!stop.aborted) {
        const view = this.#topic.view
        const address = view?.brokers.get(leader)
        const partitions = [...this.#vector.keys()].filter((partition) => view?.leaders[partition] === leader)
        if (address === undefined || partitions.length === 0) return
        try {
          if (link === null || link.closed) {
            const opening = this.#options.connector.open(address)
            link = await unlessAborted(opening, stop)
            if (link === null) {
              opening.then(
                (late) => late.close(),
                () => {},
              )
              return
            }
          }
          if (await this.#fetch(link, topicId, partitions)) continue
        } catch (error) {
          if (stop.aborted) return
          this.#options.notify({ level: 'debug', message: 'the tail lost a leader', leader, error: String(error) })
        }
        link?.close()
        await pause(RETRY_MS, stop)
        await unlessAborted(
          this.#topic.refresh().catch(() => {}),
          stop,
        )
      }
    } finally {
      stop.removeEventListener('abort', onStop)
      link?.close()
    }
  }

  /** One fetch. Resolves to false if the leader is to be asked for again. */
  #fetch(link: Link, topicId: Buffer, partitions: readonly number[]): Promise<boolean> {
    const asked = this.#vector.slice()
    const request = fetchRequest({
      topicId,
      // In another order each time: the answer is filled from the front, and a busy partition must not starve others.
      partitions: rotated(partitions).map((partition) => ({ partition, offset: asked[partition]! })),
      maxWaitMs: MAX_WAIT_MS,
      maxBytes: ANSWER_BYTES,
      partitionBytes: PARTITION_BYTES,
    })
    return link.send(FETCH, request, (answer) => this.#answered(parseFetch(answer), asked))
  }

  /** `asked`: where the vector stood. Resolves to false if the leader is to be asked for again. */
  async #answered(answer: ReturnType<typeof parseFetch>, asked: Vector): Promise<boolean> {
    let fine = answer.errorCode === CODE.NONE
    for (const part of answer.partitions) {
      while (this.#taking !== null) await this.#taking
      if (this.#stop.signal.aborted) return true
      const hasMoved = asked[part.partition] !== this.#vector[part.partition]
      if (hasMoved && part.errorCode !== CODE.NONE) continue
      if (!(await this.#take(part))) fine = false
    }
    return fine
  }

  async #take({ partition, errorCode, aborted, batches }: Fetched): Promise<boolean> {
    if (errorCode === CODE.OFFSET_OUT_OF_RANGE) return this.#outOfRange(partition)
    if (errorCode !== CODE.NONE) return false
    this.#pastEndSince.delete(partition)
    this.#moveOn(partition, batches, aborted)
    return true
  }

  #offered(partition: number, baseOffset: number, batch: Buffer): void {
    if (!this.#takesAtOnce || this.#taking !== null || this.#stop.signal.aborted) return
    if (this.#vector[partition] === baseOffset) this.#moveOn(partition, batch, [])
  }

  /** Hands on what is behind the vector. */
  #moveOn(partition: number, batches: Buffer, aborted: readonly AbortedTransaction[]): void {
    const from = this.#vector[partition]!
    const toHole = this.#topic.settings.deleteOnly
    const decoded = decodeBatches(batches, partition, from, Number.MAX_SAFE_INTEGER, aborted, { toHole })
    const { records, next, bytes, hole } = decoded
    const lost = hole && lostIn(this.#topic, partition, hole)
    if (lost) return this.#fail(lost)
    if (next === from) return
    this.#vector[partition] = next
    this.#hand({ partition, records, next, bytes })
  }

  #hand(batch: Batch): void {
    try {
      const taken = this.#options.take(batch)
      this.#takesAtOnce = taken === undefined
      if (taken === undefined) return
      this.#taking = taken
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#taking = null
        })
    } catch (error) {
      this.#fail(error)
    }
  }

  async #outOfRange(partition: number): Promise<boolean> {
    const place = this.#vector[partition]!
    const beginning = await this.#options.offsets.beginning(partition)
    const since = this.#pastEndSince.get(partition) ?? performance.now()
    this.#pastEndSince.set(partition, since)
    if (place < beginning) this.#fail(expired('retention has removed the events behind it'))
    else if (performance.now() - since > PAST_END_MS) this.#fail(expired('the log ends before it'))
    return false
  }
}

function rotated<T>(items: readonly T[]): readonly T[] {
  if (items.length === 1) return items
  const start = Math.floor(Math.random() * items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}
