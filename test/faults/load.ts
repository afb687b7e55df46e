/**
 * The clients of a run, and what they recorded: publishers and subscribers over all gateways, on both transports,
 * from the first event to a quiet end. Faults happen meanwhile; this file knows none.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Entry, Fault, History, Publish, Stream } from './history.ts'
import { NO_ANSWER, type Publisher, startPublisher } from './publisher.ts'
import { endsOf, replay } from './replay.ts'
import { type MoveCursor, type Subscriber, startSubscriber } from './subscriber.ts'

/** The longest that service may stay away when nothing is broken any more, on a busy machine too. */
const PATIENCE_MS = 60_000
const POLL_MS = 20

const SUBSCRIBERS = [
  { name: 'ws-1', transport: 'ws', field: 'events', isRestless: false },
  { name: 'sse-1', transport: 'sse', field: 'events', isRestless: false },
  { name: 'sse-2', transport: 'sse', field: 'guildJoined', isRestless: false },
  { name: 'ws-2', transport: 'ws', field: 'guildJoined', isRestless: false },
  { name: 'ws-3', transport: 'ws', field: 'events', isRestless: true },
  { name: 'sse-3', transport: 'sse', field: 'events', isRestless: true },
] as const

/** Newcomers begin with what is new, one after the other on each transport, and leave with so many events. */
const NEWCOMER_EVENTS = 200

export interface LoadOptions {
  /** Base URLs of the gateways. */
  readonly gateways: readonly string[]
  /** Where publishers publish instead; only tests that break it on purpose say so. */
  readonly publishTo?: readonly string[]
  readonly publishers: number
  /** Where a subscriber resumes, given its last cursor; only tests that break it on purpose change it. */
  readonly moveCursor?: MoveCursor
}

export interface Load {
  /** Events acknowledged so far. */
  readonly acknowledged: number
  /** Notes what must never happen. */
  accident(what: string): void
  /**
   * Runs a fault: `hurt` breaks something and resolves when it is whole again. Resolves once every publisher was
   * acknowledged and every subscriber got something published after that.
   */
  fault(name: string, hurt: () => Promise<void>): Promise<void>
  /** Resolves once so many events were acknowledged. */
  until(acknowledged: number): Promise<void>
  /**
   * Stops publishing, waits until every subscriber has come to the log's end or nothing comes any more, replays the
   * log through every gateway, and resolves with the history. `readLog` is called last, to read it without Herald.
   */
  end(readLog: () => Promise<readonly Entry[]>): Promise<History>
}

/** Starts all clients, and resolves once every subscriber has its place and got an event. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { gateways, publishers: count, publishTo = gateways, moveCursor } = options
  const publishes: Publish[] = []
  const accidents: string[] = []
  const faults: Fault[] = []
  let acknowledged = 0
  const accident = (what: string) => void accidents.push(what)

  const subscribers = SUBSCRIBERS.map((kind, index) =>
    startSubscriber({ ...kind, gateways, first: index, protest: accident, ...(moveCursor && { moveCursor }) }),
  )
  const publishers = Array.from({ length: count }, (_, index) =>
    startPublisher({
      name: `p${index + 1}`,
      gateways: publishTo,
      first: index,
      record(publish) {
        publishes.push(publish)
        const { answer, name } = publish
        if (answer.kind === 'acknowledged') acknowledged++
        if (answer.kind === 'none' && answer.why === NO_ANSWER) accident(`${name} got ${NO_ANSWER}`)
        if (answer.kind === 'failed' && !EXPECTED.has(answer.code)) accident(`${name} was refused with ${answer.code}`)
      },
    }),
  )
  const served = async (what: string, after: number) => {
    const isServed = await isServedAfter(publishers, subscribers, after)
    if (!isServed) accident(`Not every client was served within ${PATIENCE_MS} ms after ${what}`)
  }
  await served('the start', performance.now())
  const isOver = new AbortController()
  const newcomers: Stream[] = []
  const coming = (['ws', 'sse'] as const).map(async (transport, index) => {
    for (let number = 1; !isOver.signal.aborted; number++) {
      const newcomer = startSubscriber({
        name: `new-${transport}-${number}`,
        transport,
        field: 'events',
        gateways,
        first: index + number,
        isRestless: false,
        isNewcomer: true,
        protest: accident,
      })
      newcomers.push(newcomer.stream)
      while (newcomer.stream.deliveries.length < NEWCOMER_EVENTS && !isOver.signal.aborted) await delay(POLL_MS)
      await newcomer.stop()
    }
  })

  return {
    get acknowledged() {
      return acknowledged
    },
    accident,
    async fault(name, hurt) {
      const from = performance.now()
      await hurt()
      const to = performance.now()
      faults.push({ name, from, to })
      await served(name, to)
    },
    async until(total) {
      let before = -1
      while (acknowledged < total && acknowledged !== before) {
        before = acknowledged
        await waitFor(() => acknowledged >= total)
      }
      if (acknowledged < total) accident(`Nothing was acknowledged for ${PATIENCE_MS} ms`)
    },
    async end(readLog) {
      const loadEndedAt = performance.now()
      isOver.abort()
      await Promise.all(coming)
      await Promise.all(publishers.map((publisher) => publisher.stop()))
      const ends = await endsOf(gateways[0]!)
      await quiet(subscribers, ends)
      const replays = await Promise.all(
        gateways.map(async (gateway) => ({ gateway, entries: await replay(gateway, accident) })),
      )
      await Promise.all(subscribers.map((subscriber) => subscriber.stop()))
      const streams = [...subscribers.map(({ stream }) => stream), ...newcomers]
      const log = await readLog()
      return { publishes, streams, replays, log, faults, loadEndedAt, accidents }
    },
  }
}

/** What a publish may be answered while the log is away or busy. */
const EXPECTED = new Set(['LOG_UNAVAILABLE', 'OVERLOADED'])

/** Whether everybody was served after the moment, in time: acknowledged, and then streamed to. */
async function isServedAfter(
  publishers: readonly Publisher[],
  subscribers: readonly Subscriber[],
  after: number,
): Promise<boolean> {
  if (!(await waitFor(() => publishers.every(({ acknowledgedAt }) => (acknowledgedAt ?? 0) > after)))) return false
  const since = performance.now()
  return waitFor(() => subscribers.every(({ stream }) => (stream.deliveries.at(-1)?.at ?? 0) > since))
}

/** So long nothing comes before a subscriber that is not at the end is left to the checker. */
const QUIET_MS = 8_000

/** Waits until every subscriber has come to the ends, or none has got anything for a while. */
async function quiet(subscribers: readonly Subscriber[], ends: readonly number[]): Promise<void> {
  const began = performance.now()
  const lastAt = () => Math.max(began, ...subscribers.map(({ stream }) => stream.deliveries.at(-1)?.at ?? 0))
  await waitFor(
    () => subscribers.every((subscriber) => subscriber.hasReached(ends)) || performance.now() - lastAt() > QUIET_MS,
  )
}

/** Resolves to whether it came true in time. */
async function waitFor(isTrue: () => boolean): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS
  while (!isTrue()) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}
