/**
 * The judge: from a recorded history to a verdict. Pure; it knows no Herald, no Kafka and no clock.
 *
 * What is asked of a history:
 * - Acknowledged means: in the log, once, where the answer said. NOT_WRITTEN means: not in the log. UNKNOWN, and
 *   no answer at all, mean: once or not at all.
 * - A publish that began after another's acknowledgement stands behind it, where both are in one partition.
 * - Several attempts with one Idempotency-Key are one event where they reached one process; else each that was
 *   acknowledged by another one, or whose outcome is open, may be an event.
 * - A subscriber gets, over all its connections, what was published after its pin, and from its first delivery
 *   in a partition on everything that the partition holds; once, in order, and nothing else. One that left before
 *   the end is owed all that up to its last delivery. Where a filter was asked for, all this is about what matches.
 * - One who reads from the beginning, and was told that this was all, has everything that was acknowledged before.
 * - A replay is, partition by partition, the log, or what was asked for of it.
 */
import type { Answer, Entry, Fault, History, Place, Publish, Replay, Stream } from './history.ts'

/** The longest time that one fault kept any client waiting, in milliseconds. */
export interface Gap {
  readonly fault: string
  /** Between two acknowledgements to the same publisher. */
  readonly publishing: number
  /** Between two deliveries to the same subscriber. */
  readonly streaming: number
  /** From the moment when all was whole again until every client had been served; null: never. */
  readonly served: number | null
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
  for (const replay of history.replays) checkReplay(replay, history, findings)
  return { ...findings, gaps: gapsOf(history) }
}

/** Whether a verdict holds no violation. */
export function isClean({ lost, doubled, outOfOrder, brokenPromises }: Verdict): boolean {
  return lost.length + doubled.length + outOfOrder.length + brokenPromises.length === 0
}

interface LogIndex {
  /** At least one each. */
  readonly byName: ReadonlyMap<string, readonly Entry[]>
  readonly byPlace: ReadonlyMap<string, string>
}

function indexOf(log: readonly Entry[]): LogIndex {
  const byName = new Map<string, Entry[]>()
  const byPlace = new Map<string, string>()
  for (const entry of log) {
    const same = byName.get(entry.name)
    if (same === undefined) byName.set(entry.name, [entry])
    else same.push(entry)
    byPlace.set(words(entry), entry.name)
  }
  return { byName, byPlace }
}

/** The log against the publishes: nothing lost, nothing twice, nothing that nobody published. */
function checkLog({ publishes }: History, { byName }: LogIndex, findings: Findings): void {
  const published = new Set<string>()
  for (const publish of publishes) {
    const { name, answer } = publish
    published.add(name)
    const entries = byName.get(name) ?? []
    const places = entries.map(words)
    const most = mostOf(publish)
    if (entries.length > 0 && most === 0) {
      findings.brokenPromises.push(`${name} is in the log at ${places[0]}, and its answer was NOT_WRITTEN`)
    } else if (entries.length > most) {
      findings.doubled.push(`${name} is in the log ${entries.length} times, at ${places.join(' and at ')}`)
    }
    if (answer.kind === 'acknowledged' && entries.length === 0) {
      findings.lost.push(`${name} was acknowledged, and is not in the log`)
    } else {
      for (const place of placesOf(publish)) {
        if (places.includes(place)) continue
        findings.brokenPromises.push(`${name} was acknowledged at ${place}, and is at ${places.join(' and ')}`)
      }
    }
    const [first, ...others] = answersOfFirstProcess(publish).flatMap((one) => placeOf(one) ?? [])
    if (others.some((other) => other !== first)) {
      findings.brokenPromises.push(`${name} got more than one answer for its Idempotency-Key: ${first} and ${others}`)
    }
  }
  for (const [name, [entry]] of byName) {
    if (!published.has(name))
      findings.brokenPromises.push(`${name} is in the log at ${words(entry!)}, published by nobody`)
  }
}

/** Every attempt's answer, and whether it surely came from the process of the first. */
function attemptsOf({ answer, keyed }: Publish): readonly { answer: Answer; isSameProcess: boolean }[] {
  return keyed === undefined
    ? [{ answer, isSameProcess: true }]
    : [{ answer: keyed.first, isSameProcess: true }, ...keyed.retries]
}

function answersOfFirstProcess(publish: Publish): Answer[] {
  return attemptsOf(publish).flatMap(({ answer, isSameProcess }) => (isSameProcess ? answer : []))
}

/** How often an event may be in the log. */
function mostOf(publish: Publish): number {
  const attempts = attemptsOf(publish)
  const isAcknowledged = ({ answer }: { answer: Answer }) => answer.kind === 'acknowledged'
  const open = attempts.filter(({ answer }) => answer.kind === 'none' || outcomeOf(answer) === 'UNKNOWN')
  const elsewhere = attempts.filter((attempt) => isAcknowledged(attempt) && !attempt.isSameProcess)
  const here = attempts.some((attempt) => isAcknowledged(attempt) && attempt.isSameProcess)
  return open.length + elsewhere.length + (here ? 1 : 0)
}

