/**
 * `/graphql` over HTTP: who may ask (origins, CORS), what is asked for (a page, a stream, a result), and a
 * body within bounds. Results by GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/).
 */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../../access/caller.ts'
import { ERRORS, HeraldError } from '../../errors.ts'
import type { Operations } from '../../operations/operations.ts'
import type { PublishRequest } from '../../operations/publish.ts'
import { answer, answerJsonError, beginAnswer, refuseAsJson } from '../answer.ts'
import { readBody } from '../body.ts'
import type { RequestContext } from '../context.ts'
import type { Gate } from '../gate.ts'
import { type Origins, originRefusal } from '../origin.ts'
import { answerInPieces } from '../pieces.ts'
import { publishRequest } from '../request-head.ts'
import type { Target } from '../target.ts'
import { names, negotiate } from './accept.ts'
import { type PageText, pagePlanOf } from './compiled-page.ts'
import type { Answer, Engine } from './engine.ts'
import { hold, holds, letGo } from './memory.ts'
import type { Playground } from './playground.ts'
import { type GraphQLRequest, requestOfBody, requestOfQuery } from './request.ts'
import { serveResult, serveSubscription } from './sse.ts'
import type { Wheel } from './wheel.ts'

const ALLOW = 'GET, HEAD, POST, OPTIONS'
const JSON_TYPE = 'application/json'
const RESPONSE_TYPE = 'application/graphql-response+json'
const STREAM_TYPE = 'text/event-stream'
/** Why an answer is not waited for. Without a reason AbortController would make an error, with its stack, for each. */
const GONE = 'the client has gone'
/** What a page that is being written holds: what was read of the log at once, and a piece of text. */
const OPEN_PAGE_BYTES = 512 * 1024

export interface GraphQLDependencies {
  readonly engine: Engine
  readonly operations: Operations
  readonly origins: Origins
  readonly gate: Gate
  readonly playground: Playground
  /** Aborts when Herald stops: streams end without `complete`. */
  readonly stop: AbortSignal
  readonly wheel: Wheel
}

export async function serveGraphQL(
  dependencies: GraphQLDependencies,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origins, gate, playground } = dependencies
  const { method } = request
  const { accept, origin } = request.headers
  // No cache keeps what is posted; and Node writes the head of an answer faster where no header was set before.
  if (method !== 'POST' || origin !== undefined) response.setHeader('Vary', 'Origin')
  if (!origins.allows(request)) return answerJsonError(response, 'FORBIDDEN', originRefusal(request))
  if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', origin)
  if (method === 'OPTIONS') return answerPreflight(request, response)
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
    response.setHeader('Allow', ALLOW)
    return answerJsonError(response, 'BAD_USER_INPUT', 'GraphQL goes by GET or POST.', 405)
  }
  // Also with a query: GraphiQL keeps the document that is edited in its address.
  if (method !== 'POST' && names(accept, 'text/html')) {
    if ((await gate.admitPage(request, response, pageOf(target))) === null) return
    return playground.serve(request, response)
  }
  // Read by nobody, but a stream or a replay all the same: an image's address is enough to ask for one.
  if (origin === undefined && origins.isAskedByForeignPage(request)) {
    return answerJsonError(response, 'FORBIDDEN', 'A page of another origin must ask by CORS.')
  }
  const admitted = gate.admit(request, response, refuseAsJson)
  const caller = admitted instanceof Promise ? await admitted : admitted
  if (caller === null) return
  let asked: GraphQLRequest
  try {
    if (method === 'POST') {
      if (!isJsonBody(request)) {
        return refuseBody(response, 415, 'Send the request as application/json, in UTF-8, not compressed.')
      }
      const body = await readBody(request)
      if (body === null) return refuseBody(response, 413, 'The body is larger than 1 MiB.')
      if (!isUtf8(body)) return refuseBody(response, 400, 'The body is not UTF-8.')
      caller.quota?.take('bytes', body.length)
      asked = requestOfBody(body.toString('utf8'))
    } else asked = requestOfQuery(target.query ?? '')
  } catch (error) {
    if (!(error instanceof HeraldError)) throw error
    return answerJsonError(response, error.code, error.message)
  }
  await serveRequest(dependencies, caller, asked, target, request, response)
}

/** Where a sign-in leads back to: GraphiQL keeps its document in the query. */
function pageOf({ path, query }: Target): string {
  return query === null ? path : `${path}?${query}`
}

