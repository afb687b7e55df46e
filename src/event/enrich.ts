/**
 * Enriching: which of a request's headers go into the record, and how they are written there. Credentials
 * never do: a topic is read by many, kept for long, and copied.
 */
import { titleCase } from './header-name.ts'

export type Headers = readonly (readonly [name: string, value: string])[]

/** What of a request an event is enriched with. */
export interface RequestHead {
  /** Names and values by turns, as they came (`IncomingMessage.rawHeaders`: `headers` drops repeats). */
  readonly rawHeaders: readonly string[]
  /** The host that the target names where it is in absolute form (RFC 9112, section 3.2.2). */
  readonly targetHost: string | null
}

/** Names that are left out by default. `*` stands for any text; case does not matter. */
export const CREDENTIAL_HEADERS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  '*token*',
  '*secret*',
  '*password*',
  '*apikey*',
  '*api-key*',
  '*session*',
]

/** Names are the clients' to choose: what is remembered of them must be bounded. */
const REMEMBERED = { names: 1_000, characters: 64 }

export interface EnrichSettings {
  /** Without it nothing is captured. */
  readonly enabled: boolean
  /** Names that are left out, `*` standing for any text. */
  readonly denied: readonly string[]
  /** The only names that are captured, `*` standing for any text, unless they are denied; empty: all. */
  readonly only: readonly string[]
}

export class Enricher {
  readonly #enabled: boolean
  readonly #isDenied: (name: string) => boolean
  readonly #isAsked: (name: string) => boolean
  /** Title-Case of a name as it came; null: left out. */
  readonly #written = new Map<string, string | null>()

  constructor({ enabled, denied, only }: EnrichSettings) {
    this.#enabled = enabled
    this.#isDenied = anyOf(denied)
    this.#isAsked = anyOf(only.length === 0 ? ['*'] : only)
  }

  /** The headers to record: Title-Case, repeats joined with `, `, in the order in which names first came. */
  capture({ rawHeaders, targetHost }: RequestHead): Headers {
    const headers: [name: string, value: string][] = []
    if (!this.#enabled) return headers
    if (targetHost !== null && this.#nameOf('Host') !== null) headers.push(['Host', targetHost])
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = this.#nameOf(rawHeaders[i]!)
      if (name === null || (name === 'Host' && targetHost !== null)) continue
      // Not a Map: a request has a handful of headers, and a hundred at most.
      const earlier = headers.find((header) => header[0] === name)
      if (earlier === undefined) headers.push([name, rawHeaders[i + 1]!])
      else earlier[1] += `, ${rawHeaders[i + 1]}`
    }
    return headers
  }

  #nameOf(raw: string): string | null {
    let name = this.#written.get(raw)
    if (name === undefined) {
      // Names with an underscore are left out, as every WSGI server does: X_Real_Ip would pass for X-Real-Ip.
      const isLeftOut = raw.includes('_') || this.#isDenied(raw) || !this.#isAsked(raw)
      name = isLeftOut ? null : titleCase(raw)
      if (this.#written.size < REMEMBERED.names && raw.length <= REMEMBERED.characters) this.#written.set(raw, name)
    }
    return name
  }
}

/** Matches whole names. */
function anyOf(patterns: readonly string[]): (name: string) => boolean {
  const all = patterns.map((pattern) => pattern.toLowerCase().split('*'))
  return (name) => {
    const lower = name.toLowerCase()
    return all.some((parts) => matches(lower, parts))
  }
}

/**
 * Whether a name is these parts with any text between them. By no regular expression: with three stars in a pattern
 * of the operator's a long name of a client's would keep it busy for hours.
 */
function matches(name: string, [first = '', ...rest]: readonly string[]): boolean {
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}
