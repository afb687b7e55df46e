/**
 * A subscriber as a user would write one: it streams, and whenever its connection ends it resumes on the next
 * gateway from the last cursor that it got. Two transports stand below it (ws-client.ts, sse-client.ts), which
 * know one connection each. A restless one also leaves by itself now and then, in the middle of the stream.
 *
 * `moveCursor` is where tests break it: what it gives back is where the subscriber resumes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { COMPLETE, type Field, type Open } from './connection.ts'
import type { Stream } from './history.ts'
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
  readonly field: Field
  readonly gateways: readonly string[]
  readonly first: number
  readonly isRestless: boolean
  /** Whether it will be stopped before the end. */
  readonly isNewcomer?: boolean
  readonly moveCursor?: MoveCursor
  /** Gets what must not happen: a refused cursor, a stream that says it is complete. */
  readonly protest: (what: string) => void
}

export interface Subscriber {
  readonly stream: Stream
  /** Whether it has come to these ends, partition by partition. */
  hasReached(ends: readonly number[]): boolean
  stop(): Promise<void>
}

/** Errors after which a client is to come back. */
const PASSING = new Set(['LOG_UNAVAILABLE', 'OVERLOADED', 'SUBSCRIBER_TOO_SLOW'])

/** Starts to stream, until stopped. */
export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { name, gateways, field, isNewcomer = false, protest } = options
  const { transport, moveCursor = (cursor: string) => cursor } = options
  const stream: Stream = { subscriber: name, pinnedAt: null, left: isNewcomer, connections: [], deliveries: [] }
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
      const close = open(gateway, field, after, {
        pinned(pin) {
          if (connection.end !== null) return
          stream.pinnedAt ??= performance.now()
          cursor ??= pin
        },
        progress(place) {
          if (connection.end === null) cursor = place
        },
        event(entry, place) {
          if (connection.end !== null) return
          stream.deliveries.push({ ...entry, at: performance.now(), connection: number })
          reached.set(entry.partition, Math.max(entry.offset + 1, reached.get(entry.partition) ?? 0))
          cursor = place
        },
        ended(why, code) {
          if (connection.end === null && code !== null && !PASSING.has(code)) {
            protest(`${name} was refused by ${gateway} with ${code}: ${why}`)
          }
          if (connection.end === null && why === COMPLETE) protest(`${gateway} completed the endless stream of ${name}`)
          end(why)
        },
      })
      function leave() {
        end('left')
        close()
      }
      stopped.signal.addEventListener('abort', leave)
      if (options.isRestless) leaving = setTimeout(leave, RESTLESS_MS * (0.5 + Math.random()))
      if (stopped.signal.aborted) leave()
    })
  }

  const running = (async () => {
    for (let gateway = options.first; !stopped.signal.aborted; gateway++) {
      await connect(gateways[gateway % gateways.length]!)
      if (stream.connections.at(-1)?.end !== 'left') await delay(RETRY_MS)
    }
  })()
  return {
    stream,
    hasReached: (ends) => ends.every((end, partition) => (reached.get(partition) ?? 0) >= end),
    async stop() {
      stopped.abort()
      await running
    },
  }
}
