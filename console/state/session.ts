/** All that the page knows, and who tells whom: the stream feeds the list, the rates and the replay's progress. */
import type { Catalogue } from '../api/catalogue.ts'
import { shortCursor } from '../words.ts'
import { Follower, type Start } from './follower.ts'
import { History } from './history.ts'
import { Partitions } from './partitions.ts'
import { Progress } from './progress.ts'
import { Rates } from './rates.ts'

export interface Session {
  readonly catalogue: Catalogue
  readonly follower: Follower
  readonly history: History
  readonly rates: Rates
  readonly partitions: Partitions
  readonly progress: Progress
  /** Begins the stream anew. */
  begin(start: Start): Promise<void>
  close(): void
}

/** Starts to follow; `close` it. */
export function openSession(catalogue: Catalogue): Session {
  const [history, rates, partitions, progress] = [new History(), new Rates(), new Partitions(), new Progress()]
  const follower = new Follower(catalogue, {
    begun(_start, coveredFrom) {
      history.clear(coveredFrom > 0)
      rates.clear(coveredFrom)
    },
    events(events) {
      history.push(events)
      rates.push(events)
      progress.push(events)
    },
    lost: (error) => history.note(`Connection lost. ${error.message}`),
    resumed: ({ cursor }) => history.note(`Resumed after cursor ${shortCursor(cursor)}`),
  })
  const unhear = follower.onChange(() => {
    if (follower.connection.state === 'live') progress.end()
  })
  partitions.watch()
  follower.begin({ from: 'now' })
  return {
    catalogue,
    follower,
    history,
    rates,
    partitions,
    progress,
    async begin(start) {
      if (start.from === 'now') progress.clear()
      else {
        await partitions.refresh()
        progress.begin(partitions.all, start.from === 'beginning')
      }
      follower.begin(start)
    },
    close() {
      unhear()
      follower.close()
      partitions.close()
    },
  }
}
