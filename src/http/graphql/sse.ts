/**
 * Server-sent events, in the distinct connections mode of graphql-sse's protocol
 * (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md): `next` for each result, `complete` at
 * the end. Beyond the protocol every event carries its cursor as `id:`, so that a browser's own EventSource
 * comes back to the right place by Last-Event-ID.
 */
import type { ServerResponse } from 'node:http'
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import { whenEnded } from '../../access/caller.ts'
import { ERRORS, type ErrorCode, HeraldError } from '../../errors.ts'
import { channels, type EndReason } from '../../observability/channels.ts'
import { counts } from '../../observability/counts.ts'
import type { Delivery } from '../../operations/lane.ts'
import type { Sink } from '../../operations/subscription.ts'
import { answerJsonError, beginAnswer } from '../answer.ts'
import type { RequestContext } from '../context.ts'
import { audienceOf } from './audience.ts'
import { Room } from './room.ts'
import { lastError, openStream } from './stream.ts'
import type { Ticking, Wheel } from './wheel.ts'

/** A proxy that hears nothing for a while gives a connection up; a comment keeps it. */
const KEEP_ALIVE_S = 12
/** How long a client that reads nothing keeps its connection: time to find the error that ended its subscription. */
const STALL_S = 90
/** Past this a response takes no more events. */
const FULL_BYTES = 128 * 1024

/** What a subscriber is told whose credentials end. It may come back with others, so `complete` does not follow. */
const ENDED = new HeraldError(
  'UNAUTHENTICATED',
  'Your token has ended. Come back with another, and with your last cursor.',
)

/** Answers with one result (its JSON), of a query for instance, as a stream that holds nothing else. */
export function serveResult(result: string, response: ServerResponse): void {
  writeHead(response)
  response.end(`${nextBlockOf(result)}${COMPLETE}`)
}

/**
 * Answers with a subscription's results for as long as it goes on. When `stop` aborts, the stream ends without
 * `complete`, so that the client comes back.
 */
export async function serveSubscription(
  args: ExecutionArgs,
  { caller, lastEventId }: RequestContext,
  response: ServerResponse,
  { stop, wheel }: { readonly stop: AbortSignal; readonly wheel: Wheel },
): Promise<void> {
  const subscription = await openStream(args)
  if ('errors' in subscription) {
    const [error] = subscription.errors
    const code = error?.extensions.code
    // A cursor that is no good will not become good, and 400 is what stops an EventSource. Since Last-Event-ID
    // wins over every argument, no other cursor was looked at.
    if (lastEventId !== null && (code === 'CURSOR_INVALID' || code === 'CURSOR_EXPIRED')) {
      return answerJsonError(response, code, error!.message, 400)
    }
    writeHead(response)
    response.end(`${nextBlock(subscription)}${isPassing(error) ? '' : COMPLETE}`)
    return
  }
  if (subscription.isOver && lastEventId !== null) {
    subscription.close()
    beginAnswer(response, 204)
    response.end()
    return
  }
  if (response.closed || response.destroyed) return subscription.close()
  const audience = audienceOf(args)
  channels.subscribed.publish({ transport: 'sse' })
  const stream = new EventStream(response, wheel, (reason) => {
    stop.removeEventListener('abort', closeAtStop)
    callOff()
    subscription.close()
    channels.unsubscribed.publish({ transport: 'sse', reason })
  })
  const callOff = whenEnded(caller, () => subscription.end(ENDED))
  const closeAtStop = () => stream.close('stopping')
  stop.addEventListener('abort', closeAtStop, { once: true })
  if (stop.aborted) return closeAtStop()
  stream.moveOn(subscription.cursor)
  subscription.deliver(audience, stream)
}

/** A response that is a stream of events, and takes what a subscription delivers. */
class EventStream implements Sink, Ticking {
  readonly #response: ServerResponse
  readonly #openedAt: number
  #onEnd: ((reason: EndReason) => void) | null
  #room: Room | null = null
  /** Since when the client has taken nothing of what waits; 0: it takes all. */
  #stalledAt = 0

