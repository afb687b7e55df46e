/**
 * Reading a stretch of one partition. One fetch is under way while the caller works on the answer before it,
 * never more. The end is reached by offsets, not by records: the last offsets before it may hold none.
 */
import { HeraldError } from '../../errors.ts'
import type { Batch, ReadOptions } from '../event-log.ts'
import type { Links } from './links.ts'
import type { Offsets } from './offsets.ts'
import { CODE, FETCH, type Fetched, fetchRequest, parseFetch } from './protocol.ts'
import { type Decoded, decodeBatches } from './record-batch.ts'
import { anySignal, attempt, pause, unlessAborted } from './time.ts'
import type { Topic, View } from './topic.ts'

const DEFAULT_BATCH_BYTES = 1024 * 1024
/** The data is known to be there: parking is for the moment after a failover. */
const MAX_WAIT_MS = 200
const NO_PROGRESS_MS = 4_500
const RETRY_MS = 100

export class LogReader {
  readonly #topic: Topic
  readonly #links: Links
  readonly #offsets: Offsets

  constructor(topic: Topic, links: Links, offsets: Offsets) {
    this.#topic = topic
    this.#links = links
    this.#offsets = offsets
  }

  /** See the port's `read`. */
  async *read(partition: number, from: number, to: number, options: ReadOptions = {}): AsyncGenerator<Batch, void> {
    const { signal, batchBytes = DEFAULT_BATCH_BYTES } = options
    if (from >= to || signal?.aborted === true) return
    const left = new AbortController()
    const { signal: stop, release } = anySignal(signal === undefined ? [left.signal] : [signal, left.signal])
    try {
      const view = await unlessAborted(this.#topic.usable(performance.now() + NO_PROGRESS_MS), stop)
      if (view === null) return
      const fetch = (next: number) => this.#next(view.topicId, partition, next, to, batchBytes, stop)
      let coming = fetch(from)
      for (;;) {
        const decoded = await coming
        if (decoded === null) return
        const { records, next, bytes } = decoded
        const more = next < to
        if (more) {
          coming = fetch(next)
          // Awaited only if the caller asks on.
          coming.catch(() => {})
        }
        yield { partition, records, next, bytes }
        if (!more) return
      }
    } finally {
      left.abort()
      release()
    }
  }

  /** Fetches until there is progress; null when aborted. Throws CURSOR_EXPIRED, or LOG_UNAVAILABLE after 5 s. */
  async #next(
    topicId: Buffer,
    partition: number,
    from: number,
    to: number,
    bytes: number,
    stop: AbortSignal,
  ): Promise<Decoded | null> {
    const deadline = performance.now() + NO_PROGRESS_MS
    const left = () => deadline - performance.now()
    let emptyAnswers = 0
    let view = this.#topic.view
    while (!stop.aborted) {
      if (view !== null && !view.topicId.equals(topicId)) throw expired('its topic was deleted and made again')
      let trouble = true
      const answer =
        view === null ? null : await attempt(this.#fetch(view, topicId, partition, from, bytes), left(), stop)
      if (stop.aborted) return null
      if (answer?.errorCode === CODE.NONE) {
        const decoded = decodeBatches(answer.batches, partition, from, to, answer.aborted)
        if (decoded.next > from) return decoded
        // Nothing at or behind `from`, although the end is further on: compaction has taken it all away.
        if (answer.stableEnd >= to && ++emptyAnswers >= 2) return { ...decoded, next: to }
        trouble = false
      } else if (answer?.errorCode === CODE.OFFSET_OUT_OF_RANGE) {
        // Past the end it may come true yet: after a failover the new leader's end lags.
        const beginning = await attempt(this.#offsets.beginning(partition), left(), stop)
        if (beginning !== null && from < beginning) throw expired('retention has removed the events behind it')
      }
      if (left() <= 0) throw this.#topic.unavailable()
      if (trouble) {
        await pause(RETRY_MS, stop)
        view = (await attempt(this.#topic.refresh(), left(), stop)) ?? this.#topic.view
      }
    }
    return null
  }

  async #fetch(view: View, topicId: Buffer, partition: number, offset: number, bytes: number): Promise<Fetched | null> {
    const address = view.brokers.get(view.leaders[partition] ?? -1)
    if (address === undefined) return null
    const request = fetchRequest({
      topicId,
      partitions: [{ partition, offset }],
      maxWaitMs: MAX_WAIT_MS,
      maxBytes: bytes,
      partitionBytes: bytes,
    })
    const answer = parseFetch(await this.#links.use(address, (link) => link.send(FETCH, request)))
    return answer.partitions.find((part) => part.partition === partition) ?? null
  }
}

/** The error for a place that is gone for good. */
export function expired(why: string): HeraldError {
  return new HeraldError('CURSOR_EXPIRED', `The place in the log is gone: ${why}.`)
}
