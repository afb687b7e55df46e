/**
 * The REST paths, answered byte for byte as the seed's Flask application answers them, with the differences
 * that the README names: GET and HEAD publish, OPTIONS says what is allowed, and the type is plain text,
 * since Flask's text/html would let a guild's name be markup.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../../access/caller.ts'
import { toText } from '../../catalogue/field-type.ts'
import { ERRORS, HeraldError } from '../../errors.ts'
import { channels } from '../../observability/channels.ts'
import type { Operations } from '../../operations/operations.ts'
import { answer, retryAfter, TEXT } from '../answer.ts'
import { hasBody, readBody } from '../body.ts'
import { type Gate, refuseAsText } from '../gate.ts'
import { isPrefetch, type Origins } from '../origin.ts'
import { publishRequest } from '../request-head.ts'
import { parseQuery, type Target } from '../target.ts'
import { readArguments } from './arguments.ts'
import type { RouteMatch, RouteResult, Router } from './router.ts'

const NO_BODY = Buffer.alloc(0)

const ALLOW = { Allow: 'GET, HEAD, OPTIONS' }

/** Flask's bodies: scripts that look at them go on working. */
const NOT_FOUND = page(
  '404 Not Found',
  'Not Found',
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
)
const NOT_ALLOWED = page(
  '405 Method Not Allowed',
  'Method Not Allowed',
  'The method is not allowed for the requested URL.',
)

const FOREIGN_PAGE = 'A page of another web origin may not publish events; name its origin in ALLOWED_ORIGINS.\n'
const PREFETCH = 'This path publishes an event, so it cannot be fetched ahead.\n'

/** Who may ask for a path, and from where. */
export interface RestGuards {
  readonly gate: Gate
  readonly origins: Origins
}

export async function serveRest(
  router: Router,
  operations: Operations,
  { gate, origins }: RestGuards,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const match = router.match(target.path)
  if (typeof match === 'string') return answerRefusal(response, match)
  const refusal = origins.isAskedByForeignPage(request) ? FOREIGN_PAGE : isPrefetch(request) ? PREFETCH : null
  if (refusal !== null) {
    return answer(response, 403, TEXT, refusal, { 'Cache-Control': 'no-store', ...outcomeHeader('NOT_WRITTEN') })
  }
  if (request.method === 'OPTIONS') return answer(response, 200, TEXT, '', ALLOW)
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerRefusal(response, match)
  const admitted = gate.admit(request, response, refuseUnwritten)
  const caller = admitted instanceof Promise ? await admitted : admitted
  if (caller === null) return
  // Nothing looks at it, but it was sent.
  const body = hasBody(request) ? await readBody(request) : NO_BODY
  if (body === null) {
    return answer(response, 413, TEXT, 'The body is larger than 1 MiB.\n', { Connection: 'close' })
  }
  try {
    if (body.length > 0) caller.quota?.take('bytes', body.length)
    answer(response, 200, TEXT, await publishMatch(match, operations, caller, target, request))
  } catch (error) {
    answerError(response, error)
  }
}

/** An answer without an event. */
export interface Refusal {
  readonly status: number
  /** Of the type text/plain. */
  readonly body: string
  readonly headers: { readonly [name: string]: string }
}

/** What any method but the three gets where it asks for this. */
export function refusalOf(match: RouteResult): Refusal {
  if (match === 'undecodable') return { status: 400, body: 'The path is not percent-encoded UTF-8.\n', headers: {} }
  if (match === 'not found') return { status: 404, body: NOT_FOUND, headers: {} }
  return { status: 405, body: NOT_ALLOWED, headers: ALLOW }
}

function answerRefusal(response: ServerResponse, match: RouteResult): void {
  const { status, body, headers } = refusalOf(match)
  answer(response, status, TEXT, body, headers)
}

async function publishMatch(
  { mutation, route, segments }: RouteMatch,
  operations: Operations,
  caller: Caller,
  target: Target,
  request: IncomingMessage,
): Promise<string> {
  // A path whose arguments it holds all looks at no query string, so a bad one does no harm.
  const needsQuery = mutation.arguments.some(({ name }) => !segments.has(name))
  const values = needsQuery ? parseQuery(target.query ?? '') : new Map<string, string[]>()
  if (values === null) {
    throw new HeraldError('BAD_USER_INPUT', 'The query string is not percent-encoded UTF-8.', {
      outcome: 'NOT_WRITTEN',
    })
  }
  const properties = readArguments(mutation.arguments, segments, values)
  await operations.publish({
    mutation,
    field: mutation.name,
    properties,
    request: publishRequest(request, target),
    caller,
  })
  return route.reply.expand((name) => textOf(properties[name]))
}

function textOf(value: Parameters<typeof toText>[0] | undefined): string {
  return value === null || value === undefined ? '' : toText(value)
}

/** Whoever is not let in has written nothing. */
function refuseUnwritten(response: ServerResponse, refusal: HeraldError, status: number): void {
  response.setHeader('Herald-Outcome', 'NOT_WRITTEN')
  refuseAsText(response, refusal, status)
}

function answerError(response: ServerResponse, error: unknown): void {
  if (!(error instanceof HeraldError)) {
    channels.fault.publish({ error })
    return answer(
      response,
      500,
      TEXT,
      'Something went wrong inside Herald; its log tells more.\n',
      outcomeHeader('UNKNOWN'),
    )
  }
  const { code, message, outcome } = error
  answer(response, ERRORS[code].status, TEXT, `${code}: ${message}\n`, {
    ...retryAfter(code),
    ...(outcome && outcomeHeader(outcome)),
  })
}

function outcomeHeader(outcome: string): { 'Herald-Outcome': string } {
  return { 'Herald-Outcome': outcome }
}

function page(title: string, heading: string, text: string): string {
  return `<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${heading}</h1>\n<p>${text}</p>\n`
}
