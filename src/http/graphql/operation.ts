/**
 * One operation on a WebSocket, from `subscribe` to `complete`: what graphql-js knows as its context, and where its
 * subscription's events go.
 */
import type { GraphQLError } from 'graphql'
import { MessageType } from 'graphql-ws'
import type { Caller } from '../../access/caller.ts'
import { HeraldError } from '../../errors.ts'
import { channels, type EndReason } from '../../observability/channels.ts'
import { counts } from '../../observability/counts.ts'
import type { Audience, Delivery } from '../../operations/lane.ts'
import type { PublishRequest } from '../../operations/publish.ts'
import type { Sink, Subscription } from '../../operations/subscription.ts'
import type { RequestContext } from '../context.ts'
import type { Connection } from './connection.ts'
import { framesOf, nextFrames, nextHead } from './frames.ts'
import { lastError } from './stream.ts'

export class Operation implements RequestContext, Sink {
  readonly #connection: Connection
  readonly #id: string
  /** How its `next` messages begin. */
  readonly #next: string
  #subscription: Subscription | null = null
  #abort: AbortController | null = null
  /** Over: its client has heard the last of it, or wants no more. */
  #isOver = false

  constructor(connection: Connection, id: string) {
    this.#connection = connection
    this.#id = id
    this.#next = nextHead(id)
  }

  get caller(): Caller {
    return this.#connection.caller
  }

  get head(): PublishRequest {
    return this.#connection.head
  }

  get lastEventId(): null {
    return null
  }

  /** Made only for who asks: most operations wait for nothing. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#isOver) this.#abort.abort()
    return this.#abort.signal
  }

  /** Its result (JSON) is there: the only one. */
  answer(result: string): void {
    this.#finish(framesOf(`${this.#next}${result}}`, JSON.stringify({ id: this.#id, type: MessageType.Complete })))
  }

  /** It cannot be done, or no longer. The errors may be shown. */
  refuse(errors: readonly GraphQLError[]): void {
    this.#finish(framesOf(JSON.stringify({ id: this.#id, type: MessageType.Error, payload: errors })))
  }

  /** Its subscription is pinned: from here on that delivers. */
  stream(subscription: Subscription, audience: Audience): void {
    if (this.#isOver) return subscription.close()
    this.#subscription = subscription
    channels.subscribed.publish({ transport: 'ws' })
    subscription.deliver(audience, this)
  }

  /** A subscription is ended by us: its client hears why, and the cursor to go on from. */
  endStream(error: unknown): void {
    this.#subscription?.end(error)
  }

  /** Its client wants no more of it, or is gone, or Herald stops: nothing more is said. */
  close(reason: EndReason): void {
    if (this.#isOver) return
    this.#end(reason)
    this.#subscription?.close()
    this.#abort?.abort()
  }

  get isFull(): boolean {
    return this.#connection.isFull
  }

  take(delivery: Delivery): void {
    counts.delivered.ws += delivery.items.length
    this.#connection.write(nextFrames(delivery, this.#next))
  }

  moveOn(cursor: string): void {
    this.#connection.send(framesOf(JSON.stringify({ type: MessageType.Ping, payload: { id: this.#id, cursor } })))
  }

  room(ms: number): Promise<void> {
    return this.#connection.room(ms)
  }

  end(error: unknown, cursor: string | null): void {
    if (error === null) {
      this.#finish(framesOf(JSON.stringify({ id: this.#id, type: MessageType.Complete })), 'complete')
      return
    }
    const shown = lastError(error, cursor)
    const last = framesOf(JSON.stringify({ id: this.#id, type: MessageType.Error, payload: [shown] }))
    this.#finish(last, shown.extensions.code as EndReason)
    // It is the socket that is slow, not the operation.
    if (error instanceof HeraldError && error.code === 'SUBSCRIBER_TOO_SLOW') this.#connection.endStreams(error)
  }

  #finish(last: Buffer, reason: EndReason = 'complete'): void {
    if (this.#isOver) return
    this.#end(reason)
    this.#connection.send(last)
  }

  #end(reason: EndReason): void {
    this.#isOver = true
    this.#connection.forget(this.#id)
    if (this.#subscription !== null) channels.unsubscribed.publish({ transport: 'ws', reason })
  }
}
