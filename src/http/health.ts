/** `/livez` and `/readyz`: answered from what is known, without asking the log. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ERRORS } from '../errors.ts'
import type { EventLog } from '../log/event-log.ts'
import { answer, retryAfter, TEXT } from './answer.ts'

/** 200 while the process lives. */
export function serveLiveness(response: ServerResponse): void {
  answer(response, 200, TEXT, 'ok\n', { 'Cache-Control': 'no-store' })
}

/** 200 when the log answers and the process goes on; 503 with the reason else. */
export function serveReadiness(log: EventLog, isStopping: boolean, response: ServerResponse): void {
  const health = log.health()
  const reason = isStopping ? 'Herald is stopping' : health.up ? null : health.reason
  if (reason === null) return answer(response, 200, TEXT, 'ok\n', { 'Cache-Control': 'no-store' })
  answer(response, ERRORS.LOG_UNAVAILABLE.status, TEXT, `${reason}\n`, {
    'Cache-Control': 'no-store',
    ...retryAfter('LOG_UNAVAILABLE'),
  })
}

/** Whether a path that only reads is asked for reading. */
export function isReading(request: IncomingMessage): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}
