/**
 * How much one client may: so many requests, events and bytes a second, so many subscriptions and connections at a
 * time. A client is whoever a token names, else an address. Each second's worth is a bucket that fills steadily; it
 * may be overdrawn by one thing, so that a body larger than a second's bytes passes, and the next one waits.
 *
 * Own code since it is asked for each request and must answer at once; the well-kept libraries answer by promises.
 * What is known of clients is bounded: one that does nothing is forgotten, and a flood of addresses pushes out the
 * ones that were seen longest ago.
 */
import { HeraldError } from '../errors.ts'

/** 0: no limit. */
export interface QuotaSettings {
  readonly requestsPerSecond: number
  readonly eventsPerSecond: number
  readonly bytesPerSecond: number
  readonly subscriptions: number
  readonly connections: number
}

const RATES = { requests: 'requestsPerSecond', events: 'eventsPerSecond', bytes: 'bytesPerSecond' } as const
/** What is counted by the second. */
export type Rate = keyof typeof RATES
/** What is counted while it is open. */
export type Open = 'subscriptions' | 'connections'

const MAX_CLIENTS = 100_000

/** What one client has used. */
export class Quota {
  readonly #settings: QuotaSettings
  readonly #level: Record<Rate, number>
  readonly #open: Record<Open, number> = { subscriptions: 0, connections: 0 }
  #filledAt = performance.now()

  constructor(settings: QuotaSettings) {
    this.#settings = settings
    const { requestsPerSecond: requests, eventsPerSecond: events, bytesPerSecond: bytes } = settings
    this.#level = { requests, events, bytes }
  }

  /** Counts something that is about to be done. Throws RATE_LIMITED, with the promise that nothing was written. */
  take(what: Rate, amount = 1): void {
    if (this.#settings[RATES[what]] === 0) return
    this.#fill()
    if (this.#level[what] < 1) throw exceeded(`${what} a second`, this.#settings[RATES[what]])
    this.#level[what] -= amount
  }

  /** Counts something that opens; returns what counts its end, once. Throws RATE_LIMITED. */
  open(what: Open): () => void {
    const most = this.#settings[what]
    if (most > 0 && this.#open[what] >= most) throw exceeded(`${what} at a time`, most)
    this.#open[what]++
    let isOpen = true
    return () => {
      if (isOpen) this.#open[what]--
      isOpen = false
    }
  }

  /** Whether nothing of it is remembered that a new one would not say as well. */
  get isIdle(): boolean {
    this.#fill()
    const rates = Object.keys(RATES) as Rate[]
    return (
      this.#open.subscriptions + this.#open.connections === 0 &&
      rates.every((rate) => this.#level[rate] >= this.#settings[RATES[rate]])
    )
  }

  #fill(): void {
    const now = performance.now()
    const seconds = (now - this.#filledAt) / 1_000
    this.#filledAt = now
    for (const rate of Object.keys(RATES) as Rate[]) {
      const most = this.#settings[RATES[rate]]
      this.#level[rate] = Math.min(most, this.#level[rate] + seconds * most)
    }
  }
}

export class Quotas {
  readonly #settings: QuotaSettings
  /** In the order in which they were last asked for. */
  readonly #clients = new Map<string, Quota>()

  private constructor(settings: QuotaSettings) {
    this.#settings = settings
  }

  /** Null where nothing is limited: then nothing is counted either. */
  static from(settings: QuotaSettings): Quotas | null {
    return Object.values(settings).some((limit) => limit > 0) ? new Quotas(settings) : null
  }

  /** The one quota of a client. */
  of(client: string): Quota {
    const known = this.#clients.get(client)
    const quota = known ?? new Quota(this.#settings)
    // To the end: the first ones are those that were asked for longest ago.
    if (known === undefined) this.#forget()
    else this.#clients.delete(client)
    this.#clients.set(client, quota)
    return quota
  }

  /** Lets go of two for each that comes, where they are idle; of the oldest in any case past the bound. */
  #forget(): void {
    let looked = 0
    for (const [client, quota] of this.#clients) {
      const isTooMany = this.#clients.size >= MAX_CLIENTS
      if (!isTooMany && looked >= 2) return
      looked++
      if (isTooMany || quota.isIdle) this.#clients.delete(client)
    }
  }
}

function exceeded(what: string, limit: number): HeraldError {
  const message = `A client may have ${limit} ${what} here. Try again in a moment.`
  return new HeraldError('RATE_LIMITED', message, { outcome: 'NOT_WRITTEN' })
}
