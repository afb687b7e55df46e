/** A load generator as its owner sees it: a process that takes jobs. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, ResultOf } from './jobs.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

export interface Generator {
  /** How busy its process was in the busiest job since this was asked last, in % of a core; null: there was none. */
  takeBusiest(): number | null
  /** Rejects with the generator's error. */
  run<J extends Job>(job: J): Promise<ResultOf<J>>
  close(): Promise<void>
}

/** `busy` is the CPU time of the generator in % of the job's time. */
type Answer = {
  readonly number: number
  readonly result?: unknown
  readonly busy?: number
  readonly error?: string
}
/** Opening sockets is no load. */
const NO_LOAD: readonly Job['kind'][] = ['join', 'leave', 'hear']

export function startGenerator(): Generator {
  const child = fork(WORKER, { execArgv: ['--import', 'tsx'] })
  const waiting = new Map<
    number,
    { kind: Job['kind']; resolve: (result: unknown) => void; reject: (error: Error) => void }
  >()
  let busiest: number | null = null
  let last = 0
  child.on('message', ({ number, result, busy, error }: Answer) => {
    const job = waiting.get(number)
    waiting.delete(number)
    if (job !== undefined && busy !== undefined && !NO_LOAD.includes(job.kind)) busiest = Math.max(busiest ?? 0, busy)
    if (error === undefined) job?.resolve(result)
    else job?.reject(new Error(error))
  })
  const exited = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the load generator ended'))
  })
  return {
    takeBusiest() {
      const taken = busiest
      busiest = null
      return taken
    },
    run<J extends Job>(job: J) {
      return new Promise<ResultOf<J>>((resolve, reject) => {
        waiting.set(++last, { kind: job.kind, resolve: resolve as (result: unknown) => void, reject })
        child.send({ number: last, job })
      })
    },
    async close() {
      child.disconnect()
      await exited
    },
  }
}
