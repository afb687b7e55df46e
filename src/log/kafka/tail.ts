/**
 * Following the whole topic without a consumer group: no join, no group rights, no place but our own vector,
 * which survives everything. One loop for each leader parks one fetch for all partitions that it leads, on a
 * connection of its own; at any error the connection is dropped, and after a short pause the leaders are
 * asked for again.
 *
 * An answer counts only where the vector still stands at the offset that was asked for: two leaders' loops
 * may ask for the same partition during an election, and only the first answer moves it on.
 *
 * Back-pressure: nobody fetches while the caller has not taken what was fetched before. So a fetch is under way while
 * the caller works on the answer to the one before, and a caller that is in no hurry gets fewer and larger answers.
 */
import type { HeraldError } from '../../errors.ts'
import type { Batch, Vector } from '../event-log.ts'
import type { Connector } from './connector.ts'
import type { Link } from './link.ts'
import type { KafkaLogNotice } from './notice.ts'
import type { Offsets } from './offsets.ts'
import { CODE, FETCH, type Fetched, fetchRequest, parseFetch } from './protocol.ts'
import { expired, lostIn } from './reader.ts'
import { decodeBatches } from './record-batch.ts'
import { pause, unlessAborted } from './time.ts'
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
  readonly from: Vector
  readonly signal: AbortSignal
  readonly notify: (notice: KafkaLogNotice) => void
}

/** See the port's `tail`. */
export async function* tail(options: TailOptions): AsyncGenerator<Batch, void> {
  if (options.signal.aborted) return
  const follower = new Follower(options)
  try {
    yield* follower.batches()
  } finally {
    await follower.close()
  }
}

class Follower {
  readonly #options: TailOptions
  readonly #topic: Topic
  readonly #vector: number[]
  readonly #stop = new AbortController()
  readonly #loops = new Map<number, Promise<void>>()
  readonly #pastEndSince = new Map<number, number>()
  #topicId: Buffer | null = null
  readonly #queue: Batch[] = []
  #failure: HeraldError | null = null
  #wakeCaller: () => void = () => {}
  /** Resolves when the queue has been emptied. */
  #emptied: Promise<void> = Promise.resolve()
  #wakeLoops: () => void = () => {}

  constructor(options: TailOptions) {
    this.#options = options
    this.#topic = options.topic
    this.#vector = [...options.from]
  }

  async *batches(): AsyncGenerator<Batch, void> {
    const { signal } = this.#options
    const onAbort = () => this.#wakeCaller()
    signal.addEventListener('abort', onAbort)
    const unsubscribe = this.#topic.onRefresh(() => this.#follow())
    try {
      this.#follow()
      while (!signal.aborted) {
        const batch = this.#queue.shift()
        if (batch !== undefined) {
          if (this.#queue.length === 0) this.#wakeLoops()
          yield batch
        } else if (this.#failure !== null) {
          throw this.#failure
        } else {
          await new Promise<void>((resolve) => {
            this.#wakeCaller = resolve
          })
        }
      }
    } finally {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Resolves when every loop has ended and its connection is closed. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#wakeLoops()
    await Promise.all(this.#loops.values())
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

  #fail(failure: HeraldError): void {
    this.#failure ??= failure
    this.#stop.abort()
    this.#wakeLoops()
    this.#wakeCaller()
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
        if (this.#queue.length > 0) {
          await this.#emptied
          continue
        }
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
          if (await this.#fetch(link, topicId, partitions)) {
            // What was fetched is handed out before more is asked for: to ask takes as long as to deliver an event.
            if (this.#queue.length > 0) await new Promise((resolve) => setImmediate(resolve))
            continue
          }
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
  async #fetch(link: Link, topicId: Buffer, numbers: readonly number[]): Promise<boolean> {
    const partitions = numbers.map((partition) => ({ partition, offset: this.#vector[partition]! }))
    const asked = new Map(partitions.map(({ partition, offset }) => [partition, offset]))
    const request = fetchRequest({
      topicId,
      // In another order each time: the answer is filled from the front, and a busy partition must not starve others.
      partitions: rotated(partitions),
      maxWaitMs: MAX_WAIT_MS,
      maxBytes: ANSWER_BYTES,
      partitionBytes: PARTITION_BYTES,
    })
    const answer = parseFetch(await link.send(FETCH, request))
    if (this.#stop.signal.aborted) return true
    let fine = answer.errorCode === CODE.NONE
    for (const part of answer.partitions) {
      if (asked.get(part.partition) !== this.#vector[part.partition]) continue
      if (!(await this.#take(part))) fine = false
    }
    return fine
  }

  async #take({ partition, errorCode, aborted, batches }: Fetched): Promise<boolean> {
    if (errorCode === CODE.OFFSET_OUT_OF_RANGE) return this.#outOfRange(partition)
    if (errorCode !== CODE.NONE) return false
    this.#pastEndSince.delete(partition)
    const from = this.#vector[partition]!
    const toHole = this.#topic.settings.deleteOnly
    const decoded = decodeBatches(batches, partition, from, Number.MAX_SAFE_INTEGER, aborted, { toHole })
    const { records, next, bytes, hole } = decoded
    if (hole !== null) {
      const lost = lostIn(this.#topic, partition, hole)
      if (lost !== null) {
        this.#fail(lost)
        return true
      }
    }
    if (next === from) return true
    this.#vector[partition] = next
    if (this.#queue.length === 0) {
      this.#emptied = new Promise((resolve) => {
        this.#wakeLoops = resolve
      })
    }
    this.#queue.push({ partition, records, next, bytes })
    this.#wakeCaller()
    return true
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

function rotated<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}
