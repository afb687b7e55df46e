/**
 * The REST paths, answered byte for byte as the seed's Flask application answers them, with the differences
 * that the README names: GET and HEAD publish, OPTIONS says what is allowed, and the type is plain text,
 * since Flask's text/html would let a guild's name be markup.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { toText } from '../../catalogue/field-type.ts'
import { ERRORS, HeraldError } from '../../errors.ts'
import { channels } from '../../observability/channels.ts'
import type { Operations } from '../../operations/operations.ts'
import { answer, retryAfter, TEXT } from '../answer.ts'
import { hasBody, readBody } from '../body.ts'
import { isFromAnotherSite } from '../origin.ts'
import { publishRequest } from '../request-head.ts'
import { parseQuery, type Target } from '../target.ts'
import { readArguments } from './arguments.ts'
import type { RouteMatch, Router } from './router.ts'

export const ALLOW = 'GET, HEAD, OPTIONS'

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

export async function serveRest(
  router: Router,
  operations: Operations,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const match = router.match(target.path)
  if (match === 'undecodable') {
    return answer(response, 400, TEXT, 'The path is not percent-encoded UTF-8.\n')
  }
  if (match === 'not found') return answer(response, 404, TEXT, NOT_FOUND)
  if (isFromAnotherSite(request)) {
    return answer(response, 403, TEXT, 'A page of another origin may not publish events.\n')
  }
  if (request.method === 'OPTIONS') return answer(response, 200, TEXT, '', { Allow: ALLOW })
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerNotAllowed(response)
  if (hasBody(request) && (await readBody(request)) === null) {
    return answer(response, 413, TEXT, 'The body is larger than 1 MiB.\n', { Connection: 'close' })
  }
  try {
    answer(response, 200, TEXT, await publishMatch(match, operations, target, request))
  } catch (error) {
    answerError(response, error)
  }
}

/** 405, for any method but the three. */
export function answerNotAllowed(response: ServerResponse): void {
  answer(response, 405, TEXT, NOT_ALLOWED, { Allow: ALLOW })
}

async function publishMatch(
  { mutation, route, segments }: RouteMatch,
  operations: Operations,
  { query }: Target,
  request: IncomingMessage,
): Promise<string> {
  // A path whose arguments it holds all looks at no query string, so a bad one does no harm.
  const needsQuery = mutation.arguments.some(({ name }) => !segments.has(name))
  const values = needsQuery ? parseQuery(query ?? '') : new Map<string, string[]>()
  if (values === null) {
    throw new HeraldError('BAD_USER_INPUT', 'The query string is not percent-encoded UTF-8.', {
      outcome: 'NOT_WRITTEN',
    })
  }
  const properties = readArguments(mutation.arguments, segments, values)
  await operations.publish(mutation.event, properties, publishRequest(request))
  return route.reply.expand((name) => textOf(properties[name]))
}

function textOf(value: Parameters<typeof toText>[0] | undefined): string {
  return value === null || value === undefined ? '' : toText(value)
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
