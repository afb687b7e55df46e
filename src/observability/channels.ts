/**
 * What happens inside, as named channels of node:diagnostics_channel: the code says what happened, and
 * whoever listens makes log lines, metrics or traces of it. Nothing is made where nobody listens.
 */
import { channel } from 'node:diagnostics_channel'
import type { ErrorCode } from '../errors.ts'

/** A publishing ended. */
export interface Published {
  /** The event's type in the schema, `GuildJoined`. */
  readonly event: string
  /** Null: acknowledged. */
  readonly error: ErrorCode | null
  readonly seconds: number
}

/** How events are streamed. */
export type Transport = 'ws' | 'sse'

/** An event that has a trace is being handed to so many subscribers. */
export interface Delivering {
  readonly traceparent: string
  readonly partition: number
  readonly offset: number
  readonly subscribers: number
}

/** A subscription began. */
export interface Subscribed {
  readonly transport: Transport
}

/**
 * Why a subscription ended: it was `until: END` and came there, its client left or completed it, Herald stops, or
 * the error that it was ended with.
 */
export type EndReason = 'complete' | 'client' | 'stopping' | ErrorCode

export interface Unsubscribed {
  readonly transport: Transport
  readonly reason: EndReason
}

/** The log acknowledged a batch of so many events. */
export interface Batched {
  readonly events: number
}

/** Something that is a fault of ours, or of a library's. */
export interface Fault {
  readonly error: unknown
}

/** A notice about what Herald leans on: the log (reached, away, topic made), the keys of tokens. */
export interface LogNotice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

export const channels = {
  published: typed<Published>('herald.published'),
  batched: typed<Batched>('herald.batched'),
  delivering: typed<Delivering>('herald.delivering'),
  subscribed: typed<Subscribed>('herald.subscribed'),
  unsubscribed: typed<Unsubscribed>('herald.unsubscribed'),
  fault: typed<Fault>('herald.fault'),
  log: typed<LogNotice>('herald.log'),
}

interface TypedChannel<T> {
  readonly hasSubscribers: boolean
  publish(message: T): void
  subscribe(listener: (message: T) => void): void
}

function typed<T>(name: string): TypedChannel<T> {
  const untyped = channel(name)
  return {
    get hasSubscribers() {
      return untyped.hasSubscribers
    },
    publish: (message) => untyped.publish(message),
    subscribe: (listener) => untyped.subscribe((message) => listener(message as T)),
  }
}
