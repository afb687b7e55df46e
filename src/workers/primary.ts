/**
 * The primary of several workers (WORKERS): node:cluster's, which holds the port and hands connections to them in turn.
 * It serves nothing itself, so nothing that a client sends can harm it. The first worker starts alone: what refuses the
 * start is told once. From then on a worker that dies is replaced: at once, and where one dies again and again, less
 * and less often. Its clients come back to the others, with their cursors.
 */
import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Config, ConfigError } from '../config.ts'
import { createLogger, type Logger } from '../observability/logger.ts'
import type { FromPrimary, FromWorker } from './messages.ts'
import { Reports } from './reports.ts'

/** A worker that has not ended shortly before the primary itself must (main.ts) is killed. */
const KILL_MS = 9_400
/** Deaths that are longer ago are forgotten. */
const MEMORY_MS = 60_000
/** What the second death waits for its replacement; each further one twice as long, up to the most. */
const PAUSE_MS = { first: 1_000, most: 30_000 }

/** Resolves, when the first worker serves, with what stops all. Throws `ConfigError` with what that one was refused for. */
export async function startWorkers(config: Config): Promise<() => Promise<void>> {
  const logger = createLogger(config.logLevel, { pid: process.pid })
  const primary = new Primary(config, logger)
  if (config.access.kind !== 'none') process.on('SIGHUP', () => primary.reload())
  await primary.start()
  return async () => {
    logger.info('stopping')
    await primary.stop()
    logger.info('stopped')
  }
}

class Primary {
  readonly #config: Config
  readonly #logger: Logger
  readonly #reports = new Reports()
  /** What workers are told besides our own environment. */
  readonly #environment: { readonly [name: string]: string }
  /** When workers died, by the place that each has among the others. */
  readonly #deaths = new Map<number, number[]>()
  readonly #pauses = new Set<NodeJS.Timeout>()
  /** The places of the workers that live. */
  readonly #places = new Map<Worker, number>()
  /** The connection that was passed on last to each: the next goes only when it has been taken. */
  readonly #passedOn = new WeakMap<Worker, Handle>()
  /** The port that all ask for; 0 only until one is found. */
  #port: number
  #hasServed = false
  #isStopping = false
  #onServing: (table: string) => void = () => {}
  #onRefused: (error: Error) => void = () => {}
  #onGone: () => void = () => {}

  constructor(config: Config, logger: Logger) {
    this.#config = config
    this.#logger = logger
    this.#port = config.port
    // Without a secret each would seal sessions that the others cannot open.
    this.#environment = { SESSION_SECRET: config.sessionSecret ?? randomBytes(32).toString('base64url') }
    // Of the kernel's choice most connections would go to one worker.
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.on('message', (worker, message: FromWorker) => this.#hear(worker, message))
    cluster.on('exit', (worker, code, signal) => this.#exited(worker, code, signal))
  }

  async start(): Promise<void> {
    // To node:cluster, 0 is a new port for whoever comes when all others have died.
    if (this.#port === 0) this.#port = await freePort(this.#config.host)
    const table = await new Promise<string>((resolve, reject) => {
      this.#onServing = resolve
      this.#onRefused = reject
      this.#fork(1)
    })
    process.stdout.write(table)
    for (let place = 2; place <= this.#config.workers; place++) this.#fork(place)
  }

  /** Each reads again whom to let in. */
  reload(): void {
    for (const worker of this.#places.keys()) tell(worker, { kind: 'reload' })
  }

  /** Resolves when all have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const pause of this.#pauses) clearTimeout(pause)
    if (this.#places.size === 0) return
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve
    })
    for (const worker of this.#places.keys()) tell(worker, { kind: 'stop' })
    const late = setTimeout(() => {
      for (const worker of this.#places.keys()) worker.process.kill('SIGKILL')
    }, KILL_MS)
    await gone
    clearTimeout(late)
  }

  #fork(place: number): void {
    const worker = cluster.fork({ ...this.#environment, PORT: String(this.#port) })
    this.#places.set(worker, place)
    watchPassedOn(worker, (handle) => this.#passedOn.set(worker, handle))
    worker.on('error', (error) => {
      // One that could not be made has no exit. Others have, and what is said to the dead needs no hearing.
      if (worker.process.pid === undefined) this.#left(worker, String(error))
    })
  }

  #hear(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'serving':
        this.#hasServed = true
        // It was being started when all were told to stop, and did not hear it: it was killed at the end of the patience.
        if (this.#isStopping) tell(worker, { kind: 'stop' })
        return this.#onServing(message.table)
      case 'refused':
        this.#onRefused(new ConfigError(message.message))
        if (this.#hasServed) this.#logger.error({ worker: worker.id }, message.message)
        return
      case 'askPage': {
        const { question } = message
        const workers = [...this.#places.keys()]
        const ask = (one: Worker, number: number) => tell(one, { kind: 'askReport', question: number })
        return void this.#reports.page(workers, ask).then((page) => tell(worker, { kind: 'page', question, page }))
      }
      case 'report':
        return this.#reports.take(worker, message.question, message.report)
    }
  }

  #exited(worker: Worker, code: number | null, signal: string | null): void {
    const left = () => this.#left(worker, signal ?? `exit code ${code}`)
    // What it said last may still be on its way.
    if (worker.isConnected()) worker.once('disconnect', left)
    else left()
  }

  #left(worker: Worker, how: string): void {
    const place = this.#places.get(worker)
    if (place === undefined) return
    this.#places.delete(worker)
    this.#reports.left(worker)
    this.#passedOn.get(worker)?.close()
    if (this.#isStopping) {
      if (this.#places.size === 0) this.#onGone()
      return
    }
    if (!this.#hasServed)
      return this.#onRefused(new ConfigError(`WORKERS: the first one ended before it served: ${how}`))
    this.#replace(worker, place, how)
  }

  #replace(worker: Worker, place: number, how: string): void {
    this.#reports.died()
    const now = Date.now()
    const deaths = [...(this.#deaths.get(place) ?? []).filter((at) => now - at < MEMORY_MS), now]
    this.#deaths.set(place, deaths)
    const pauseMs = deaths.length === 1 ? 0 : Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** (deaths.length - 2))
    this.#logger.error(
      { worker: worker.id, workerPid: worker.process.pid, how, deaths: deaths.length, pauseMs },
      'a worker ended; another takes its place',
    )
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#fork(place)
    }, pauseMs)
    this.#pauses.add(pause)
  }
}

/** 0 where there is none to be had on this host: the worker that tries says why. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    return port
  } catch {
    return 0
  }
}

/** A connection as node:cluster passes it on. */
interface Handle {
  /** May be called again. */
  close(): void
}

/**
 * Calls `see` with each connection that is passed on to a worker. By node:cluster itself nobody learns of them, and one
 * that is on its way to a worker when that dies stays open there (20.20): its client would wait for ever.
 */
function watchPassedOn(worker: Worker, see: (handle: Handle) => void): void {
  const send = worker.process.send.bind(worker.process) as (...args: unknown[]) => boolean
  worker.process.send = (...args: unknown[]) => {
    const [message, handle] = args as [{ readonly act?: string }, Handle | undefined]
    if (message.act === 'newconn' && handle !== undefined) see(handle)
    return send(...args)
  }
}

function tell(worker: Worker, message: FromPrimary): void {
  // With a callback a channel that breaks meanwhile is no error event: the exit tells it anyway.
  if (worker.isConnected()) worker.send(message, undefined, undefined, () => {})
}
