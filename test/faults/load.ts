/**
 * The clients of a run, and what they recorded: publishers, subscribers and readers over all gateways, on every
 * transport, from the first event to a quiet end. Faults happen meanwhile; this file knows none.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Asked } from './connection.ts'
import type { Entry, Fault, History, Logged, Publish, Replay, Stream } from './history.ts'
import { wantedBy } from './operations.ts'
import { NO_ANSWER, type Publisher, startPublisher } from './publisher.ts'
import { ALL, type Chain, replay, startReader } from './replay.ts'
import { type MoveCursor, type Subscriber, startSubscriber } from './subscriber.ts'

/** The longest that service may stay away when nothing is broken any more, on a busy machine too. */
const PATIENCE_MS = 60_000
const POLL_MS = 20

const EVERYTHING: Asked = { field: 'events', prefix: null, among: null, isArchive: false }
const GUILDS: Asked = { ...EVERYTHING, field: 'guildJoined' }
const ARCHIVE: Asked = { ...EVERYTHING, isArchive: true }
/** What one publisher of many publishes. */
const FEW: Asked = { ...EVERYTHING, prefix: 'p1-' }
/** What comes once in a long while: such a subscriber lives by the cursors that it is told without an event. */
const RARE: Asked = { ...EVERYTHING, prefix: 'p2-7' }

/** Single names, which gateways find by an index. The last comes early: it, too, lives by what it is told. */
const NAMED: Asked = { ...EVERYTHING, among: Array.from({ length: 200 }, (_, n) => `p${1 + (n % 4)}-${n}`) }
/** Those of whom nobody can say that they have been served after a moment. */
const SELDOM: readonly Asked[] = [RARE, NAMED]

interface Kind {
  readonly name: string
  readonly transport: 'ws' | 'sse'
  readonly asked: Asked
  readonly isRestless?: boolean
  readonly shared?: string
}

/** Equal subscribers: one audience, on a few WebSockets that they share and on streams of their own. */
const CROWD: readonly Kind[] = [
  ...Array.from({ length: 16 }, (_, n) => ({
    name: `crowd-ws-${n + 1}`,
    transport: 'ws' as const,
    asked: FEW,
    shared: `socket ${n % 2}`,
  })),
  ...Array.from({ length: 4 }, (_, n) => ({ name: `crowd-sse-${n + 1}`, transport: 'sse' as const, asked: FEW })),
]

const SUBSCRIBERS: readonly Kind[] = [
  { name: 'ws-1', transport: 'ws', asked: EVERYTHING },
  { name: 'sse-1', transport: 'sse', asked: EVERYTHING },
  { name: 'sse-2', transport: 'sse', asked: GUILDS },
  { name: 'ws-2', transport: 'ws', asked: GUILDS },
  { name: 'ws-3', transport: 'ws', asked: EVERYTHING, isRestless: true },
  { name: 'sse-3', transport: 'sse', asked: EVERYTHING, isRestless: true },
  { name: 'ws-4', transport: 'ws', asked: EVERYTHING, shared: 'socket 0' },
  { name: 'ws-5', transport: 'ws', asked: GUILDS, shared: 'socket 0', isRestless: true },
  { name: 'named-ws', transport: 'ws', asked: NAMED, shared: 'socket 1', isRestless: true },
  { name: 'named-sse', transport: 'sse', asked: NAMED, isRestless: true },
  { name: 'rare-ws', transport: 'ws', asked: RARE, isRestless: true },
  { name: 'rare-sse', transport: 'sse', asked: RARE, isRestless: true },
  ...CROWD,
]

/** Newcomers begin with what is new, one after the other on each transport, and leave with so many events. */
const NEWCOMER_EVENTS = 200
/** An archivist streams the whole log to its end, rests, and begins again. */
const ARCHIVE_PAUSE_MS = 3_000

const READERS: readonly { readonly name: string; readonly chain: Chain }[] = [
  { name: 'pages', chain: { ...ALL, size: 300 } },
  { name: 'pages-back', chain: { ...ALL, size: 500, direction: 'backward' } },
  { name: 'pages-few', chain: { ...ALL, size: 40, prefix: 'p1-' } },
]

export interface LoadOptions {
  /** Base URLs of the gateways. */
  readonly gateways: readonly string[]
  /** Where publishers publish instead; only tests that break it on purpose say so. */
  readonly publishTo?: readonly string[]
  /** Resolves when all that was published is where it is to be; only where `publishTo` passes it on late. */
  readonly settled?: () => Promise<void>
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
  end(readLog: () => Promise<readonly Logged[]>): Promise<History>
}

