/**
 * The checker itself: a clean history passes, and whatever breaks one promise is found. The histories come from
 * a small model of a log with publishers and subscribers, over which a crash passes; each flaw is one that a
 * real gateway could have. A checker that finds nothing proves something only because of these.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, isClean, type Verdict } from './checker.ts'
import type { Answer, Delivery, Entry, History, Publish, Stream } from './history.ts'

/** What the modelled system does wrong. */
type Flaw =
  | 'acknowledges before the send'
  | 'resumes one late'
  | 'resumes one early'
  | 'drops what came while away'
  | 'doubles on retry'

const PARTITIONS = 2
const EVENTS = 60
/** The event in whose publishing the gateway crashes; it comes back two events later. */
const CRASH = 30
const BACK = 33

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] }

/** One run of the model, with `flaw` or none. `seed` chooses the partitions. */
function record(seed: number, flaw: Flaw | null = null): Mutable<History> {
  const log: Entry[] = []
  const publishes: Publish[] = []
  const next = Array.from({ length: PARTITIONS }, () => 0)
  const stream: Stream = { subscriber: 's', pinnedAt: 0, left: false, connections: [], deliveries: [] }
  /** The subscriber's place, and which of its connections it is on. */
  const cursor = Array.from({ length: PARTITIONS }, () => 0)
  let connection = 0

  const append = (name: string, partition: number): Entry => {
    const entry = { name, partition, offset: next[partition]!++ }
    log.push(entry)
    return entry
  }
  const deliver = (at: number) => {
    for (const entry of log) {
      if (entry.offset < cursor[entry.partition]!) continue
      stream.deliveries.push({ ...entry, at, connection })
      cursor[entry.partition] = entry.offset + 1
    }
  }
  for (let i = 0; i < EVENTS; i++) {
    const name = `p-${i}`
    const partition = Math.floor(seed / 2 ** (i % 30)) % PARTITIONS
    const isAway = i >= CRASH && i < BACK
    let answer: Answer
    if (!isAway) answer = { kind: 'acknowledged', place: append(name, partition) }
    else if (flaw === 'acknowledges before the send') answer = { kind: 'acknowledged', place: null }
    else if (i === CRASH) {
      append(name, partition)
      if (flaw === 'doubles on retry') append(name, partition)
      answer = { kind: 'none', why: 'ECONNRESET' }
    } else answer = { kind: 'failed', code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' }
    publishes.push({ name, publisher: 'p', invokedAt: i + 0.2, endedAt: i + 0.8, answer })
    if (isAway) continue
    if (i === BACK) {
      connection++
      const last = stream.deliveries.at(-1)!.partition
      if (flaw === 'resumes one late') cursor[last]!++
      if (flaw === 'resumes one early') cursor[last]!--
      if (flaw === 'drops what came while away') for (const p of next.keys()) cursor[p] = next[p]!
    }
    deliver(i + 0.9)
  }
  log.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
  return {
    publishes,
    streams: [stream],
    replays: [{ gateway: 'g', entries: [...log] }],
    log,
    faults: [{ name: 'crash', from: CRASH, to: BACK }],
    loadEndedAt: EVENTS,
    accidents: [],
  }
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 - 1 })
const kinds = ({ lost, doubled, outOfOrder, brokenPromises }: Verdict) =>
  Object.entries({ lost, doubled, outOfOrder, brokenPromises })
    .filter(([, found]) => found.length > 0)
    .map(([kind]) => kind)

describe('a history without a flaw', () => {
  it('passes', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(kinds(check(record(seed)))).toEqual([])
      }),
    )
  })

  it('passes whether an event without an answer is in the log or not', () => {
    const written = record(1)
    expect(written.log.some(({ name }) => name === `p-${CRASH}`)).toBe(true)
    const absent = record(1)
    absent.publishes.push({
      ...absent.publishes[0]!,
      name: 'absent',
      answer: { kind: 'failed', code: 'LOG_UNAVAILABLE', outcome: 'UNKNOWN' },
    })
    expect([isClean(check(written)), isClean(check(absent))]).toEqual([true, true])
  })

  it('passes where a subscriber left before the end, and tells what it missed before that', () => {
    const history = record(3)
    const [stream] = history.streams
    const deliveries = stream!.deliveries.slice(0, 20)
    history.streams = [{ ...stream!, left: true, deliveries }]
    expect(kinds(check(history))).toEqual([])
    history.streams = [{ ...stream!, left: true, deliveries: deliveries.toSpliced(0, 1) }]
    expect(kinds(check(history))).toEqual(['lost'])
  })

  it('tells how long the crash kept clients waiting', () => {
    expect(check(record(5)).gaps).toEqual([{ fault: 'crash', publishing: 3.8, streaming: 3.9 }].map(approximately))
  })
})

describe('a flaw of the system is found', () => {
  it.each<[Flaw, string[]]>([
    ['acknowledges before the send', ['lost']],
    ['resumes one late', ['lost']],
    ['resumes one early', ['doubled']],
    ['drops what came while away', ['lost']],
    ['doubles on retry', ['doubled']],
  ])('%s', (flaw, expected) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(kinds(check(record(seed, flaw)))).toEqual(expected)
      }),
    )
  })
})

