/** The load generator's process: does the jobs that it gets over IPC, one after the other. */
import type { Job } from './jobs.ts'
import { publishOverHttp, publishOverSockets } from './publish.ts'
import { replayPages } from './replay.ts'
import { fanOut, first, hear, join, leave, pace } from './subscribers.ts'

process.on('message', async ({ number, job }: { number: number; job: Job }) => {
  try {
    const before = process.cpuUsage()
    const begin = performance.now()
    const result = await run(job)
    const { user, system } = process.cpuUsage(before)
    process.send?.({ number, result, busy: (user + system) / 10 / (performance.now() - begin) })
  } catch (error) {
    process.send?.({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
process.on('disconnect', () => process.exit(0))

async function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'http':
      return publishOverHttp(job)
    case 'socket':
      return publishOverSockets(job)
    case 'replay':
      return replayPages(job)
    case 'join':
      return join(job)
    case 'fanout':
      return fanOut(job)
    case 'pace':
      return pace(job)
    case 'hear':
      return hear(job)
    case 'first':
      return first(job)
    case 'leave':
      return leave(job)
  }
}
