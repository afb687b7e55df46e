/**
 * The process: it is a gateway, or the primary of several (WORKERS). Whatever refuses the start (a wrong variable, SDL
 * that cannot be kept, a port in use) exits with 1 and one line that says what to do; SIGTERM and SIGINT stop it.
 */

import { AccessRefusal } from './access/access.ts'
import { SchemaRefusal } from './catalogue/refusal.ts'
import { ConfigError, readConfig } from './config.ts'
import { LogRefusal } from './log/event-log.ts'
import { channels } from './observability/channels.ts'

/** What the start is refused with, in one line; whatever else is thrown is a fault. */
const REFUSALS = [ConfigError, SchemaRefusal, AccessRefusal, LogRefusal]

/** SIGTERM is answered inside 10 s, come what may. */
const STOP_MS = 9_500

/** Returns what stops it. What a process does not need is not loaded: a primary knows no GraphQL, one gateway no cluster. */
async function start(): Promise<() => Promise<void>> {
  const config = readConfig()
  if (config.workers === 1) {
    const { startGateway } = await import('./gateway.ts')
    return startGateway(config, { serving: (table) => process.stdout.write(table), metricsOf: (own) => own })
  }
  const { default: cluster } = await import('node:cluster')
  if (cluster.isPrimary) return (await import('./workers/primary.ts')).startWorkers(config)
  const { joinPrimary } = await import('./workers/worker.ts')
  const primary = joinPrimary()
  const { startGateway } = await import('./gateway.ts')
  try {
    return await startGateway(config, primary)
  } catch (error) {
    // The primary prints it: the start of several is refused in one line too.
    if (isRefusal(error)) return primary.refused(error.message)
    throw error
  }
}

function isRefusal(error: unknown): error is Error {
  return REFUSALS.some((kind) => error instanceof kind)
}

/** From the first moment on: a signal that comes during the start stops when the start is through. */
function stopAt(signals: readonly NodeJS.Signals[], stop: () => Promise<void>): void {
  let isStopping = false
  const run = () => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), STOP_MS).unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        channels.fault.publish({ error })
        process.exit(1)
      },
    )
  }
  for (const signal of signals) process.on(signal, run)
}

// Whoever reads our output may go away before we do.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
// A library's stray promise must not end a gateway that others stream from (kafkajs has such, measured).
process.on('unhandledRejection', (error) => channels.fault.publish({ error }))

try {
  const started = Promise.resolve().then(start)
  stopAt(['SIGTERM', 'SIGINT'], async () => (await started)())
  await started
} catch (error) {
  process.stderr.write(`herald: ${isRefusal(error) ? error.message : ((error as Error).stack ?? String(error))}\n`)
  process.exit(1)
}
