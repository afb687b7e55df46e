/**
 * Start-up, top to bottom, and stopping, the same list backwards.
 */

import { AccessRefusal, type Authenticator } from './access/access.ts'
import { Quotas } from './access/quota.ts'
import { Sessions } from './access/sessions.ts'
import { readCatalogue } from './catalogue/build.ts'
import { type Config, ConfigError } from './config.ts'
import { documentsOf } from './documents/documents.ts'
import { Enricher } from './event/enrich.ts'
import { ClientAddresses } from './http/client-address.ts'
import { HttpServer } from './http/server.ts'
import type { EventLog } from './log/event-log.ts'
import { createLogger, type Logger } from './observability/logger.ts'
import { Metrics, type MetricsPage } from './observability/metrics.ts'
import { openAccess } from './open-access.ts'
import { openLog } from './open-log.ts'
import { createOperations } from './operations/operations.ts'
import { startupTable } from './startup-table.ts'
import { heraldVersion } from './version.ts'

/** What stands around a gateway: nothing, or the primary of several (workers/). */
export interface Surroundings {
  /** It serves. `table`: what a person is to see of that, once. */
  serving(table: string): void
  /** What `/metrics` tells: of this process, or of all that serve the port. */
  metricsOf(own: Metrics): MetricsPage
  /** What each log line says of the process, where there are several. */
  readonly name?: Readonly<Record<string, number>>
}

/** Returns what stops it. Throws `AccessRefusal`, `ConfigError`, `LogRefusal`, `SchemaRefusal`. */
export async function startGateway(config: Config, around: Surroundings): Promise<() => Promise<void>> {
  const catalogue = readCatalogue(config.schemaDir)
  const authenticator = await openAccess(config.access, catalogue)
  const logger = createLogger(config.logLevel, around.name)
  if (authenticator !== null) process.on('SIGHUP', () => reload(authenticator, logger))
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
  const metrics = new Metrics({
    events: catalogue.mutations.map(({ event }) => event.name),
    log,
    tail: operations.tail,
  })
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
    metrics: around.metricsOf(metrics),
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
  around.serving(startupTable(catalogue, config, port))
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
