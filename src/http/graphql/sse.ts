/**
 * Server-sent events, in the distinct connections mode of graphql-sse's protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md): `next` for each result, `complete` at
 * the end. Beyond the protocol every event carries its cursor as `id:`, so that a browser's own EventSource
 * comes back to the right place by Last-Event-ID.
 */
import type { ServerResponse } from 'node:http'
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import { type Caller, whenEnded } from '../../access/caller.ts'
import { ERRORS, type ErrorCode } from '../../errors.ts'
import { channels, type EndReason } from '../../observability/channels.ts'
import { counts } from '../../observability/counts.ts'
import type { Operations } from '../../operations/operations.ts'
import { answerJsonError } from '../answer.ts'
import type { RequestContext } from '../context.ts'
import { requestError } from './errors.ts'
import { openStream, type Stream } from './stream.ts'

/** A proxy that hears nothing for a while gives a connection up; a comment keeps it. */
const KEEP_ALIVE_MS = 12_000
/** How long a client that reads nothing keeps its connection. */
const STALL_MS = 60_000

/** What a subscriber is told whose credentials end. It may come back with others, so `complete` does not follow. */
const ENDED: ExecutionResult = {
  errors: [requestError('UNAUTHENTICATED', 'Your token has ended. Come back with another, and with your last cursor.')],
}

/** Answers with one result, of a query for instance, as a stream that holds nothing else. */
export function serveResult(result: ExecutionResult, response: ServerResponse): void {
  new EventWriter(response).end(result, true)
}

/**
 * Answers with a subscription's results for as long as it goes on. When `stop` aborts, the stream ends without
 * `complete`, so that the client comes back.
 */
export async function serveSubscription(
  args: ExecutionArgs,
  operations: Operations,
  { caller, lastEventId }: RequestContext,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  const stream = await openStream(args, operations)
  const events = new EventWriter(response)
  if ('errors' in stream) {
    const [error] = stream.errors
    const code = error?.extensions.code
    // A cursor that is no good will not become good, and 400 is what stops an EventSource. Since Last-Event-ID
    // wins over every argument, no other cursor was looked at.
    if (lastEventId !== null && (code === 'CURSOR_INVALID' || code === 'CURSOR_EXPIRED')) {
      return answerJsonError(response, code, error!.message, 400)
    }
    return events.end(stream, !isPassing(error))
  }
  if (stream.isOver && lastEventId !== null) {
    response.writeHead(204)
    response.end()
    return
  }
  channels.subscribed.publish({ transport: 'sse' })
  let reason: EndReason = 'INTERNAL_SERVER_ERROR'
  try {
    reason = await pump(stream, events, caller, stop)
  } finally {
    channels.unsubscribed.publish({ transport: 'sse', reason })
  }
}

/** Resolves with why it ended. */
async function pump(stream: Stream, events: EventWriter, caller: Caller, stop: AbortSignal): Promise<EndReason> {
  const keepAlive = setInterval(() => events.comment(), KEEP_ALIVE_MS)
  let isUnauthenticated = false
  const callOff = whenEnded(caller, () => {
    isUnauthenticated = !events.isClosed
    if (isUnauthenticated) events.end(ENDED, false)
  })
  const closeAtStop = () => events.close()
  stop.addEventListener('abort', closeAtStop, { once: true })
  if (stop.aborted) closeAtStop()
  try {
    await events.id(stream.start)
    for await (const { result, cursor } of stream.items) {
      if (result === undefined) await events.id(cursor)
      else {
        counts.delivered.sse++
        await events.next(result, cursor)
      }
      if (events.isClosed) break
    }
    if (stop.aborted) return 'stopping'
    if (events.isClosed) return isUnauthenticated ? 'UNAUTHENTICATED' : 'client'
    events.end(null, true)
    return 'complete'
  } catch (thrown) {
    const error = thrown as GraphQLError
    if (stop.aborted) return 'stopping'
    if (events.isClosed) return isUnauthenticated ? 'UNAUTHENTICATED' : 'client'
    events.end({ errors: [error] }, !isPassing(error))
    return error.extensions.code as ErrorCode
  } finally {
    clearInterval(keepAlive)
    callOff()
    stop.removeEventListener('abort', closeAtStop)
  }
}

/** Writes a response's events, no faster than the client reads them. One writer at a time. */
class EventWriter {
  readonly #response: ServerResponse
  /** Lets the writer go on that waits for the client to read. */
  #goOn: () => void = () => {}

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('drain', () => this.#goOn()).on('close', () => this.#goOn())
  }

  get isClosed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  id(cursor: string): Promise<void> {
    return this.#write(`id: ${cursor}\n\n`)
  }

  next(result: ExecutionResult, cursor: string): Promise<void> {
    return this.#write(`event: next\nid: ${cursor}\ndata: ${JSON.stringify(result)}\n\n`)
  }

  /** Keeps the connection alive, unless there is something on its way anyway. */
  comment(): void {
    if (!this.isClosed && this.#response.writableLength === 0) this.#response.write(':\n\n')
  }

  /** Ends the stream with a last result; without `complete` the client is to come back. */
  end(result: ExecutionResult | null, complete: boolean): void {
    this.#open()
    const last = result === null ? '' : `event: next\ndata: ${JSON.stringify(result)}\n\n`
    this.#response.end(`${last}${complete ? 'event: complete\ndata:\n\n' : ''}`)
  }

  close(): void {
    if (!this.isClosed) this.#response.end()
  }

  async #write(block: string): Promise<void> {
    if (this.isClosed) return
    this.#open()
    if (this.#response.write(block)) return
    const stalled = setTimeout(() => this.#response.destroy(), STALL_MS)
    await new Promise<void>((resolve) => {
      this.#goOn = resolve
    })
    clearTimeout(stalled)
  }

  #open(): void {
    if (this.#response.headersSent) return
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
    })
  }
}

/** Whether the client should come back by itself. */
function isPassing(error: GraphQLError | undefined): boolean {
  return ERRORS[error?.extensions.code as ErrorCode].retryable
}
