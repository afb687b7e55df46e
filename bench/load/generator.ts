/** A load generator as its owner sees it: a process that takes jobs. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, ResultOf } from './jobs.ts'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

export interface Generator {
  readonly pid: number
  /** Rejects with the generator's error. */
  run<J extends Job>(job: J): Promise<ResultOf<J>>
  close(): Promise<void>
}

type Answer = { readonly number: number; readonly result?: unknown; readonly error?: string }

export function startGenerator(): Generator {
  const child = fork(WORKER, { execArgv: ['--import', 'tsx'] })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  child.on('message', ({ number, result, error }: Answer) => {
    const job = waiting.get(number)
    waiting.delete(number)
    if (error === undefined) job?.resolve(result)
    else job?.reject(new Error(error))
  })
  const exited = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the load generator ended'))
  })
  return {
    pid: child.pid!,
    run<J extends Job>(job: J) {
      return new Promise<ResultOf<J>>((resolve, reject) => {
        waiting.set(++last, { resolve: resolve as (result: unknown) => void, reject })
        child.send({ number: last, job })
      })
    },
    async close() {
      child.disconnect()
      await exited
    },
  }
}
