/**
 * Opens links to brokers, as one client with one set of credentials. A broker that refused Herald for certain is
 * asked again only after a while, 0.5 s at first and 5 s at last: everybody who needs a connection tries several
 * times a second, and a wrong password must neither lock an account nor keep a broker busy. Until then the
 * refusal is answered again without a connection. It is told once, with the broker's address.
 */
import { type Address, Link } from './link.ts'
import type { KafkaLogNotice } from './notice.ts'
import { type KafkaSecurity, Refused } from './security.ts'

const LEAST_REST_MS = 500
const MOST_REST_MS = 5_000

/** A broker that refused, until it lets us in. */
interface Refusal {
  readonly error: Refused
  readonly restMs: number
  /** performance.now() until which it is not asked again. */
  readonly until: number
}

export interface ConnectorOptions {
  readonly clientId: string
  readonly security: KafkaSecurity
  readonly notify: (notice: KafkaLogNotice) => void
}

export class Connector {
  readonly #options: ConnectorOptions
  readonly #refusals = new Map<string, Refusal>()

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  /** See `Link.open`. Rejects with `Refused` where the broker does not let us in. */
  async open(address: Address): Promise<Link> {
    const { clientId, security } = this.#options
    const broker = `${address.host}:${address.port}`
    const before = this.#refusals.get(broker)
    if (before !== undefined && performance.now() < before.until) throw before.error
    try {
      const link = await Link.open(address, clientId, security)
      this.#refusals.delete(broker)
      return link
    } catch (error) {
      if (error instanceof Refused && error.certain) this.#refused(broker, error)
      throw error
    }
  }

  #refused(broker: string, error: Refused): void {
    const before = this.#refusals.get(broker)
    const restMs = Math.min(MOST_REST_MS, (before?.restMs ?? LEAST_REST_MS / 2) * 2)
    this.#refusals.set(broker, { error, restMs, until: performance.now() + restMs })
    if (before?.error.message === error.message) return
    this.#options.notify({ level: 'warn', message: `no way in at ${broker}: ${error.message}` })
  }
}