/** How publishers publish, in turn: most by POST and by REST, some with keys, some over a WebSocket. */
const WAYS = ['http', 'http', 'keyed', 'http', 'socket', 'keyed', 'http', 'http'] as const

/** Starts all clients, and resolves once every subscriber has its place and got an event. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { gateways, publishers: count, publishTo = gateways, settled, moveCursor } = options
  const startedAt = Date.now()
  const publishes: Publish[] = []
  const accidents: string[] = []
  const faults: Fault[] = []
  let acknowledged = 0
  const accident = (what: string) => void accidents.push(what)

  const subscribers = SUBSCRIBERS.map(({ isRestless = false, ...kind }, index) =>
    startSubscriber({
      ...kind,
      isRestless,
      gateways,
      // Those who share a socket must ask the same gateway.
      first: kind.shared === undefined ? index : 0,
      protest: accident,
      ...(moveCursor && { moveCursor }),
    }),
  )
  const publishers = Array.from({ length: count }, (_, index) =>
    startPublisher({
      name: `p${index + 1}`,
      way: WAYS[index % WAYS.length]!,
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
    return isServed ? performance.now() : null
  }
  await served('the start', performance.now())
  const isOver = new AbortController()
  const over = aborted(isOver.signal)
  const newcomers: Stream[] = []
  const coming = (['ws', 'sse'] as const).map(async (transport, index) => {
    for (let number = 1; !isOver.signal.aborted; number++) {
      const newcomer = startSubscriber({
        name: `new-${transport}-${number}`,
        transport,
        asked: EVERYTHING,
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

  const archiving = (['ws', 'sse'] as const).map(async (transport, index) => {
    for (let number = 1; !isOver.signal.aborted; number++) {
      const archivist = startSubscriber({
        name: `archive-${transport}-${number}`,
        transport,
        asked: ARCHIVE,
        gateways,
        first: index + number,
        isRestless: false,
        isNewcomer: true,
        protest: accident,
      })
      newcomers.push(archivist.stream)
      await Promise.race([archivist.over, over])
      await archivist.stop()
      await delay(ARCHIVE_PAUSE_MS, undefined, { signal: isOver.signal }).catch(() => {})
    }
  })
  const readers = READERS.map((reader) => startReader({ ...reader, gateways, protest: accident }))

  return {
    get acknowledged() {
      return acknowledged
    },
    accident,
    async fault(name, hurt) {
      const from = performance.now()
      await hurt()
      const to = performance.now()
      faults.push({ name, from, to, servedAt: await served(name, to) })
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
      await Promise.all([...coming, ...archiving, ...readers.map((reader) => reader.stop())])
      await Promise.all(publishers.map((publisher) => publisher.stop()))
      await settled?.()
      const since = Math.round(startedAt + (Date.now() - startedAt) / 2)
      const chains: readonly (readonly [gateway: string, chain: Chain])[] = [
        ...gateways.map((gateway) => [gateway, ALL] as const),
        [gateways.at(-1)!, { ...ALL, size: 700, direction: 'backward' }],
        [gateways[0]!, { ...ALL, since }],
        [gateways[0]!, { ...ALL, size: 100, prefix: 'p1-' }],
      ]
      const replays: Replay[] = []
      for (const [gateway, chain] of chains) {
        const { since } = chain
        replays.push({ gateway, wanted: wantedBy(chain), since, entries: await replay(gateway, chain, accident) })
      }
      await quiet(subscribers, replays[0]!.entries)
      await Promise.all(subscribers.map((subscriber) => subscriber.stop()))
      const read = readers.flatMap(({ streams }) => streams)
      const streams = [...subscribers.map(({ stream }) => stream), ...newcomers, ...read]
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
  return waitFor(() =>
    subscribers.every(({ stream, asked }) => SELDOM.includes(asked) || (stream.deliveries.at(-1)?.at ?? 0) > since),
  )
}

/** So long nothing comes before a subscriber that is not at the end is left to the checker. */
const QUIET_MS = 8_000

/** Waits until every subscriber has the last that it wants of all, or none has got anything for a while. */
async function quiet(subscribers: readonly Subscriber[], all: readonly Entry[]): Promise<void> {
  const began = performance.now()
  const lastAt = () => Math.max(began, ...subscribers.map(({ stream }) => stream.deliveries.at(-1)?.at ?? 0))
  await waitFor(
    () => subscribers.every((subscriber) => subscriber.hasReached(all)) || performance.now() - lastAt() > QUIET_MS,
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
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
