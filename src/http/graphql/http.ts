/**
 * `/graphql` over HTTP: who may ask (origins, CORS), what is asked for (a page, a stream, a result), and a
 * body within bounds. Results are Yoga's, by GraphQL over HTTP
 * (https://graphql.github.io/graphql-over-http/draft/); only JSON bodies reach it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphQLError } from 'graphql'
import type { Operations } from '../../operations/operations.ts'
import { answer, answerJsonError } from '../answer.ts'
import { readBody } from '../body.ts'
import type { RequestContext } from '../context.ts'
import { type Origins, originRefusal } from '../origin.ts'
import { publishRequest } from '../request-head.ts'
import type { Target } from '../target.ts'
import type { Engine } from './engine.ts'
import type { Playground } from './playground.ts'
import { parseJson, parseRequest } from './request.ts'
import { serveSse } from './sse.ts'

const ALLOW = 'GET, POST, OPTIONS'

export interface GraphQLDependencies {
  readonly engine: Engine
  readonly operations: Operations
  readonly origins: Origins
  readonly playground: Playground
  /** Aborts when Herald stops: streams end without `complete`. */
  readonly stop: AbortSignal
}

export async function serveGraphQL(
  dependencies: GraphQLDependencies,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { engine, origins, playground } = dependencies
  response.setHeader('Vary', 'Origin')
  if (!origins.allows(request)) return answerJsonError(response, 'FORBIDDEN', originRefusal(request))
  allowOrigin(request, response)
  if (request.method === 'OPTIONS') return answerPreflight(request, response)
  if (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST') {
    response.setHeader('Allow', ALLOW)
    return answerJsonError(response, 'BAD_USER_INPUT', 'GraphQL goes by GET or POST.', 405)
  }
  const accept = request.headers.accept ?? ''
  if (request.method !== 'POST' && target.query === null && accept.includes('text/html')) {
    return playground.serve(request, response)
  }
  const text = request.method === 'POST' ? await readJsonBody(request, response) : null
  if (text === undefined) return
  const abort = new AbortController()
  response.once('close', () => abort.abort())
  const context: RequestContext = {
    head: publishRequest(request),
    signal: abort.signal,
    lastEventId: lastEventId(request),
  }
  if (accept.includes('text/event-stream')) return serveStream(dependencies, target, text, context, request, response)
  const url = `http://herald.invalid/graphql${target.query === null ? '' : `?${target.query}`}`
  const headers = { accept, ...(text !== null && { 'content-type': 'application/json' }) }
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const result = await engine.fetch(url, { method, headers, ...(text !== null && { body: text }) }, context)
  const body = Buffer.from(await result.arrayBuffer())
  const type = result.headers.get('content-type') ?? 'application/json; charset=utf-8'
  const allow = result.headers.get('allow')
  answer(response, result.status, type, body, { ...(allow !== null && { Allow: allow }) })
}

async function serveStream(
  { engine, operations, stop }: GraphQLDependencies,
  target: Target,
  text: string | null,
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const asked = parseRequest(text === null ? readQuery(target.query ?? '') : parseJson(text))
    await serveSse(engine, operations, asked, context, response, { mayMutate: request.method === 'POST', stop })
  } catch (error) {
    const { code } = (error as GraphQLError).extensions ?? {}
    if (code !== 'BAD_USER_INPUT') throw error
    answerJsonError(response, code, (error as GraphQLError).message)
  }
}

/** The request of a GET: `variables` is JSON. Throws a GraphQLError with BAD_USER_INPUT. */
function readQuery(query: string): unknown {
  const parameters = new URLSearchParams(query)
  const variables = parameters.get('variables')
  return {
    query: parameters.get('query') ?? undefined,
    variables: variables === null || variables === '' ? null : parseJson(variables),
    operationName: parameters.get('operationName'),
  }
}

/** The body, if it is JSON and within bounds; undefined where the answer was given already. */
async function readJsonBody(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='))
  if (type?.trim() !== 'application/json' || (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))) {
    // A form or a text can be sent by any page without asking first: only JSON publishes.
    answerJsonError(response, 'BAD_USER_INPUT', 'Send the request as application/json, in UTF-8.', 415)
    return undefined
  }
  const body = await readBody(request)
  if (body !== null) return body.toString('utf8')
  response.setHeader('Connection', 'close')
  answerJsonError(response, 'BAD_USER_INPUT', 'The body is larger than 1 MiB.', 413)
  return undefined
}

function lastEventId(request: IncomingMessage): string | null {
  const id = request.headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : null
}

function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers
  if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', origin)
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const headers = request.headers['access-control-request-headers']
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
  response.setHeader('Access-Control-Max-Age', '600')
  if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers)
  response.setHeader('Allow', ALLOW)
  response.writeHead(204)
  response.end()
}
