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

/** A subscription began (+1) or ended (-1). */
export interface Subscribed {
  readonly transport: 'ws' | 'sse'
  readonly change: 1 | -1
}

/** Something that is a fault of ours, or of a library's. */
export interface Fault {
  readonly error: unknown
}

/** A notice about the log: reached, away, topic made. */
export interface LogNotice {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
}

export const channels = {
  published: typed<Published>('herald.published'),
  subscribed: typed<Subscribed>('herald.subscribed'),
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
