/**
 * The open connections of one purpose, a few for each broker. A broker answers the requests of one connection
 * one after the other, so what may wait long (a parked fetch, an acks=all produce) has connections of its own,
 * and each call takes the connection that has least to do.
 */
import type { Connector } from './connector.ts'
import type { Address, Link } from './link.ts'

interface Entry {
  readonly opening: Promise<Link>
  link: Link | null
  busy: number
}

export class Links {
  readonly #connector: Connector
  readonly #perBroker: number
  readonly #brokers = new Map<string, Entry[]>()
  #closed = false

  /** `perBroker`: at most so many connections to one broker at the same time. */
  constructor(connector: Connector, perBroker: number) {
    this.#connector = connector
    this.#perBroker = perBroker
  }

  /** Runs `call` with a connection to the broker. Rejects if it cannot be reached (nothing was sent then). */
  async use<T>(address: Address, call: (link: Link) => Promise<T>): Promise<T> {
    const entry = this.#entry(address)
    entry.busy++
    try {
      return await call(await entry.opening)
    } finally {
      entry.busy--
    }
  }

  /** Closes all, at once; what waits is rejected. Idempotent. */
  close(): void {
    this.#closed = true
    for (const entries of this.#brokers.values()) for (const entry of entries) entry.link?.close()
    this.#brokers.clear()
  }

  #entry(address: Address): Entry {
    if (this.#closed) throw new Error('the log is closed')
    const key = `${address.host}:${address.port}`
    const entries = (this.#brokers.get(key) ?? []).filter((entry) => entry.link === null || !entry.link.closed)
    this.#brokers.set(key, entries)
    let least: Entry | undefined
    for (const entry of entries) if (least === undefined || entry.busy < least.busy) least = entry
    if (least !== undefined && (least.busy === 0 || entries.length >= this.#perBroker)) return least
    const entry: Entry = { opening: this.#connector.open(address), link: null, busy: 0 }
    entry.opening.then(
      (link) => {
        entry.link = link
        if (this.#closed) link.close()
      },
      () => {
        const current = this.#brokers.get(key)
        if (current !== undefined)
          this.#brokers.set(
            key,
            current.filter((other) => other !== entry),
          )
      },
    )
    entries.push(entry)
    return entry
  }
}
