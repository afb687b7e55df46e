/**
 * `/metrics` of several workers: whichever is asked, all are told of. Each reports, the reports are put together by
 * prom-client's aggregators. One that is late (its machine is busy, it hangs) is left out, but for what it had counted;
 * so is one that died: a counter that fell would look to Prometheus as if everything had been counted anew.
 */
import type { Worker } from 'node:cluster'
import { Counter, Registry } from 'prom-client'
import { collectProcessMetrics, countsOf, pageOf, type Report } from '../observability/process-metrics.ts'

/** How long a scrape waits for a worker. */
const LATE_MS = 2_000

interface Question {
  readonly waitsFor: Set<Worker>
  readonly done: () => void
}

export class Reports {
  readonly #own = new Registry()
  readonly #deaths: Counter
  /** What each that lives has told last. */
  readonly #last = new Map<Worker, Report>()
  /** What those that are gone had counted. */
  #gone: Promise<Report> = Promise.resolve([])
  readonly #questions = new Map<number, Question>()
  #lastQuestion = 0
  /** Who asks while reports are being gathered gets the same page. */
  #gathering: Promise<string> | null = null

  constructor() {
    collectProcessMetrics(this.#own)
    this.#deaths = new Counter({
      name: 'herald_worker_deaths_total',
      help: 'Workers that ended without being told to, and were replaced',
      registers: [this.#own],
    })
  }

  /** The page of all. `ask` has one of them report under that number. */
  page(workers: readonly Worker[], ask: (worker: Worker, question: number) => void): Promise<string> {
    this.#gathering ??= this.#gather(workers, ask).finally(() => {
      this.#gathering = null
    })
    return this.#gathering
  }

  take(worker: Worker, question: number, report: Report): void {
    this.#last.set(worker, report)
    this.#tick(worker, question)
  }

  died(): void {
    this.#deaths.inc()
  }

  left(worker: Worker): void {
    const last = this.#last.get(worker)
    this.#last.delete(worker)
    if (last !== undefined) this.#gone = this.#gone.then((gone) => countsOf([gone, last]))
    for (const question of this.#questions.keys()) this.#tick(worker, question)
  }

  async #gather(workers: readonly Worker[], ask: (worker: Worker, question: number) => void): Promise<string> {
    const question = ++this.#lastQuestion
    const waitsFor = new Set(workers)
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, LATE_MS)
      const done = () => {
        clearTimeout(late)
        resolve()
      }
      this.#questions.set(question, { waitsFor, done })
      for (const worker of workers) ask(worker, question)
    })
    this.#questions.delete(question)
    const known = [...this.#last].map(([worker, report]) => (waitsFor.has(worker) ? countsOf([report]) : report))
    return pageOf(await Promise.all([this.#own.getMetricsAsJSON(), this.#gone, ...known]))
  }

  #tick(worker: Worker, number: number): void {
    const question = this.#questions.get(number)
    question?.waitsFor.delete(worker)
    if (question?.waitsFor.size === 0) question.done()
  }
}