  /** `onEnd` is called once, with why. */
  constructor(response: ServerResponse, wheel: Wheel, onEnd: (reason: EndReason) => void) {
    this.#response = response
    this.#openedAt = wheel.now
    this.#onEnd = onEnd
    writeHead(response)
    response.on('drain', () => this.#drained())
    response.once('close', () => {
      this.#over('client')
      wheel.delete(this)
    })
    wheel.add(this)
  }

  get isFull(): boolean {
    return this.#response.writableLength > FULL_BYTES
  }

  take(delivery: Delivery): void {
    if (this.#onEnd === null) return
    counts.delivered.sse += delivery.items.length
    this.#response.write(blocksOf(delivery))
  }

  moveOn(cursor: string): void {
    if (this.#onEnd !== null) this.#response.write(`id: ${cursor}\n\n`)
  }

  room(ms: number): Promise<void> {
    this.#room ??= new Room()
    return this.#room.wait(ms)
  }

  /** Ends the stream with a last result; without `complete` the client is to come back. */
  end(error: unknown, cursor: string | null): void {
    if (this.#onEnd === null) return
    if (error === null) {
      this.#over('complete')
      this.#response.end(cursor === null ? COMPLETE : completeAt(cursor))
      return
    }
    const shown = lastError(error, cursor)
    this.#over(shown.extensions.code as ErrorCode)
    const comesBack = isPassing(shown) || error === ENDED
    this.#response.end(`${nextBlock({ errors: [shown] })}${comesBack ? '' : COMPLETE}`)
  }

  /** Ends the stream so that its client comes back. */
  close(reason: EndReason): void {
    if (this.#onEnd === null) return
    this.#over(reason)
    this.#response.end()
  }

  /** Goes on when the stream was ended, until the client has taken all of it. */
  tick(now: number): void {
    const { writableLength } = this.#response
    if (writableLength === 0) {
      this.#stalledAt = 0
      if (this.#onEnd !== null && (now - this.#openedAt) % KEEP_ALIVE_S === 0) this.#response.write(':\n\n')
      return
    }
    if (this.#stalledAt === 0) this.#stalledAt = now
    if (now - this.#stalledAt >= STALL_S) this.#response.destroy()
  }

  #drained(): void {
    this.#stalledAt = 0
    this.#room?.open()
  }

  #over(reason: EndReason): void {
    const onEnd = this.#onEnd
    this.#onEnd = null
    onEnd?.(reason)
    this.#room?.open()
  }
}

const COMPLETE = 'event: complete\ndata:\n\n'

/**
 * A browser's own EventSource knows no `complete` and comes back: from this place, or it would ask for what did not
 * match again and again. In one block with it, since npm's eventsource passes over an id without data.
 */
function completeAt(cursor: string): string {
  return `event: complete\ndata:\nid: ${cursor}\n\n`
}

function nextBlock(result: ExecutionResult): string {
  return nextBlockOf(JSON.stringify(result))
}

function nextBlockOf(json: string): string {
  return `event: next\ndata: ${json}\n\n`
}

let last: { readonly delivery: Delivery; readonly blocks: Buffer } | null = null

/** A delivery's `next` blocks, made once for all streams of a lane. */
function blocksOf(delivery: Delivery): Buffer {
  if (last?.delivery === delivery) return last.blocks
  const parts = delivery.items.flatMap(({ event, payload }) => [
    Buffer.from(`event: next\nid: ${event.cursor}\ndata: `),
    payload,
    BLOCK_END,
  ])
  last = { delivery, blocks: Buffer.concat(parts) }
  return last.blocks
}

const BLOCK_END = Buffer.from('\n\n')

function writeHead(response: ServerResponse): void {
  beginAnswer(response, 200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  })
}

/** Whether the client should come back by itself. */
function isPassing(error: GraphQLError | undefined): boolean {
  return ERRORS[error?.extensions.code as ErrorCode].retryable
}
