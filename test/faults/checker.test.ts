/**
 * The checker itself: a clean history passes, and whatever breaks one promise is found. The histories come from
 * a small model of a log with publishers and subscribers, over which a crash passes; each flaw is one that a
 * real gateway could have. A checker that finds nothing proves something only because of these.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, isClean, type Verdict } from './checker.ts'
import type { Answer, Delivery, Entry, History, Logged, Publish, Stream, Wanted } from './history.ts'

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
  const log: Logged[] = []
  const publishes: Publish[] = []
  const next = Array.from({ length: PARTITIONS }, () => 0)
  const stream: Stream = {
    subscriber: 's',
    pinnedAt: 0,
    left: false,
    wanted: null,
    isFromBeginning: false,
    hasAllBefore: null,
    connections: [],
    deliveries: [],
  }
  /** The subscriber's place, and which of its connections it is on. */
  const cursor = Array.from({ length: PARTITIONS }, () => 0)
  let connection = 0

  const append = (name: string, partition: number): Entry => {
    const entry = { name, partition, offset: next[partition]!++, timestamp: log.length * 10 }
    log.push(entry)
    return entry
  }
  const deliver = (at: number) => {
    for (const { name, partition, offset } of log) {
      if (offset < cursor[partition]!) continue
      stream.deliveries.push({ name, partition, offset, at, connection })
      cursor[partition] = offset + 1
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
  log.sort(byPlace)
  return {
    publishes,
    streams: [stream],
    replays: [{ ...WHOLE, entries: [...log] }],
    log,
    faults: [{ name: 'crash', from: CRASH, to: BACK, servedAt: BACK + 1 }],
    loadEndedAt: EVENTS,
    accidents: [],
  }
}

const WHOLE = { gateway: 'g', wanted: null, since: null }
/** Half of the events. */
const EVEN: Wanted = { words: 'even numbers', wants: (name) => Number(name.slice(2)) % 2 === 0 }

function byPlace(a: Entry, b: Entry): number {
  return a.partition - b.partition || a.offset - b.offset
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

  it('passes where half of it was asked for, or what came since a time', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const history = record(seed)
        const even = ({ name }: Entry) => EVEN.wants(name)
        const [stream] = history.streams
        history.streams.push({ ...stream!, wanted: EVEN, deliveries: stream!.deliveries.filter(even) })
        const since = 255
        const later = history.log.filter(({ timestamp }) => timestamp >= since)
        history.replays.push({ ...WHOLE, wanted: EVEN, entries: history.log.filter(even) })
        history.replays.push({ ...WHOLE, since, entries: later })
        expect(kinds(check(history))).toEqual([])
      }),
    )
  })

  it('passes where one with a key is there twice after an open outcome, or from two processes', () => {
    const history = record(1)
    const place = { partition: 0, offset: 500 }
    const acknowledged: Answer = { kind: 'acknowledged', place }
    const unknown: Answer = { kind: 'failed', code: 'LOG_UNAVAILABLE', outcome: 'UNKNOWN' }
    const twice = (name: string, first: Answer, isSameProcess: boolean) => {
      const keyed = { first, retries: [{ answer: acknowledged, isSameProcess }] }
      history.publishes.push({ name, publisher: 'k', invokedAt: 70, endedAt: 71, answer: acknowledged, keyed })
      for (const offset of [500, 501]) history.log.push({ name, partition: 0, offset, timestamp: 700 })
    }
    twice('k-1', unknown, true)
    history.streams = []
    history.replays = []
    expect(kinds(check(history))).toEqual([])
    const [entry] = history.log.splice(-2)
    history.publishes.pop()
    expect(entry?.name).toBe('k-1')
    twice('k-2', { kind: 'acknowledged', place: { partition: 0, offset: 501 } }, false)
    expect(kinds(check(history))).toEqual([])
  })

  it('tells how long the crash kept clients waiting', () => {
    expect(check(record(5)).gaps).toEqual(
      [{ fault: 'crash', publishing: 3.8, streaming: 3.9, served: 1 }].map(approximately),
    )
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
        h.replays = [{ ...WHOLE, entries: entries.toSpliced(pick(entries, at), 1) }]
      },
    ],
    [
      'an event that a replay has twice',
      'doubled',
      (h, at) => {
        const { entries } = h.replays[0]!
        h.replays = [{ ...WHOLE, entries: [...entries, entries[pick(entries, at)]!] }]
      },
    ],
    [
      'a delivery that was not asked for',
      'brokenPromises',
      (h) => {
        h.streams[0] = { ...h.streams[0]!, wanted: EVEN }
      },
    ],
    [
      'a delivery that was asked for by a filter and is missing',
      'lost',
      (h, at) => {
        const even = deliveriesOf(h).filter(({ name }) => EVEN.wants(name))
        h.streams[0] = { ...h.streams[0]!, wanted: EVEN, deliveries: even.toSpliced(pick(even, at), 1) }
      },
    ],
    [
      'an event at the beginning that one who began there never got, and left',
      'lost',
      (h) => {
        const [stream] = h.streams
        const place = { pinnedAt: Number.POSITIVE_INFINITY, isFromBeginning: true, left: true }
        h.streams[0] = { ...stream!, ...place, deliveries: deliveriesOf(h).filter(({ offset }) => offset > 0) }
      },
    ],
    [
      'an event at the end that one never got who was told to have all',
      'lost',
      (h) => {
        const place = { pinnedAt: Number.POSITIVE_INFINITY, isFromBeginning: true, left: true, hasAllBefore: EVENTS }
        h.streams[0] = { ...h.streams[0]!, ...place, deliveries: deliveriesOf(h).slice(0, -1) }
      },
    ],
    [
      'an event that is there twice though its Idempotency-Key was known',
      'doubled',
      (h, at) => {
        const name = keyed(h, at, null)
        h.log.push({ ...h.log.find((entry) => entry.name === name)!, offset: 1_000 })
      },
    ],
    [
      'another answer for the same Idempotency-Key',
      'brokenPromises',
      (h, at) => void keyed(h, at, { partition: 0, offset: 1_000 }),
    ],
    [
      'an event that a replay since a time lacks',
      'lost',
      (h, at) => {
        const entries = h.log.filter(({ timestamp }) => timestamp >= 200)
        h.replays.push({ ...WHOLE, since: 200, entries: entries.toSpliced(pick(entries, at), 1) })
      },
    ],
    [
      'an event from before the time that a replay began at',
      'brokenPromises',
      (h) => void h.replays.push({ ...WHOLE, since: 200, entries: h.log }),
    ],
    [
      'an event that a replay with a filter lacks',
      'lost',
      (h, at) => {
        const entries = h.log.filter(({ name }) => EVEN.wants(name))
        h.replays.push({ ...WHOLE, wanted: EVEN, entries: entries.toSpliced(pick(entries, at), 1) })
      },
    ],
    [
      'a replay in another order',
      'outOfOrder',
      (h) => {
        h.replays = [{ ...WHOLE, entries: h.replays[0]!.entries.toReversed() }]
      },
    ],
    [
      'a replay of more than the log has',
      'brokenPromises',
      (h) => {
        h.replays = [{ ...WHOLE, entries: [...h.log, { name: 'more', partition: 0, offset: 1_000 }] }]
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

  /** Makes one acknowledged event one that was asked for twice with a key; `other`: the second answer's place. */
  function keyed(history: Mutable<History>, at: number, other: { partition: number; offset: number } | null): string {
    const index = history.publishes.findIndex(
      ({ name }) => name === history.log[indexOfAcknowledged(history, at)]!.name,
    )
    const publish = history.publishes[index]!
    const answer: Answer = other === null ? publish.answer : { kind: 'acknowledged', place: other }
    const retries = [{ answer, isSameProcess: true }]
    history.publishes[index] = { ...publish, keyed: { first: publish.answer, retries } }
    return publish.name
  }

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
