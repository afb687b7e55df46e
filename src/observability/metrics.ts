/**
 * What `/metrics` tells, in Prometheus's format. Labels take few values: declared events, codes, transports,
 * partitions (512 at most). What the hot path counts is read here when it is asked; what must be asked of the log
 * is bounded in time, since a scrape is no place to wait for a log that is away.
 *
 * `aggregator` says what becomes of a figure where several processes serve one port (workers/): what they count or
 * hold is added up; of what each sees of the same log, the worst is told.
 */
import { setTimeout } from 'node:timers/promises'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { EventLog, Vector } from '../log/event-log.ts'
import { channels, type Transport } from './channels.ts'
import { counts } from './counts.ts'
import { collectProcessMetrics, type Report } from './process-metrics.ts'

/** The outcome that is no error's code. */
const ACKNOWLEDGED = 'acknowledged'
const TRANSPORTS: readonly Transport[] = ['ws', 'sse']
/** How long a scrape waits for the log's ends. */
const ENDS_MS = 1_000

/** The process's one tail, as `tail_lag_*` needs it. */
export interface TailPlace {
  /** Null while the log was never reached. */
  readonly vector: Vector | null
  /** When the last record that the tail handed out was written, in milliseconds since 1970; null: none yet. */
  readonly recordAt: number | null
}

export interface MetricsSources {
  /** Types of the events that can be published, `GuildJoined`: each is counted from 0, so that its first shows as a rise. */
  readonly events: readonly string[]
  readonly log: EventLog
  readonly tail: () => TailPlace
}

/** What a scrape is answered. */
export interface MetricsPage {
  readonly contentType: string
  text(): Promise<string>
}

export class Metrics implements MetricsPage {
  readonly #registry = new Registry()

  constructor({ events, log, tail }: MetricsSources) {
    collectProcessMetrics(this.#registry)
    new Gauge({ name: 'herald_workers', help: 'Processes that serve the port', registers: [this.#registry] }).set(1)
    this.#publishing(events, log)
    this.#streaming()
    this.#log(log, tail)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** The same as data, to be put together with that of other processes. */
  report(): Promise<Report> {
    return this.#registry.getMetricsAsJSON()
  }

  #publishing(events: readonly string[], log: EventLog): void {
    const registers = [this.#registry]
    // Counted here and told when it is asked: prom-client sorts and joins the labels at each event.
    const published = new Map(events.map((event) => [event, new Map([[ACKNOWLEDGED, 0]])]))
    new Counter({
      name: 'herald_publish_total',
      help: 'Events that were to be published, by what became of them: acknowledged, or the code of the error',
      labelNames: ['event', 'outcome'],
      registers,
      collect() {
        this.reset()
        for (const [event, outcomes] of published) {
          for (const [outcome, count] of outcomes) this.inc({ event, outcome }, count)
        }
      },
    })
    const seconds = new Histogram({
      name: 'herald_publish_ack_seconds',
      help: 'Time from the request to the acknowledgement of the log',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    })
    channels.published.subscribe(({ event, error, seconds: took }) => {
      const outcomes = published.get(event)!
      const outcome = error ?? ACKNOWLEDGED
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (error === null) seconds.observe(took)
    })
    const batches = new Histogram({
      name: 'herald_batch_events',
      help: 'Events of a batch that the log acknowledged together',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
      registers,
    })
    channels.batched.subscribe(({ events }) => batches.observe(events))
    new Gauge({
      name: 'herald_queue_events',
      help: 'Events that wait for the acknowledgement of the log',
      registers,
      collect() {
        this.set(log.queued())
      },
    })
  }

  #streaming(): void {
    const registers = [this.#registry]
    const subscribers = new Gauge({
      name: 'herald_subscribers',
      help: 'Subscriptions that are open',
      labelNames: ['transport'],
      registers,
    })
    for (const transport of TRANSPORTS) subscribers.set({ transport }, 0)
    const ended = new Counter({
      name: 'herald_subscribers_ended_total',
      help: 'Subscriptions that ended: complete, client (it left), stopping, or the code of the error',
      labelNames: ['reason'],
      registers,
    })
    channels.subscribed.subscribe(({ transport }) => subscribers.inc({ transport }))
    channels.unsubscribed.subscribe(({ transport, reason }) => {
      subscribers.dec({ transport })
      ended.inc({ reason })
    })
    new Counter({
      name: 'herald_delivered_total',
      help: 'Events sent to subscribers, one for each subscription that got it',
      labelNames: ['transport'],
      registers,
      collect() {
        this.reset()
        for (const transport of TRANSPORTS) this.inc({ transport }, counts.delivered[transport])
      },
    })
    new Counter({
      name: 'herald_replay_events_total',
      help: 'Events in the pages of replays',
      registers,
      collect() {
        this.reset()
        this.inc(counts.replayed)
      },
    })
  }

  #log(log: EventLog, tail: () => TailPlace): void {
    const registers = [this.#registry]
    new Gauge({
      name: 'herald_log_up',
      help: 'Whether the log answers: 1 or 0',
      aggregator: 'min',
      registers,
      collect() {
        this.set(log.health().up ? 1 : 0)
      },
    })
    const seconds = new Gauge({
      name: 'herald_tail_lag_seconds',
      help: 'For how long there have been records that subscribers could not yet have; 0 where they have them all',
      aggregator: 'max',
      registers,
    })
    // A topic may have been quiet for hours before the record came that is not yet handed out.
    let caughtUpAt = Date.now()
    new Gauge({
      name: 'herald_tail_lag_events',
      help: 'Offsets of a partition between what subscribers could have and the end of the log',
      labelNames: ['partition'],
      aggregator: 'max',
      registers,
      // Both gauges by one question, so that they speak of the same moment.
      async collect() {
        const ends = await endsOf(log)
        // Read after the ends: what the tail handed out meanwhile is no lag.
        const { vector, recordAt } = tail()
        this.reset()
        if (ends === null || vector === null) return
        let lag = 0
        for (const [partition, end] of ends.entries()) {
          const behind = Math.max(0, end - (vector[partition] ?? 0))
          lag += behind
          this.set({ partition: String(partition) }, behind)
        }
        const now = Date.now()
        if (lag === 0) caughtUpAt = now
        seconds.set(Math.max(0, now - Math.max(recordAt ?? 0, caughtUpAt)) / 1_000)
      },
    })
  }
}

/** Null where the log is away: then nobody knows, and no figure is better than an old one. */
async function endsOf(log: EventLog): Promise<Vector | null> {
  if (!log.health().up) return null
  const late = new AbortController()
  try {
    return await Promise.race([log.ends(), setTimeout(ENDS_MS, null, { signal: late.signal })])
  } catch {
    return null
  } finally {
    late.abort()
  }
}
