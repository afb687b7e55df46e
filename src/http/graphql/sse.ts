/**
 * Server-sent events, in the distinct connections mode of graphql-sse's protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md): `next` for each result, `complete` at
 * the end. Beyond the protocol every event carries its cursor as `id:`, so that a browser's own EventSource
 * comes back to the right place by Last-Event-ID.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type ExecutionResult, execute, type GraphQLError } from 'graphql'
import { ERRORS, HeraldError } from '../../errors.ts'
import { channels } from '../../observability/channels.ts'
import type { Operations } from '../../operations/operations.ts'
import { answerJsonError } from '../answer.ts'
import type { RequestContext } from '../context.ts'
import type { Engine } from './engine.ts'
import { publicResult } from './errors.ts'
import { type GraphQLRequest, prepare } from './request.ts'
import { openStream, type Stream } from './stream.ts'

/** A proxy that hears nothing for a while gives a connection up; a comment keeps it. */
const KEEP_ALIVE_MS = 12_000
/** How long a client that reads nothing keeps its connection. */
const STALL_MS = 60_000

/**
 * Answers one request as a stream. `mayMutate`: it was a POST. When `stop` aborts the stream ends without
 * `complete`, so that the client comes back.
 */
export async function serveSse(
  engine: Engine,
  operations: Operations,
  request: GraphQLRequest,
  context: RequestContext,
  response: ServerResponse,
  { mayMutate, stop }: { mayMutate: boolean; stop: AbortSignal },
): Promise<void> {
  if (context.lastEventId !== null) {
    try {
      await operations.checkCursor(context.lastEventId)
    } catch (error) {
      // A cursor that is no good will not become good: 400 is what stops an EventSource.
      if (error instanceof HeraldError && isCursorError(error.code))
        return answerJsonError(response, error.code, error.message, 400)
    }
  }
  const prepared = await prepare(engine, request, context)
  const events = new EventWriter(response)
  if ('errors' in prepared) return events.end({ errors: prepared.errors }, true)
  if (prepared.operation !== 'subscription') {
    if (prepared.operation === 'mutation' && !mayMutate) {
      return answerJsonError(response, 'BAD_USER_INPUT', 'Mutations go by POST, with a JSON body.', 405)
    }
    return events.end(publicResult(await execute(prepared.args)), true)
  }
  const stream = await openStream(prepared.args, operations)
  if ('errors' in stream) {
    const [error] = stream.errors
    if (context.lastEventId !== null && isCursorError(error?.extensions.code)) {
      return answerJsonError(response, error?.extensions.code as 'CURSOR_INVALID', error?.message ?? '', 400)
    }
    return events.end(stream, !isPassing(error))
  }
  if (stream.isOver && context.lastEventId !== null) {
    response.writeHead(204)
    response.end()
    return
  }
  channels.subscribed.publish({ transport: 'sse', change: 1 })
  try {
    await pump(stream, events, stop)
  } finally {
    channels.subscribed.publish({ transport: 'sse', change: -1 })
  }
}

async function pump(stream: Stream, events: EventWriter, stop: AbortSignal): Promise<void> {
  const keepAlive = setInterval(() => events.comment(), KEEP_ALIVE_MS)
  const closeAtStop = () => events.close()
  stop.addEventListener('abort', closeAtStop, { once: true })
  try {
    await events.id(stream.start)
    for await (const { result, cursor } of stream.items) {
      await (result === undefined ? events.id(cursor) : events.next(result, cursor))
      if (events.isClosed) return
    }
    if (!events.isClosed && !stop.aborted) events.end(null, true)
  } catch (error) {
    if (!events.isClosed && !stop.aborted)
      events.end({ errors: [error as GraphQLError] }, !isPassing(error as GraphQLError))
  } finally {
    clearInterval(keepAlive)
    stop.removeEventListener('abort', closeAtStop)
  }
}

/** Writes a response's events, no faster than the client reads them. */
class EventWriter {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
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
    if (!this.isClosed && this.#response.writableLength === 0) void this.#write(':\n\n')
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
    const stall = AbortSignal.timeout(STALL_MS)
    await Promise.race([
      once(this.#response, 'drain', { signal: stall }),
      once(this.#response, 'close', { signal: stall }),
    ]).catch(() => this.#response.destroy())
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

function isCursorError(code: unknown): code is 'CURSOR_INVALID' | 'CURSOR_EXPIRED' {
  return code === 'CURSOR_INVALID' || code === 'CURSOR_EXPIRED'
}

/** Whether the client should come back by itself. */
function isPassing(error: GraphQLError | undefined): boolean {
  const code = error?.extensions.code
  return typeof code === 'string' && code in ERRORS && ERRORS[code as keyof typeof ERRORS].retryable
}
