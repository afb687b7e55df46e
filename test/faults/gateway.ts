/**
 * A gateway under faults: the running product as a process of its own, killed by SIGKILL and started again on
 * the same port by its keeper, as a supervisor would. One that ends without being told to is an accident.
 */
import { once } from 'node:events'
import { type Herald, startHerald } from '../support/herald.ts'

export interface Gateway {
  /** Stays the same over all its lives. */
  readonly url: string
  /** Kills it with -9; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again; resolves when it serves. */
  start(): Promise<void>
  /** Freezes it (SIGSTOP): its connections stay open, and nothing is answered. */
  freeze(): void
  /** Lets it go on. */
  thaw(): void
  /** Ends it in an orderly way. */
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly env: Readonly<Record<string, string>>
  /** Kept; the caller's to remove. */
  readonly dataDir: string
  readonly accident: (what: string) => void
}

/** Starts a gateway on a free port. */
export async function startGateway({ env, dataDir, accident }: GatewayOptions): Promise<Gateway> {
  let isWanted = true
  let herald = await launch('0')
  const port = String(herald.port)
  const { url } = herald

  async function launch(port: string): Promise<Herald> {
    const started = await startHerald({ dataDir, env: { ...env, PORT: port } })
    started.process.once('exit', (code, signal) => {
      if (isWanted) accident(`The gateway on ${started.url} ended by itself (${code ?? signal}): ${started.stderr()}`)
    })
    return started
  }

  return {
    url,
    async kill() {
      isWanted = false
      await herald.stop('SIGKILL')
    },
    async start() {
      herald = await launch(port)
      isWanted = true
    },
    freeze: () => void herald.process.kill('SIGSTOP'),
    thaw: () => void herald.process.kill('SIGCONT'),
    async stop() {
      isWanted = false
      const { process } = herald
      if (process.exitCode !== null || process.signalCode !== null) return
      const exited = once(process, 'exit')
      process.kill('SIGTERM')
      await exited
      if (process.exitCode !== 0) accident(`The gateway on ${url} ended with ${process.exitCode} on SIGTERM`)
    },
  }
}
