/**
 * The judge: from a recorded history to a verdict. Pure; it knows no Herald, no Kafka and no clock.
 *
 * What is asked of a history:
 * - Acknowledged means: in the log, once, where the answer said. NOT_WRITTEN means: not in the log. UNKNOWN, and
 *   no answer at all, mean: once or not at all.
 * - A publish that began after another's acknowledgement stands behind it, where both are in one partition.
 * - A subscriber gets, over all its connections, what was published after its pin, and from its first delivery
 *   in a partition on everything that the partition holds; once, in order, and nothing else. One that left before
 *   the end is owed all that up to its last delivery.
 * - A replay is, partition by partition, the log.
 */
import type { Answer, Entry, Fault, History, Place, Publish, Stream } from './history.ts'

/** The longest time that one fault kept any client waiting, in milliseconds. */
export interface Gap {
  readonly fault: string
  /** Between two acknowledgements to the same publisher. */
  readonly publishing: number
  /** Between two deliveries to the same subscriber. */
  readonly streaming: number
}

/** Each violation is a sentence that names the event, the client and the place. */
export interface Verdict {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly outOfOrder: readonly string[]
  readonly brokenPromises: readonly string[]
  readonly gaps: readonly Gap[]
}

type Findings = { [Kind in Exclude<keyof Verdict, 'gaps'>]: string[] }

/** Judges a whole history. */
export function check(history: History): Verdict {
  const findings: Findings = { lost: [], doubled: [], outOfOrder: [], brokenPromises: [...history.accidents] }
  const log = indexOf(history.log)
  checkLog(history, log, findings)
  checkPublishers(history, log, findings)
  for (const stream of history.streams) checkStream(stream, history, log, findings)
  for (const { gateway, entries } of history.replays) checkReplay(gateway, entries, history.log, findings)
  return { ...findings, gaps: gapsOf(history) }
}

/** Whether a verdict holds no violation. */
export function isClean({ lost, doubled, outOfOrder, brokenPromises }: Verdict): boolean {
  return lost.length + doubled.length + outOfOrder.length + brokenPromises.length === 0
}

interface LogIndex {
  readonly byName: ReadonlyMap<string, Entry>
  readonly byPlace: ReadonlyMap<string, string>
}

function indexOf(log: readonly Entry[]): LogIndex {
  const byName = new Map<string, Entry>()
  const byPlace = new Map<string, string>()
  for (const entry of log) {
    if (!byName.has(entry.name)) byName.set(entry.name, entry)
    byPlace.set(words(entry), entry.name)
  }
  return { byName, byPlace }
}

/** The log against the publishes: nothing lost, nothing twice, nothing that nobody published. */
function checkLog({ publishes, log }: History, { byName }: LogIndex, findings: Findings): void {
  const answers = new Map<string, Answer>(publishes.map(({ name, answer }) => [name, answer]))
  for (const entry of log) {
    const first = byName.get(entry.name)!
    if (first !== entry) findings.doubled.push(`${entry.name} is in the log at ${words(first)} and at ${words(entry)}`)
    const answer = answers.get(entry.name)
    if (answer === undefined) findings.brokenPromises.push(`${entry.name} is in the log, and nobody published it`)
    if (answer?.kind === 'failed' && answer.outcome === 'NOT_WRITTEN') {
      findings.brokenPromises.push(`${entry.name} is in the log at ${words(entry)}, and its answer was NOT_WRITTEN`)
    }
  }
  for (const { name, answer } of publishes) {
    if (answer.kind !== 'acknowledged') continue
    const entry = byName.get(name)
    if (entry === undefined) findings.lost.push(`${name} was acknowledged, and is not in the log`)
    else if (answer.place !== null && words(answer.place) !== words(entry)) {
      findings.brokenPromises.push(`${name} was acknowledged at ${words(answer.place)}, and is at ${words(entry)}`)
    }
  }
}

/** A publisher waits for each answer: what it publishes next stands behind, in the same partition. */
function checkPublishers({ publishes }: History, { byName }: LogIndex, findings: Findings): void {
  const last = new Map<string, Entry>()
  for (const { name, publisher, answer } of publishes) {
    const entry = byName.get(name)
    if (answer.kind !== 'acknowledged' || entry === undefined) continue
    const lane = `${publisher} ${entry.partition}`
    const before = last.get(lane)
    if (before !== undefined && before.offset > entry.offset) {
      findings.outOfOrder.push(
        `${name} at ${words(entry)} stands before ${before.name}, which was acknowledged earlier`,
      )
    }
    last.set(lane, entry)
  }
}

