/**
 * Reading a stretch of one partition, in runs of bounded length out of what fetches bring. A fetch begins as large as
 * what is wanted and doubles where more is; the next one is under way while the caller works on the one before it,
 * never more, and none at all where what is wanted is there. The end is reached by offsets, not by records: the last
 * offsets before it may hold none.
 *
 * Where nothing is ever compacted away a hole between two batches is an error: events are missing there.
 */
import { HeraldError } from '../../errors.ts'
import type { Batch, ReadOptions } from '../event-log.ts'
import { fetchSizes } from '../fetch-sizes.ts'
import { FetchedRun, FetchedRuns } from './fetched-runs.ts'
import type { Links } from './links.ts'
import type { Offsets } from './offsets.ts'
import { CODE, FETCH, type Fetched, fetchRequest, parseFetch } from './protocol.ts'
import { type Decoded, decodeBatches, endOfBatches } from './record-batch.ts'
import { attempt, OVER, pause, unlessAborted } from './time.ts'
import type { Topic, View } from './topic.ts'

/** Whoever reads the log through in small pages is brought this much at once. */
const THROUGH_BYTES = 512 * 1024
/** Records that are handed out at once. */
const RUN = 1_024
/** The data is known to be there: parking is for the moment after a failover. */
const MAX_WAIT_MS = 200
const NO_PROGRESS_MS = 4_500
const RETRY_MS = 100

/** What one read asks for, at whatever offset it is. */
interface Stretch {
  readonly topicId: Buffer
  readonly partition: number
  readonly to: number
  readonly stop: AbortSignal
}

export class LogReader {
  readonly #topic: Topic
  readonly #links: Links
  readonly #offsets: Offsets
  readonly #runs = new FetchedRuns()

  constructor(topic: Topic, links: Links, offsets: Offsets) {
    this.#topic = topic
    this.#links = links
    this.#offsets = offsets
  }

  /** See the port's `read`. */
  async *read(partition: number, from: number, to: number, options: ReadOptions = {}): AsyncGenerator<Batch, void> {
    const { signal, records: wanted = Number.POSITIVE_INFINITY } = options
    if (from >= to || signal?.aborted === true) return
    const { closed } = this.#topic
    const leaving = new AbortController()
    const { signal: stop } = leaving
    const leave = () => leaving.abort(OVER)
    signal?.addEventListener('abort', leave)
    closed.addEventListener('abort', leave)
    if (closed.aborted) leave()
    try {
      const view =
        this.#topic.view ?? (await unlessAborted(this.#topic.usable(performance.now() + NO_PROGRESS_MS), stop))
      if (view === null) return this.#failIfClosed(signal)
      const stretch: Stretch = { topicId: view.topicId, partition, to, stop }
      const through = this.#runs.before(stretch.topicId, partition, from)
      const sizes = fetchSizes(options, through === null ? 0 : Math.min(THROUGH_BYTES, 2 * through.batches.length))
      const fetch = (next: number) => {
        const coming = this.#next(stretch, next, sizes.next().value)
        // Awaited only if the caller asks on.
        coming.catch(() => {})
        return coming
      }
      const known = this.#runs.holding(stretch.topicId, partition, from)
      let coming: Promise<Run | null> | null =
        known === null ? null : Promise.resolve(this.#begun(known, stretch, from))
      for (let next = from; next < to; ) {
        const run: Run | null = await (coming ?? fetch(next))
        if (run === null) return this.#failIfClosed(signal)
        const behind = run.bytes === null ? run.decoded.next : Math.max(run.bytes.next, run.decoded.next)
        coming = behind < to && behind - from < wanted ? fetch(behind) : null
        for (let decoded = run.decoded; ; decoded = this.#decode(run.bytes!, stretch, next)) {
          next = decoded.next
          const lost = decoded.hole && lostIn(this.#topic, partition, decoded.hole)
          if (lost) throw lost
          yield { partition, records: decoded.records, next, bytes: decoded.bytes }
          if (next >= behind || next >= to) break
        }
      }
    } finally {
      signal?.removeEventListener('abort', leave)
      closed.removeEventListener('abort', leave)
      leave()
    }
  }

  /** A read that its caller gives up just ends. */
  #failIfClosed(signal: AbortSignal | undefined): void {
    if (signal?.aborted !== true && this.#topic.closed.aborted) throw this.#topic.unavailable()
  }

  #begun(bytes: FetchedRun, stretch: Stretch, from: number): Run {
    return { bytes, decoded: this.#decode(bytes, stretch, from) }
  }

  /** The next records out of what a fetch brought. */
  #decode(run: FetchedRun, { partition, to }: Stretch, from: number): Decoded {
    const { plainOf } = run
    const toHole = this.#topic.settings.deleteOnly
    return decodeBatches(run.batches, partition, from, to, run.aborted, { limit: RUN, toHole, plainOf })
  }

  /** Fetches until there is progress; null when aborted. Throws CURSOR_EXPIRED, or LOG_UNAVAILABLE after 5 s. */
  async #next(stretch: Stretch, from: number, bytes: number): Promise<Run | null> {
    const { topicId, partition, to, stop } = stretch
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
        const { batches, aborted } = answer
        const next = endOfBatches(batches) ?? from
        if (next > from) {
          const run = new FetchedRun({ topicId, partition, from, next, batches, aborted })
          const begun = this.#begun(run, stretch, from)
          this.#runs.keep(run)
          return begun
        }
        emptyAnswers++
        if (answer.stableEnd >= to && emptyAnswers >= 2 && !this.#topic.settings.deleteOnly) {
          // Nothing at or behind `from`, although the end is further on: compaction has taken it all away.
          return { bytes: null, decoded: { records: [], next: to, bytes: 0, hole: null } }
        }
        // The first time it may be a leader whose end lags; again, and another one is asked for.
        trouble = emptyAnswers >= 2
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
    const answer = await this.#links.use(address, (link) => link.send(FETCH, request, parseFetch))
    return answer.partitions.find((part) => part.partition === partition) ?? null
  }
}

/** What a fetch brought, and the first records of it; `bytes` is null where there is nothing up to the end. */
interface Run {
  readonly bytes: FetchedRun | null
  readonly decoded: Decoded
}

/** What a hole between two batches means: an error, or nothing where compaction makes such holes. */
export function lostIn(topic: Topic, partition: number, hole: { from: number; to: number }): HeraldError | null {
  if (!topic.settings.deleteOnly) return null
  return expired(`partition ${partition} has lost its events from ${hole.from} to ${hole.to - 1}`)
}

/** The error for a place that is gone for good. */
export function expired(why: string): HeraldError {
  return new HeraldError('CURSOR_EXPIRED', `The place in the log is gone: ${why}.`)
}
