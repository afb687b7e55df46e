/**
 * A subscriber as a user would write one: it streams, and whenever its connection ends it resumes on the next
 * gateway from the last cursor that it got. Two transports stand below it (ws-client.ts, sse-client.ts), which
 * know one connection each. A restless one also leaves by itself now and then, in the middle of the stream.
 *
 * `moveCursor` is where tests break it: what it gives back is where the subscriber resumes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Asked, COMPLETE, type Listener, type Open } from './connection.ts'
import type { Entry, Stream } from './history.ts'
import { wantedBy } from './operations.ts'
import { openSse } from './sse-client.ts'
import { openWebSocket } from './ws-client.ts'

const RETRY_MS = 100
/** A restless subscriber leaves after about so long, in milliseconds. */
const RESTLESS_MS = 1_500

/** Where a subscriber resumes, given its last cursor. */
export type MoveCursor = (cursor: string, transport: 'ws' | 'sse') => string

export interface SubscriberOptions {
  readonly name: string
  readonly transport: 'ws' | 'sse'
  readonly asked: Asked
  readonly gateways: readonly string[]
  readonly first: number
  readonly isRestless: boolean
  /** Whether it will be stopped before the end. */
  readonly isNewcomer?: boolean
  /** The name of the WebSocket that it shares with others. */
  readonly shared?: string | null
  readonly moveCursor?: MoveCursor
  /** Gets what must not happen: a refused cursor, a stream that says it is complete. */
  readonly protest: (what: string) => void
}

export interface Subscriber {
  readonly stream: Stream
  readonly asked: Asked
  /** Whether it has got the last that it wants of these, partition by partition. */
  hasReached(entries: readonly Entry[]): boolean
  /** Resolves when it was told that nothing more comes, or was stopped. */
  readonly over: Promise<void>
  stop(): Promise<void>
}

/** Errors after which a client is to come back. */
const PASSING = new Set(['LOG_UNAVAILABLE', 'OVERLOADED', 'SUBSCRIBER_TOO_SLOW'])

/** Starts to stream, until stopped. */
export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { name, gateways, asked, isNewcomer = false, shared = null, protest } = options
  const { transport, moveCursor = (cursor: string) => cursor } = options
  const wanted = wantedBy(asked)
  const stream: Stream = {
    subscriber: name,
    pinnedAt: asked.isArchive ? performance.now() : null,
    left: isNewcomer,
    wanted,
    isFromBeginning: asked.isArchive,
    hasAllBefore: null,
    connections: [],
    deliveries: [],
  }
  const open: Open = transport === 'ws' ? openWebSocket : openSse
  const stopped = new AbortController()
  /** Partition by partition the offset behind the last event. */
  const reached = new Map<number, number>()
  let cursor: string | null = null

  /** One connection, from beginning to end. */
  function connect(gateway: string): Promise<void> {
    return new Promise((resolve) => {
      const number = stream.connections.length
      const after = cursor === null ? null : moveCursor(cursor, transport)
      const connection = { gateway, after, at: performance.now(), end: null as string | null }
      stream.connections.push(connection)
      let leaving: NodeJS.Timeout | undefined
      const end = (why: string) => {
        if (connection.end !== null) return
        connection.end = why
        clearTimeout(leaving)
        stopped.signal.removeEventListener('abort', leave)
        resolve()
      }
      // Not before it has heard something: on a busy machine it would leave for ever before that.
      const heard = () => {
        if (options.isRestless) leaving ??= setTimeout(leave, RESTLESS_MS * (0.5 + Math.random()))
      }
      const listener: Listener = {
        pinned(pin) {
          if (connection.end !== null) return
          heard()
          stream.pinnedAt ??= performance.now()
          cursor ??= pin
        },
        progress(place) {
          if (connection.end !== null) return
          heard()
          cursor = place
        },
        event(entry, place) {
          if (connection.end !== null) return
          heard()
          stream.deliveries.push({ ...entry, at: performance.now(), connection: number })
          reached.set(entry.partition, Math.max(entry.offset + 1, reached.get(entry.partition) ?? 0))
          cursor = place
        },
        ended(why, code) {
          if (connection.end === null && code !== null && !PASSING.has(code)) {
            protest(`${name} was refused by ${gateway} with ${code}: ${why}`)
          }
          if (connection.end === null && why === COMPLETE) {
            if (asked.isArchive) stream.hasAllBefore = connection.at
            else protest(`${gateway} completed the endless stream of ${name}`)
          }
          end(why)
        },
      }
      const close = open(gateway, asked, after, listener, shared)
      function leave() {
        end('left')
        close()
      }
      stopped.signal.addEventListener('abort', leave)
      if (stopped.signal.aborted) leave()
    })
  }

  const running = (async () => {
    for (let gateway = options.first; !stopped.signal.aborted && stream.hasAllBefore === null; gateway++) {
      await connect(gateways[gateway % gateways.length]!)
      if (stream.connections.at(-1)?.end !== 'left') await delay(RETRY_MS)
    }
  })()
  return {
    stream,
    asked,
    over: running,
    hasReached(entries) {
      const last = new Map<number, number>()
      for (const { name, partition, offset } of entries) {
        if (wanted === null || wanted.wants(name)) last.set(partition, offset)
      }
      return [...last].every(([partition, offset]) => (reached.get(partition) ?? 0) > offset)
    },
    async stop() {
      stopped.abort()
      await running
    },
  }
}
