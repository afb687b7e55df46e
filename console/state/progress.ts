/** How far a replay is: by offsets, from where it began to where the log ended then, over all partitions. */
import type { ConsoleEvent } from '../api/events.ts'
import type { Partition } from './partitions.ts'
import { Store } from './store.ts'

interface Span {
  /** Where the replay begins; null until the first event tells, where it begins at a time. */
  begin: number | null
  readonly end: number
  next: number
}

export class Progress extends Store {
  #spans = new Map<number, Span>()
  #count = 0
  #beganAt = 0
  #endedAt: number | null = null
  #isOn = false

  /** Whether there is, or was, a replay to tell of. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Whether it has come to its end. */
  get isOver(): boolean {
    return this.#endedAt !== null
  }

  /** Events that were read. */
  get count(): number {
    return this.#count
  }

  get seconds(): number {
    return ((this.#endedAt ?? performance.now()) - this.#beganAt) / 1000
  }

  /** From 0 to 1. */
  get done(): number {
    if (this.isOver) return 1
    let [read, all] = [0, 0]
    for (const { begin, end, next } of this.#spans.values()) {
      if (begin === null) continue
      read += Math.min(next, end) - begin
      all += end - begin
    }
    return all === 0 ? 0 : Math.min(1, Math.max(0, read / all))
  }

  /** A replay begins. `isWhole`: at the beginning of each partition. */
  begin(partitions: readonly Partition[], isWhole: boolean): void {
    this.#spans = new Map(
      partitions.map(({ number, beginning, end }) => [
        number,
        { begin: isWhole ? Number(beginning) : null, next: Number(beginning), end: Number(end) },
      ]),
    )
    this.#count = 0
    this.#beganAt = performance.now()
    this.#endedAt = null
    this.#isOn = true
    this.changed()
  }

  push(events: readonly ConsoleEvent[]): void {
    if (!this.#isOn || this.isOver) return
    this.#count += events.length
    for (const { record } of events) {
      const span = this.#spans.get(record.partition)
      if (span === undefined) continue
      const offset = Number(record.offset)
      span.begin ??= offset
      span.next = offset + 1
    }
    this.changed()
  }

  /** The replay has come to the end. */
  end(): void {
    if (!this.#isOn || this.isOver) return
    this.#endedAt = performance.now()
    this.changed()
  }

  /** There is nothing to tell of any more. */
  clear(): void {
    this.#isOn = false
    this.changed()
  }
}
