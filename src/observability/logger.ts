/**
 * Log lines: structured, on standard error, made of what the channels tell. No line holds a request's
 * headers, a query or a value: what may be a credential is never at hand here.
 */
import { destination, type Logger, pino } from 'pino'
import { channels } from './channels.ts'

export type { Logger }

/** `name`: what every line says, to tell processes apart. */
export function createLogger(level: string, name: Readonly<Record<string, number>> | null = null): Logger {
  // Synchronous: the last lines before an exit are the ones that matter.
  const logger = pino(
    { level, base: name, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: true }),
  )
  // Node would print its warnings as plain text among the structured lines.
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message, stack }) => logger.warn({ name, stack }, message))
  channels.fault.subscribe(({ error }) => logger.error({ err: error }, 'a fault inside Herald'))
  channels.log.subscribe(({ level: at, message }) => logger[at](message))
  return logger
}
