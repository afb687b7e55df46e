/**
 * Load by subscribing: many WebSockets in this one process that count what they get. Every subscriber must get every
 * event exactly once: a lost or doubled delivery is a fault, and its round no figure.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openPublisher } from './events.ts'
import type {
  FanOutJob,
  FanOutResult,
  FirstJob,
  FirstResult,
  HearJob,
  HearResult,
  JoinJob,
  JoinResult,
  LeaveJob,
  PaceJob,
  PaceResult,
} from './jobs.ts'
import { WebSocketConnection } from './sockets.ts'

/** How many sockets are being opened at the same time. */
const OPENING = 250
/** How long the last deliveries may take before they count as lost. */
const PATIENCE_MS = 20_000

interface Group {
  readonly sockets: readonly WebSocketConnection[]
  /** How many events each got. */
  readonly counts: number[]
  total: number
  /** The `total` that somebody waits for: to wake at each delivery would cost more than the delivery. */
  awaited: number
  fault: string | null
  /** Looks at a payload before anything else does; false: it does not count. */
  look: ((payload: Buffer, index: number) => boolean) | null
  /** How long ago the moments of events were, as they came. */
  heard: number[]
  wake: () => void
}

const groups = new Map<number, Group>()
let lastGroup = 0

export async function join({ port, subscribers, query }: JoinJob): Promise<JoinResult> {
  const sockets: WebSocketConnection[] = []
  const group: Group = {
    sockets,
    counts: [],
    total: 0,
    awaited: Number.POSITIVE_INFINITY,
    fault: null,
    look: null,
    heard: [],
    wake: () => {},
  }
  const message = JSON.stringify({ id: '1', type: 'subscribe', payload: { query } })
  const open = async (index: number) => {
    const socket = await WebSocketConnection.open(port)
    if (query !== null) await socket.initialise()
    sockets[index] = socket
    group.counts[index] = 0
    socket.onText = (payload) => {
      // First of all: it may ask the clock.
      const counts = group.look === null || group.look(payload, index)
      if (!payload.includes('"next"') || payload.includes('"errors"')) fail(group, payload.toString().slice(0, 300))
      if (!counts) return
      group.counts[index]!++
      group.total++
      if (group.total >= group.awaited) group.wake()
    }
    socket.onClose = (reason) => fail(group, reason)
    if (query !== null) socket.send(message)
  }
  for (let at = 0; at < subscribers; at += OPENING) {
    const size = Math.min(OPENING, subscribers - at)
    await Promise.all(Array.from({ length: size }, (_, index) => open(at + index)))
  }
  groups.set(++lastGroup, group)
  return { group: lastGroup }
}

function fail(group: Group, fault: string): void {
  group.fault ??= fault
  group.wake()
}

export async function leave({ group }: LeaveJob): Promise<null> {
  for (const socket of groups.get(group)?.sockets ?? []) socket.close()
  groups.delete(group)
  return null
}

export async function fanOut({ group: id, source, seconds, ahead }: FanOutJob): Promise<FanOutResult> {
  const group = groups.get(id)!
  const size = group.sockets.length
  const publisher = await openPublisher(source)
  await allLive(group, (name) => publisher.publish(name))
  const before = group.total
  const begin = performance.now()
  const end = begin + seconds * 1_000
  let events = 0
  const underWay = new Set<Promise<void>>()
  while (performance.now() < end && group.fault === null) {
    if (events - Math.floor((group.total - before) / size) >= ahead) {
      await delivered(group, before + (events - ahead + 1) * size, end)
      continue
    }
    const publishing = publisher
      .publish(`guild${events++}`)
      .catch((error: unknown) => fail(group, String(error)))
      .finally(() => underWay.delete(publishing))
    underWay.add(publishing)
  }
  await Promise.all(underWay)
  await delivered(group, before + events * size, performance.now() + PATIENCE_MS)
  const took = (performance.now() - begin) / 1_000
  await publisher.close()
  const deliveries = group.total - before
  const uneven = group.counts.some((count) => count !== group.counts[0])
  const wrong =
    deliveries === events * size && !uneven ? null : `${deliveries} deliveries instead of ${events} x ${size}`
  return { events, deliveries, seconds: took, fault: group.fault ?? wrong }
}