function checkStream(stream: Stream, { publishes, log }: History, index: LogIndex, findings: Findings): void {
  const { subscriber, pinnedAt, deliveries } = stream
  const seen = new Map<string, number>()
  const firsts = new Map<number, number>()
  const highest = new Map<number, number>()
  for (const [at, delivery] of deliveries.entries()) {
    const { name, partition, offset, connection } = delivery
    const place = words(delivery)
    if (index.byPlace.get(place) !== name) {
      findings.brokenPromises.push(`${subscriber} got ${name} at ${place}, where the log does not have it`)
    }
    const before = seen.get(place)
    if (before !== undefined) {
      const other = deliveries[before]!.connection
      findings.doubled.push(`${subscriber} got ${name} at ${place} on connection ${other} and on ${connection}`)
    } else {
      const high = highest.get(partition) ?? -1
      if (offset < high) findings.outOfOrder.push(`${subscriber} got ${name} at ${place} behind offset ${high}`)
      highest.set(partition, Math.max(high, offset))
      seen.set(place, at)
    }
    firsts.set(partition, Math.min(offset, firsts.get(partition) ?? offset))
  }
  if (pinnedAt === null) {
    if (stream.left) return
    findings.brokenPromises.push(`${subscriber} never got a place`)
    return
  }
  const due = new Set(publishes.filter((publish) => isDue(publish, pinnedAt)).map(({ name }) => name))
  for (const entry of log) {
    if (seen.has(words(entry))) continue
    if (stream.left && entry.offset > (highest.get(entry.partition) ?? -1)) continue
    const first = firsts.get(entry.partition)
    const isBehindFirst = first !== undefined && entry.offset > first
    if (isBehindFirst || due.has(entry.name)) {
      findings.lost.push(`${subscriber} never got ${entry.name}, which is at ${words(entry)}`)
    }
  }
}

function isDue({ invokedAt, answer }: Publish, pinnedAt: number): boolean {
  return answer.kind === 'acknowledged' && invokedAt > pinnedAt
}

function checkReplay(gateway: string, entries: readonly Entry[], log: readonly Entry[], findings: Findings): void {
  const replayed = new Map<string, string>()
  const highest = new Map<number, number>()
  for (const entry of entries) {
    const place = words(entry)
    const { name, partition, offset } = entry
    if (replayed.has(place)) findings.doubled.push(`The replay through ${gateway} has ${name} at ${place} twice`)
    else if (offset < (highest.get(partition) ?? -1)) {
      findings.outOfOrder.push(`The replay through ${gateway} has ${name} at ${place} behind a later one`)
    }
    replayed.set(place, name)
    highest.set(partition, Math.max(offset, highest.get(partition) ?? -1))
  }
  const places = new Set<string>()
  for (const entry of log) {
    const place = words(entry)
    places.add(place)
    const name = replayed.get(place)
    if (name === undefined) findings.lost.push(`The replay through ${gateway} lacks ${entry.name} at ${place}`)
    else if (name !== entry.name) {
      findings.brokenPromises.push(`The replay through ${gateway} has ${name} at ${place}, the log ${entry.name}`)
    }
  }
  for (const [place, name] of replayed) {
    if (!places.has(place)) {
      findings.brokenPromises.push(`The replay through ${gateway} has ${name} at ${place}, and the log nothing`)
    }
  }
}

/** A fault's time goes from its beginning to the next one's, or to the end of the load: it may hurt that long. */
function gapsOf({ publishes, streams, faults, loadEndedAt }: History): Gap[] {
  const acknowledged = new Map<string, number[]>()
  for (const { publisher, endedAt, answer } of publishes) {
    if (!acknowledged.has(publisher)) acknowledged.set(publisher, [])
    if (answer.kind === 'acknowledged') acknowledged.get(publisher)!.push(endedAt)
  }
  const lasting = streams.filter(({ left }) => !left)
  const delivered = lasting.map(({ deliveries }) => deliveries.map(({ at }) => at))
  return faults.map((fault: Fault, index) => {
    const until = faults[index + 1]?.from ?? loadEndedAt
    const longest = (all: Iterable<readonly number[]>) =>
      Math.max(0, ...[...all].map((times) => longestPause(times, fault.from, until)))
    return { fault: fault.name, publishing: longest(acknowledged.values()), streaming: longest(delivered) }
  })
}

/** The longest pause between two of the moments, as much of it as falls into the time. */
function longestPause(moments: readonly number[], from: number, until: number): number {
  let longest = 0
  let last = from
  for (const moment of moments) {
    if (moment <= from) continue
    longest = Math.max(longest, Math.min(moment, until) - last)
    last = Math.min(moment, until)
  }
  return Math.max(longest, until - last)
}

function words({ partition, offset }: Place): string {
  return `${partition}/${offset}`
}
