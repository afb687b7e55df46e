/**
 * Start-up, top to bottom, and stopping, the same list backwards. Whatever refuses the start (a wrong
 * variable, SDL that cannot be kept, a port in use) exits with 1 and one line that says what to do.
 */

import { AccessRefusal, type Authenticator } from './access/access.ts'
import { Quotas } from './access/quota.ts'
import { Sessions } from './access/sessions.ts'
import { readCatalogue } from './catalogue/build.ts'
import { SchemaRefusal } from './catalogue/refusal.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { documentsOf } from './documents/documents.ts'
import { Enricher } from './event/enrich.ts'
import { ClientAddresses } from './http/client-address.ts'
import { HttpServer } from './http/server.ts'
import { type EventLog, LogRefusal } from './log/event-log.ts'
import { channels } from './observability/channels.ts'
import { createLogger, type Logger } from './observability/logger.ts'
import { Metrics } from './observability/metrics.ts'
import { openAccess } from './open-access.ts'
import { openLog } from './open-log.ts'
import { createOperations } from './operations/operations.ts'
import { startupTable } from './startup-table.ts'
import { heraldVersion } from './version.ts'

/** What the start is refused with, in one line; whatever else is thrown is a fault. */
const REFUSALS = [ConfigError, SchemaRefusal, AccessRefusal, LogRefusal]

/** SIGTERM is answered inside 10 s, come what may. */
const STOP_MS = 9_500

async function start(): Promise<() => Promise<void>> {
  const config = readConfig()
  const catalogue = readCatalogue(config.schemaDir)
  const authenticator = await openAccess(config.access, catalogue)
  const logger = createLogger(config.logLevel)
  if (authenticator !== null) process.on('SIGHUP', () => reload(authenticator, logger))
  // Node would print its warnings as plain text among the structured lines.
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message, stack }) => logger.warn({ name, stack }, message))
  const log = await openLog(config)
  const tracing =
    config.traces === null
      ? null
      : await (await import('./observability/tracing.ts')).startTracing(config.topic, config.traces)
  const enricher = new Enricher({
    enabled: config.enrichHeaders,
    denied: config.deniedHeaders,
    only: config.onlyHeaders,
  })
  const operations = createOperations({
    catalogue,
    log,
    enricher,
    source: config.eventSource,
    idempotencyWindowSeconds: config.idempotencyWindowSeconds,
    maxSubscriptions: config.maxSubscriptions,
    tracing,
  })
  const metrics = new Metrics({ log, tail: operations.tail })
  const documents = documentsOf(catalogue, {
    version: heraldVersion(),
    topic: config.topic,
    brokers: config.brokers,
    source: config.eventSource,
    isOpen: authenticator === null,
  })
  const http = new HttpServer({
    catalogue,
    operations,
    log,
    metrics,
    documents,
    authenticator,
    quotas: Quotas.from(config.quota),
    addresses: new ClientAddresses(config.trustedProxies),
    maxConnections: config.maxConnections,
    sessions: new Sessions(config.sessionSecret),
    isPrivate: config.isPrivate,
    allowedOrigins: config.allowedOrigins,
  })
  const port = await listen(http, config, log)
  process.stdout.write(startupTable(catalogue, config, port))
  logger.info({ port, topic: config.topic, log: config.brokers.length > 0 ? 'kafka' : 'embedded' }, 'serving')

  return async () => {
    logger.info('stopping')
    await http.close()
    await operations.close()
    await log.close()
    await tracing?.close()
    logger.info('stopped')
  }
}

/** Who was let in by what is no longer there is let out; a file that is no good changes nothing. */
function reload(authenticator: Authenticator, logger: Logger): void {
  try {
    authenticator.reload()
    logger.info('read again whom to let in')
  } catch (error) {
    if (!(error instanceof AccessRefusal)) throw error
    logger.error(`${error.message}; whom to let in stays as it was`)
  }
}

async function listen(http: HttpServer, { host, port }: Config, log: EventLog): Promise<number> {
  try {
    return await http.listen(port, host)
  } catch (error) {
    await log.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`PORT: ${host}:${port} is in use; stop what listens there, or set PORT to another`)
    }
    throw new ConfigError(`HOST: cannot serve on ${host}:${port} (${code}); set HOST or PORT to what this machine has`)
  }
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
  const isRefusal = REFUSALS.some((kind) => error instanceof kind)
  process.stderr.write(`herald: ${isRefusal ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`)
  process.exit(1)
}