describe('one thing that is wrong in a history is found, wherever it is', () => {
  /** Breaks one place of a clean history; `at` chooses which. */
  type Break = (history: Mutable<History>, at: number) => void
  const pick = <T>(items: readonly T[], at: number): number => at % items.length
  const deliveriesOf = (history: History) => history.streams[0]!.deliveries as Delivery[]
  const acknowledged = (history: History) =>
    history.publishes.filter(({ answer }) => answer.kind === 'acknowledged').map(({ name }) => name)
  const answerOf = (history: Mutable<History>, name: string, answer: Answer) => {
    history.publishes = history.publishes.map((publish) => (publish.name === name ? { ...publish, answer } : publish))
  }

  it.each<[string, string, Break]>([
    ['an acknowledged event that the log lacks', 'lost', (h, at) => void h.log.splice(indexOfAcknowledged(h, at), 1)],
    [
      'an event that is in the log twice',
      'doubled',
      (h, at) => {
        const twice = h.log[pick(h.log, at)]!
        h.log.push({ ...twice, offset: 1_000 })
      },
    ],
    [
      'an event acknowledged at another place',
      'brokenPromises',
      (h, at) => {
        const names = acknowledged(h)
        answerOf(h, names[pick(names, at)]!, { kind: 'acknowledged', place: { partition: 0, offset: 1_000 } })
      },
    ],
    [
      'an event in the log that was NOT_WRITTEN',
      'brokenPromises',
      (h, at) => {
        const names = acknowledged(h)
        answerOf(h, names[pick(names, at)]!, { kind: 'failed', code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
      },
    ],
    [
      'an event in the log that nobody published',
      'brokenPromises',
      (h, at) => {
        h.publishes.splice(pick(h.publishes.slice(0, CRASH), at), 1)
      },
    ],
    ['a delivery that is missing', 'lost', (h, at) => void deliveriesOf(h).splice(pick(deliveriesOf(h), at), 1)],
    [
      'a delivery that came twice',
      'doubled',
      (h, at) => {
        const all = deliveriesOf(h)
        all.splice(pick(all, at), 0, all[pick(all, at)]!)
      },
    ],
    [
      'a delivery that came too late in its partition',
      'outOfOrder',
      (h, at) => {
        const all = deliveriesOf(h)
        const lane = all.filter(({ partition }) => partition === all[0]!.partition)
        const moved = lane[pick(lane.slice(0, -1), at)]!
        all.splice(all.indexOf(moved), 1)
        all.push(moved)
      },
    ],
    [
      'a delivery of what is not at its place',
      'brokenPromises',
      (h, at) => {
        const all = deliveriesOf(h)
        all[pick(all, at)] = { ...all[pick(all, at)]!, name: 'another' }
      },
    ],
    [
      'an event that a replay lacks',
      'lost',
      (h, at) => {
        const { entries } = h.replays[0]!
        h.replays = [{ gateway: 'g', entries: entries.toSpliced(pick(entries, at), 1) }]
      },
    ],
    [
      'an event that a replay has twice',
      'doubled',
      (h, at) => {
        const { entries } = h.replays[0]!
        h.replays = [{ gateway: 'g', entries: [...entries, entries[pick(entries, at)]!] }]
      },
    ],
    [
      'a replay in another order',
      'outOfOrder',
      (h) => {
        h.replays = [{ gateway: 'g', entries: h.replays[0]!.entries.toReversed() }]
      },
    ],
    [
      'a replay of more than the log has',
      'brokenPromises',
      (h) => {
        h.replays = [{ gateway: 'g', entries: [...h.log, { name: 'more', partition: 0, offset: 1_000 }] }]
      },
    ],
    [
      'a later event of a publisher that stands before its earlier one',
      'outOfOrder',
      (h) => {
        h.publishes.reverse()
      },
    ],
    [
      'a subscriber that never got a place',
      'brokenPromises',
      (h) => {
        h.streams[0]!.pinnedAt = null
      },
    ],
    [
      'an accident',
      'brokenPromises',
      (h) => {
        h.accidents = ['A gateway ended by itself']
      },
    ],
  ])('%s', (_name, expected, breakAt) => {
    fc.assert(
      fc.property(seeds, fc.nat(), (seed, at) => {
        const history = record(seed)
        breakAt(history, at)
        expect(kinds(check(history))).toContain(expected)
      }),
    )
  })

  function indexOfAcknowledged(history: History, at: number): number {
    const names = new Set(acknowledged(history))
    const indices = history.log.flatMap(({ name }, index) => (names.has(name) ? [index] : []))
    return indices[pick(indices, at)]!
  }
})

/** Times of the model are sums of tenths. */
function approximately<T extends Record<string, unknown>>(times: T): T {
  return Object.fromEntries(
    Object.entries(times).map(([key, value]) => [key, typeof value === 'number' ? expect.closeTo(value, 6) : value]),
  ) as T
}
