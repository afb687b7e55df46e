/**
 * A worker: a gateway like any other, which listens to its primary too. What that says is handed on as the signal that
 * it stands for, so that a gateway is stopped, and reads again whom to let in, in one way.
 *
 * A worker whose primary is gone (kill -9) stops as at SIGTERM: the port was the primary's, and is free at once.
 */
import cluster, { type Worker } from 'node:cluster'
import type { Surroundings } from '../gateway.ts'
import type { Metrics, MetricsPage } from '../observability/metrics.ts'
import type { FromPrimary, FromWorker } from './messages.ts'

/** How long a scrape waits for the others; then it is told of this process alone. */
const PAGE_MS = 4_000

export interface Primary extends Surroundings {
  /** Tells the primary that the start is refused, and ends the process. */
  refused(message: string): Promise<never>
}

export function joinPrimary(worker: Worker = cluster.worker!): Primary {
  let metrics: Metrics | null = null
  let lastQuestion = 0
  const waiting = new Map<number, (page: string) => void>()

  process.on('message', (message: FromPrimary) => {
    switch (message.kind) {
      case 'stop':
        return process.emit('SIGTERM')
      case 'reload':
        return process.emit('SIGHUP')
      case 'askReport': {
        const { question } = message
        return void metrics?.report().then((report) => tell({ kind: 'report', question, report }))
      }
      case 'page':
        return waiting.get(message.question)?.(message.page)
    }
  })
  worker.on('disconnect', () => {
    // Else node:cluster ends the process at once, and with it the requests under way.
    worker.exitedAfterDisconnect = true
    process.emit('SIGTERM')
  })

  async function pageOfAll(own: Metrics): Promise<string> {
    const question = ++lastQuestion
    const page = await new Promise<string | null>((resolve) => {
      const late = setTimeout(() => resolve(null), PAGE_MS)
      waiting.set(question, (page) => {
        clearTimeout(late)
        resolve(page)
      })
      tell({ kind: 'askPage', question })
    })
    waiting.delete(question)
    return page ?? own.text()
  }

  return {
    name: { worker: worker.id, pid: process.pid },
    serving: (table) => void tell({ kind: 'serving', table }),
    metricsOf(own): MetricsPage {
      metrics = own
      return { contentType: own.contentType, text: () => pageOfAll(own) }
    },
    async refused(message) {
      await tell({ kind: 'refused', message })
      process.exit(1)
    },
  }
}

/** Resolves when it is on its way, or nobody is there any more to be told. */
function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve()
    process.send?.(message, undefined, undefined, () => resolve())
  })
}
