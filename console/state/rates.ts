/**
 * How many events of each kind there were in each of the last seconds, by the records' own timestamps: a replay fills
 * the past in, and a connection that was lost leaves no hole. The gateway's clock is followed, not the browser's, which
 * may be minutes off. Whoever shows it looks once a second.
 */
import { gatewayNow } from '../api/clock.ts'
import type { ConsoleEvent } from '../api/events.ts'

/** What is kept, and shown. */
export const WINDOW_SECONDS = 300
/** Seconds that the current rate is the mean of. */
const MEAN_SECONDS = 10

export class Rates {
  /** By second since 1970, then by the event's kind. */
  #seconds = new Map<number, Map<string, number>>()
  #coveredFrom = 0

  /** From when on every event is counted, in milliseconds since 1970. */
  get coveredFrom(): number {
    return this.#coveredFrom
  }

  /** Begins anew; events before `coveredFrom` are not told of. */
  clear(coveredFrom: number): void {
    this.#seconds.clear()
    this.#coveredFrom = coveredFrom
  }

  push(events: readonly ConsoleEvent[]): void {
    const now = Math.floor(gatewayNow() / 1000)
    const [oldest, newest] = [now - WINDOW_SECONDS, now + 60]
    for (const { time, __typename: kind } of events) {
      const second = Math.floor(time / 1000)
      // A record may say that it is of the year 3000.
      if (second < oldest || second > newest) continue
      let counts = this.#seconds.get(second)
      if (counts === undefined) {
        counts = new Map()
        this.#seconds.set(second, counts)
      }
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    if (this.#seconds.size > WINDOW_SECONDS * 2) {
      for (const second of this.#seconds.keys()) if (second < oldest) this.#seconds.delete(second)
    }
  }

  /** Events of a kind in the seconds from `from` on, up to but without `to`. */
  count(kind: string, from: number, to: number): number {
    let sum = 0
    for (let second = from; second < to; second++) sum += this.#seconds.get(second)?.get(kind) ?? 0
    return sum
  }

  /** Events a second of a kind, over the last whole seconds. */
  rate(kind: string): number {
    const now = Math.floor(gatewayNow() / 1000)
    return this.count(kind, now - MEAN_SECONDS, now) / MEAN_SECONDS
  }
}
