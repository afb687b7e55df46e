/**
 * What the tests of the operations share: the operations' parts over a real log, put together as
 * operations.ts does it, events whose type is a number so that sequences can be told exactly, and collecting.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { readCatalogue } from '../../src/catalogue/build.ts'
import { HeraldError } from '../../src/errors.ts'
import { CursorCodec, type Place } from '../../src/event/cursor.ts'
import { Decoder } from '../../src/event/decode.ts'
import { Enricher } from '../../src/event/enrich.ts'
import type { DecodedEvent } from '../../src/event/event.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { EventLog, NewRecord } from '../../src/log/event-log.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { Live } from '../../src/operations/live.ts'
import { type Page, type ReplayArguments, replay } from '../../src/operations/replay.ts'
import { type SubscribeArguments, subscribe } from '../../src/operations/subscribe.ts'
import type { Sink, Subscription } from '../../src/operations/subscription.ts'
import { kafkaAddress } from '../support/kafka.ts'

const catalogue = readCatalogue('schema')

export interface Parts {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly decoder: Decoder
  readonly enricher: Enricher
  readonly source: string
}

/** The parts over a log; the tail runs, and all is closed when the test has finished. */
export function partsOver(log: EventLog): Parts {
  const cursors = new CursorCodec(log.topic, () => log.incarnation())
  const decoder = new Decoder(catalogue, log.topic, cursors)
  const live = new Live({ log, decoder })
  live.start()
  onTestFinished(async () => {
    await live.close()
    await log.close()
  })
  return {
    log,
    live,
    cursors,
    decoder,
    enricher: new Enricher({ enabled: true, denied: [], only: [] }),
    source: '/test',
  }
}

/** Over an embedded log of its own. */
export async function embeddedParts(): Promise<Parts> {
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const parts = partsOver(await openEmbeddedLog({ dataDir, topic: 'events' }))
  await parts.live.begun()
  return parts
}

/** Over a topic that is there. */
export async function kafkaParts(topic: string, bootstrap = kafkaAddress()): Promise<Parts> {
  const parts = partsOver(openKafkaLog({ brokers: bootstrap.split(','), topic, partitions: 1, replicationFactor: 1 }))
  await parts.live.begun()
  return parts
}

/** A record that becomes an event with this type. */
export function record(type: string | number, changes: Partial<NewRecord> = {}): NewRecord {
  return { key: null, value: jsonOf(type), headers: [], timestamp: Date.now(), ...changes }
}

export function jsonOf(type: string | number): Buffer {
  return Buffer.from(JSON.stringify({ event_type: String(type) }))
}

/** Publishes as `publish` does, events 0 to `count` - 1, `width` of them at a time; in the order of the log. */
export async function publishNumbers({ log, live }: Parts, count: number, width = 256): Promise<void> {
  let next = 0
  const one = async () => {
    while (next < count) {
      const type = next++
      await live.publishing(() => log.append(record(type)))
    }
  }
  await Promise.all(Array.from({ length: width }, one))
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** The HeraldError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown> | null): Promise<HeraldError> {
  const error: unknown = await Promise.resolve(promise).then(
    (value) => new Error(`did not fail: ${value}`),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(HeraldError)
  return error as HeraldError
}

export const typesOf = ({ events }: Page): string[] => events.map(({ type }) => type)

/** Follows `endCursor` or `startCursor` from page to page until there is no more; the events in the log's order. */
export async function chain(
  parts: Parts,
  direction: 'forward' | 'backward',
  size: () => number,
  args: ReplayArguments = {},
): Promise<DecodedEvent[]> {
  const events: DecodedEvent[] = []
  let place: Place | null = null
  for (let pages = 0; ; pages++) {
    expect(pages).toBeLessThan(10_000)
    const cursor: string | null = place === null ? null : parts.cursors.encode(place)
    if (direction === 'forward') {
      const page: Page = await replay(parts, { ...args, first: size(), ...(cursor !== null && { after: cursor }) })
      events.push(...page.events)
      if (!page.hasNextPage) return events
      place = page.end
    } else {
      const page: Page = await replay(parts, { ...args, last: size(), ...(cursor !== null && { before: cursor }) })
      events.unshift(...page.events)
      if (!page.hasPreviousPage) return events
      place = page.start
    }
    expect(place).not.toBeNull()
  }
}

/** What a subscription delivered: an event, or only the place that it has come to without one. */
export type Taking = { readonly event: DecodedEvent } | { readonly progress: Place }

/** A subscription that is taken as fast as it delivers. */
export interface Taken {
  readonly subscription: Subscription
  readonly deliveries: Taking[]
  /** Those of the deliveries that are events. */
  readonly events: DecodedEvent[]
  /** The events' types so far. */
  types(): string[]
  /** The events' offsets so far; on one partition they tell exactly what was delivered. */
  offsets(): number[]
  /** Resolves when `enough` holds; asked after every delivery. */
  until(enough: () => boolean): Promise<void>
  /** How it ended: undefined, or what it threw. */
  readonly ended: Promise<unknown>
  /** Closes it, and resolves when it has ended. */
  stop(): Promise<unknown>
}

export interface TakeOptions extends Partial<SubscribeArguments> {
  /** Those with the same are one audience; default: each is one of its own. */
  readonly audience?: string
}

let audiences = 0

/** Subscribes and takes until it ends, or the test has finished. What `each` returns may hold the taking up. */
export async function take(
  parts: Parts,
  { audience = `audience ${audiences++}`, ...args }: TakeOptions = {},
  each: (delivery: Taking) => unknown = () => {},
): Promise<Taken> {
  const subscription = await subscribe(parts, { matches: null, ...args }, new AbortController())
  const deliveries: Taking[] = []
  const events: DecodedEvent[] = []
  const waiting = new Set<() => void>()
  let holding: Promise<unknown> | null = null
  let end: (error: unknown) => void = () => {}
  const ended = new Promise<unknown>((resolve) => {
    end = resolve
  })
  const took = (delivery: Taking) => {
    deliveries.push(delivery)
    if ('event' in delivery) events.push(delivery.event)
    for (const check of waiting) check()
    const held = each(delivery)
    if (!(held instanceof Promise)) return
    const until: Promise<unknown> = Promise.all([holding, held]).then(() => {
      if (holding === until) holding = null
    })
    holding = until
  }
  const sink: Sink = {
    get isFull() {
      return holding !== null
    },
    take({ items }) {
      for (const { event } of items) took({ event })
    },
    moveOn: (cursor) => took({ progress: parts.cursors.decode(cursor) }),
    room: (ms) => Promise.race([holding, new Promise((resolve) => setTimeout(resolve, ms))]).then(() => {}),
    end: (error) => end(error ?? undefined),
  }
  const stop = () => {
    subscription.close()
    end(undefined)
    return ended
  }
  onTestFinished(async () => void (await stop()))
  subscription.deliver({ key: audience, render: () => Buffer.alloc(0) }, sink)
  return {
    subscription,
    deliveries,
    events,
    types: () => events.map(({ type }) => type),
    offsets: () => events.map(({ parts: { offset } }) => offset),
    until: (enough) =>
      new Promise((resolve) => {
        const check = () => {
          if (!enough()) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    ended,
    stop,
  }
}