function outcomeOf(answer: Answer): string | null {
  return answer.kind === 'failed' ? answer.outcome : null
}

function placesOf(publish: Publish): string[] {
  return attemptsOf(publish).flatMap(({ answer }) => placeOf(answer) ?? [])
}

function placeOf(answer: Answer): string | null {
  return answer.kind === 'acknowledged' && answer.place !== null ? words(answer.place) : null
}

/** A publisher waits for each answer: what it publishes next stands behind, in the same partition. */
function checkPublishers({ publishes }: History, { byName }: LogIndex, findings: Findings): void {
  const last = new Map<string, Entry>()
  for (const { name, publisher, answer } of publishes) {
    const [entry, ...others] = byName.get(name) ?? []
    if (answer.kind !== 'acknowledged' || entry === undefined || others.length > 0) continue
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
  const { subscriber, pinnedAt, deliveries, wanted, hasAllBefore } = stream
  const seen = new Map<string, number>()
  const firsts = new Map<number, number>()
  const highest = new Map<number, number>()
  for (const [at, delivery] of deliveries.entries()) {
    const { name, partition, offset, connection } = delivery
    const place = words(delivery)
    if (index.byPlace.get(place) !== name) {
      findings.brokenPromises.push(`${subscriber} got ${name} at ${place}, where the log does not have it`)
    }
    if (wanted?.wants(name) === false) {
      findings.brokenPromises.push(`${subscriber} got ${name} at ${place}, and had asked for ${wanted.words}`)
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
  const namesOf = (are: (publish: Publish) => boolean) => new Set(publishes.filter(are).map(({ name }) => name))
  const due = namesOf((publish) => isDue(publish, pinnedAt))
  const told = hasAllBefore === null ? null : namesOf((publish) => isThereBefore(publish, hasAllBefore, index))
  for (const entry of log) {
    if (seen.has(words(entry)) || wanted?.wants(entry.name) === false) continue
    const isBehindLast = stream.left && entry.offset > (highest.get(entry.partition) ?? -1)
    const first = stream.isFromBeginning ? -1 : firsts.get(entry.partition)
    const isBehindFirst = first !== undefined && entry.offset > first
    if (told?.has(entry.name) || (!isBehindLast && (isBehindFirst || due.has(entry.name)))) {
      findings.lost.push(`${subscriber} never got ${entry.name}, which is at ${words(entry)}`)
    }
  }
}

function isDue({ invokedAt, answer }: Publish, pinnedAt: number): boolean {
  return answer.kind === 'acknowledged' && invokedAt > pinnedAt
}

/** Of several attempts one may come to the log long after another was acknowledged. */
function isThereBefore({ name, answer, endedAt }: Publish, moment: number, { byName }: LogIndex): boolean {
  return answer.kind === 'acknowledged' && endedAt < moment && byName.get(name)?.length === 1
}

function checkReplay({ gateway, entries, wanted, since }: Replay, { log }: History, findings: Findings): void {
  const what = `The replay through ${gateway}${wanted ? ` with ${wanted.words}` : ''}${since === null ? '' : ` since ${since}`}`
  const replayed = new Map<string, string>()
  const highest = new Map<number, number>()
  for (const entry of entries) {
    const place = words(entry)
    const { name, partition, offset } = entry
    if (replayed.has(place)) findings.doubled.push(`${what} has ${name} at ${place} twice`)
    else if (offset < (highest.get(partition) ?? -1)) {
      findings.outOfOrder.push(`${what} has ${name} at ${place} behind a later one`)
    }
    replayed.set(place, name)
    highest.set(partition, Math.max(offset, highest.get(partition) ?? -1))
  }
  const places = new Set<string>()
  const begins = new Map<number, number>()
  for (const { partition, offset, timestamp } of log) {
    if (timestamp >= (since ?? 0) && !begins.has(partition)) begins.set(partition, offset)
  }
  for (const entry of log) {
    if (wanted?.wants(entry.name) === false) continue
    if (entry.offset < (begins.get(entry.partition) ?? Number.POSITIVE_INFINITY)) continue
    const place = words(entry)
    places.add(place)
    const name = replayed.get(place)
    if (name === undefined) findings.lost.push(`${what} lacks ${entry.name} at ${place}`)
    else if (name !== entry.name) {
      findings.brokenPromises.push(`${what} has ${name} at ${place}, the log ${entry.name}`)
    }
  }
  for (const [place, name] of replayed) {
    if (!places.has(place)) {
      findings.brokenPromises.push(`${what} has ${name} at ${place}, and the log nothing`)
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
  const lasting = streams.filter(({ left, wanted }) => !left && wanted === null)
  const delivered = lasting.map(({ deliveries }) => deliveries.map(({ at }) => at))
  return faults.map((fault: Fault, index) => {
    const until = faults[index + 1]?.from ?? loadEndedAt
    const longest = (all: Iterable<readonly number[]>) =>
      Math.max(0, ...[...all].map((times) => longestPause(times, fault.from, until)))
    const { name, to, servedAt } = fault
    const served = servedAt === null ? null : servedAt - to
    return { fault: name, publishing: longest(acknowledged.values()), streaming: longest(delivered), served }
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