async function serveRequest(
  { engine, operations, stop, wheel }: GraphQLDependencies,
  caller: Caller,
  asked: GraphQLRequest,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { accept } = request.headers
  const context = new HttpContext(caller, target, request, response)
  const prepared = engine.prepare(asked, context)
  const operation = 'errors' in prepared ? null : prepared.operation
  const type = negotiate(accept, typesFor(operation, request.method))
  if (type === null) return answerNotAcceptable(response, operation)
  if (operation === 'mutation' && request.method !== 'POST') {
    response.setHeader('Allow', 'POST')
    return answerJsonError(response, 'BAD_USER_INPUT', 'Mutations go by POST, with a JSON body.', 405)
  }
  if (operation === 'subscription' && 'args' in prepared) {
    return serveSubscription(prepared.args, context, response, { stop, wheel })
  }
  if (operation === 'query' && 'args' in prepared && request.method !== 'HEAD' && type !== STREAM_TYPE) {
    const page = pagePlanOf(prepared.args)?.(operations, context)
    if (page !== undefined) return answerPage(page, context, `${type}; charset=utf-8`, response)
  }
  if (operation === 'query') await engine.turn()
  let answered: Answer
  try {
    answered = await engine.answer(prepared)
  } finally {
    letGoAtEnd(context, response)
  }
  const { text, refusal } = answered
  if (type === STREAM_TYPE) return serveResult(text, response)
  // Under application/json a client must look into the result; the newer type lets the status tell, too.
  const status = type === JSON_TYPE || refusal === null ? 200 : ERRORS[refusal].status
  answer(response, status, `${type}; charset=utf-8`, text)
}

class HttpContext implements RequestContext {
  readonly caller: Caller
  readonly head: PublishRequest
  readonly lastEventId: string | null
  readonly #response: ServerResponse
  #gone: AbortSignal | null = null

  constructor(caller: Caller, target: Target, request: IncomingMessage, response: ServerResponse) {
    this.caller = caller
    this.head = publishRequest(request, target)
    this.lastEventId = lastEventId(request)
    this.#response = response
  }

  /**
   * Aborts when the client has gone. Made only for who asks, since it cost 4.6% of a small mutation (measured); and once
   * for all fields of a document, of which each would listen to the response.
   */
  get signal(): AbortSignal {
    if (this.#gone !== null) return this.#gone
    const gone = new AbortController()
    this.#gone = gone.signal
    if (this.#response.closed || this.#response.destroyed) gone.abort(GONE)
    else this.#response.once('close', () => gone.abort(GONE))
    return gone.signal
  }
}

/** Writes a page while it is read. */
async function answerPage(
  page: PageText,
  context: RequestContext,
  type: string,
  response: ServerResponse,
): Promise<void> {
  try {
    await answerInPieces(response, 200, type, page, () => hold(context, OPEN_PAGE_BYTES))
  } catch (error) {
    if (!(error instanceof HeraldError) || response.headersSent) throw error
    answerJsonError(response, error.code, error.message)
  } finally {
    letGo(context)
  }
}

/** What the answer holds is given back when the client has taken it, or has gone. */
function letGoAtEnd(context: RequestContext, response: ServerResponse): void {
  if (!holds(context)) return
  if (response.closed || response.destroyed) letGo(context)
  else response.once('close', () => letGo(context))
}

/** What may be answered: `operation` is null where the document is no good. A HEAD is no stream. */
function typesFor(operation: string | null, method: string | undefined) {
  const stream = method === 'HEAD' ? [] : ([STREAM_TYPE] as const)
  return operation === 'subscription' ? stream : [JSON_TYPE, RESPONSE_TYPE, ...stream]
}

function answerNotAcceptable(response: ServerResponse, operation: string | null): void {
  const message =
    operation === 'subscription'
      ? `A subscription is answered as ${STREAM_TYPE}, or over a WebSocket: let Accept name it.`
      : `Let Accept name ${JSON_TYPE}, ${RESPONSE_TYPE} or ${STREAM_TYPE}.`
  answerJsonError(response, 'BAD_USER_INPUT', message, 406)
}

/** A form or a text can be sent by any page without asking first: only JSON publishes. */
function isJsonBody({ headers: { 'content-type': type, 'content-encoding': encoding = 'identity' } }: IncomingMessage) {
  return isJson(type) && encoding === 'identity'
}

/** Refuses a body that may not have been read to its end. */
function refuseBody(response: ServerResponse, status: number, message: string): void {
  response.setHeader('Connection', 'close')
  answerJsonError(response, 'BAD_USER_INPUT', message, status)
}

function isJson(contentType = ''): boolean {
  if (contentType === JSON_TYPE) return true
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return type === JSON_TYPE && (charset === undefined || /^charset="?utf-?8"?$/.test(charset))
}

function lastEventId(request: IncomingMessage): string | null {
  const id = request.headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : null
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const headers = request.headers['access-control-request-headers']
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
  response.setHeader('Access-Control-Max-Age', '600')
  if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers)
  response.setHeader('Allow', ALLOW)
  beginAnswer(response, 204)
  response.end()
}