/** Publishes until every subscriber has got a mark: before that, who subscribed late may miss events rightly. */
async function allLive(group: Group, publish: (name: string) => Promise<void>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  // Each mark gets more time than the one before: many subscribers on a busy machine need it.
  for (let waitMs = 500; ; waitMs *= 2) {
    const mark = `mark${performance.now()}`
    const marked = new Set<number>()
    group.look = (payload, index) => {
      if (payload.includes(mark)) {
        marked.add(index)
        if (marked.size === group.sockets.length) group.wake()
      }
      return false
    }
    await publish(mark)
    if (marked.size < group.sockets.length) await woken(group, waitMs)
    if (marked.size === group.sockets.length) break
    if (group.fault !== null) throw new Error(group.fault)
    if (performance.now() > deadline) throw new Error(`${marked.size} of ${group.sockets.length} subscribers are live`)
  }
  group.look = null
}

/** Waits until so many were delivered in all, there is a fault, or the deadline is over. */
async function delivered(group: Group, total: number, deadline: number): Promise<void> {
  group.awaited = total
  while (group.total < total && group.fault === null && performance.now() < deadline) {
    await woken(group, deadline - performance.now())
  }
  group.awaited = Number.POSITIVE_INFINITY
}

/** Resolves at the next call of `wake`, at the latest after the time-out. */
async function woken(group: Group, timeoutMs: number): Promise<void> {
  const stop = new AbortController()
  await Promise.race([
    new Promise<void>((resolve) => {
      group.wake = resolve
    }),
    delay(timeoutMs, undefined, { signal: stop.signal }).catch(() => {}),
  ])
  group.wake = () => {}
  stop.abort()
}

const MOMENT = /joined_guild:(\d+)/

export async function pace({ source, seconds, everyMs }: PaceJob): Promise<PaceResult> {
  const publisher = await openPublisher(source)
  let sent = 0
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    await publisher.publish(String(process.hrtime.bigint()))
    sent++
    await delay(everyMs)
  }
  await publisher.close()
  return { sent }
}

export function hear({ group: id }: HearJob): HearResult {
  const group = groups.get(id)!
  if (group.fault !== null) throw new Error(group.fault)
  const { heard } = group
  group.heard = []
  group.look ??= (payload) => {
    const now = process.hrtime.bigint()
    const sent = MOMENT.exec(payload.toString())?.[1]
    if (sent !== undefined) group.heard.push(Number(now - BigInt(sent)))
    return true
  }
  return { latenciesNs: heard }
}

/**
 * Publishes an event each 2 ms, all the time, and tells how long after its subscribing a subscriber had the first of
 * those that were published since: for so long it was not live.
 */
export async function first({ port, query, brokers, topic }: FirstJob): Promise<FirstResult> {
  const publisher = await openPublisher({ kind: 'topic', brokers, topic })
  const socket = await WebSocketConnection.open(port)
  await socket.initialise()
  // The publisher is warm before the clock runs.
  await publisher.publish('warm')
  let liveAt: bigint | null = null
  let fault: string | null = null
  socket.onText = (payload) => {
    if (payload.includes('"errors"')) fault = payload.toString()
    if (MOMENT.test(payload.toString())) liveAt ??= process.hrtime.bigint()
  }
  const begin = process.hrtime.bigint()
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
  const deadline = performance.now() + PATIENCE_MS
  while (liveAt === null && fault === null && performance.now() < deadline) {
    await publisher.publish(String(process.hrtime.bigint()))
    await delay(2)
  }
  socket.close()
  await publisher.close()
  if (liveAt === null) throw new Error(fault ?? 'the first subscriber got nothing')
  return { liveMs: Number((liveAt as bigint) - begin) / 1e6 }
}
