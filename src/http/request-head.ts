/** What an event takes over from the request that publishes it. */
import type { IncomingMessage } from 'node:http'
import type { PublishRequest } from '../operations/publish.ts'
import { splitTarget } from './target.ts'

/** W3C Trace Context, version 00 and later ones of the same form; an all-zero id is none. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** `target`: the request's, where it is split already. */
export function publishRequest(request: IncomingMessage, target = splitTarget(request.url ?? '/')): PublishRequest {
  const { 'idempotency-key': idempotencyKey, traceparent } = request.headers
  return {
    rawHeaders: request.rawHeaders,
    targetHost: target.host,
    idempotencyKey: typeof idempotencyKey === 'string' && idempotencyKey !== '' ? idempotencyKey : null,
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
  }
}

/** What no header holds: Node's parser refuses it. */
const BETWEEN = '\0'

/** A request's head as one text, without its key: for whoever keeps thousands and seldom looks into one. */
export function packHead(request: IncomingMessage): string {
  const { targetHost, traceparent, rawHeaders } = publishRequest(request)
  return [targetHost ?? '', traceparent ?? '', ...rawHeaders].join(BETWEEN)
}

/** The head that was packed. */
export function unpackHead(packed: string): PublishRequest {
  const [targetHost, traceparent, ...rawHeaders] = packed.split(BETWEEN)
  return { rawHeaders, targetHost: targetHost || null, idempotencyKey: null, traceparent: traceparent || null }
}
