/** What `/metrics` tells, in Prometheus's format. Labels take few values: declared events, codes, transports. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EventLog } from '../log/event-log.ts'
import { channels } from './channels.ts'

export class Metrics {
  readonly #registry = new Registry()

  constructor(log: EventLog) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    const published = new Counter({
      name: 'herald_publish_total',
      help: 'Events that were to be published, by what became of them: acknowledged, or the code of the error',
      labelNames: ['event', 'outcome'],
      registers,
    })
    const seconds = new Histogram({
      name: 'herald_publish_ack_seconds',
      help: 'Time from the request to the acknowledgement of the log',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    })
    const subscribers = new Gauge({
      name: 'herald_subscribers',
      help: 'Subscriptions that are open',
      labelNames: ['transport'],
      registers,
    })
    new Gauge({
      name: 'herald_log_up',
      help: 'Whether the log answers: 1 or 0',
      registers,
      collect() {
        this.set(log.health().up ? 1 : 0)
      },
    })
    for (const transport of ['ws', 'sse']) subscribers.set({ transport }, 0)
    channels.published.subscribe(({ event, error, seconds: took }) => {
      published.inc({ event, outcome: error ?? 'acknowledged' })
      if (error === null) seconds.observe(took)
    })
    channels.subscribed.subscribe(({ transport, change }) => subscribers.inc({ transport }, change))
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
