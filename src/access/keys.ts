/**
 * The keys that tokens are verified with: a JWKS by HTTP (RFC 7517), which its issuer rotates, or a file. The JWKS is
 * fetched at the start, every ten minutes, and when a token names a key that is not known: at most once a second,
 * and whoever comes between waits for that. While the issuer is away, what is known goes on being used.
 */
import { setTimeout } from 'node:timers/promises'
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  importJWK,
  type JWTHeaderParameters,
} from 'jose'
import { KeysAway } from './access.ts'
import { readKeyFile } from './key-file.ts'

export interface Keys {
  /**
   * The key for a token with this header. Rejects with jose's errors where there is none, or more than one, and
   * with `KeysAway` inside 5 s where they cannot be fetched.
   */
  keyFor(header: JWTHeaderParameters): Promise<CryptoKey | Uint8Array>
  /** Reads them again. Throws `AccessRefusal` for a file that is no good. */
  reload(): void
}

/** Somebody who invents key ids must not make us a burden to the issuer. */
const COOLDOWN_MS = 1_000
const FETCH_TIMEOUT_MS = 3_000
const REFRESH_MS = 10 * 60_000

/** What is told when keys cannot be fetched, or can be again. */
export type OnNotice = (notice: { readonly level: 'info' | 'warn'; readonly message: string }) => void

export class RemoteKeys implements Keys {
  readonly #place: string
  readonly #onNotice: OnNotice
  readonly #jwks: ReturnType<typeof createRemoteJWKSet>
  #fetchedAt = 0
  #fetching: Promise<void> | null = null
  #isAway = false

  constructor(url: string, onNotice: OnNotice) {
    const { origin, pathname } = new URL(url)
    this.#place = `${origin}${pathname}`
    this.#onNotice = onNotice
    this.#jwks = createRemoteJWKSet(new URL(url), {
      timeoutDuration: FETCH_TIMEOUT_MS,
      // When to fetch is ours to say: jose would refuse what comes in its cooldown, and old keys are better than none.
      cooldownDuration: Number.POSITIVE_INFINITY,
      cacheMaxAge: Number.POSITIVE_INFINITY,
    })
    setInterval(() => this.reload(), REFRESH_MS).unref()
    this.reload()
  }

  reload(): void {
    this.#fetch().catch(() => {})
  }

  async keyFor(header: JWTHeaderParameters): Promise<CryptoKey> {
    if (this.#jwks.jwks() === undefined) await this.#fetch()
    try {
      return await this.#jwks(header)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await this.#fetch()
      return this.#jwks(header)
    }
  }

  /** A fetch that begins now, or when the cooldown is over; one for all who wait. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchAnew().finally(() => {
      this.#fetching = null
    })
    return this.#fetching
  }

  async #fetchAnew(): Promise<void> {
    const early = this.#fetchedAt + COOLDOWN_MS - Date.now()
    if (early > 0) await setTimeout(early)
    this.#fetchedAt = Date.now()
    try {
      await this.#jwks.reload()
    } catch (error) {
      if (!this.#isAway) this.#tell('warn', `cannot be fetched: ${reasonOf(error)}`)
      this.#isAway = true
      throw new KeysAway(error)
    }
    if (this.#isAway) this.#tell('info', 'were fetched again')
    this.#isAway = false
  }

  #tell(level: 'info' | 'warn', what: string): void {
    this.#onNotice({ level, message: `the keys of tokens ${what} (${this.#place})` })
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message || (cause as NodeJS.ErrnoException).code}` : message
}

export class FileKeys implements Keys {
  readonly #file: string
  readonly #algorithms: readonly string[]
  #find!: Keys['keyFor']

  /** Throws `AccessRefusal`. */
  constructor(file: string, algorithms: readonly string[]) {
    this.#file = file
    this.#algorithms = algorithms
    this.reload()
  }

  reload(): void {
    const keys = readKeyFile(this.#file, this.#algorithms)
    const [first] = keys
    if (first?.kty === 'oct') {
      this.#find = () => importJWK(first)
      return
    }
    const find = createLocalJWKSet({ keys: [...keys] })
    const hasIds = keys.every(({ kid }) => kid !== undefined)
    // A key without an id fits a token that names one: the file says nothing else.
    this.#find = ({ kid, ...header }) => find(hasIds && kid !== undefined ? { kid, ...header } : header)
  }

  keyFor(header: JWTHeaderParameters): Promise<CryptoKey | Uint8Array> {
    return this.#find(header)
  }
}
