/**
 * From where a browser may use Herald. Our own origin is a loopback name with our port, never what the Host
 * header says: a page whose name was made to resolve to this machine (DNS rebinding) sends its own name there.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']
/** How every browser's User-Agent begins. */
const BROWSER = 'Mozilla/'
const LOOPBACK_ADDRESS = /^(?:(?:::ffff:)?127\.|::1$)/i

export class Origins {
  readonly #allowed: Set<string>
  readonly #allowedHosts: ReadonlySet<string>

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed)
    this.#allowedHosts = new Set(allowed.map((origin) => new URL(origin).host))
  }

  /** Adds our own, once the port is known. */
  addOwn(port: number): void {
    for (const name of LOOPBACK_NAMES) this.#allowed.add(new URL(`http://${name}:${port}`).origin)
  }

  /** Whether a request may go on: it comes from an allowed origin, or from no web page at all. */
  allows(request: IncomingMessage): boolean {
    const { origin } = request.headers
    return origin === undefined ? !this.#mayBeRebound(request) : this.#allowed.has(origin)
  }

  /**
   * Whether a page makes a browser ask for what anybody else may ask for by any Host, a REST path. Browsers say so
   * themselves (Sec-Fetch-Site), but not where the page came by plain http from a name that is not loopback's: such a
   * page may be a rebound one. A browser is known by its name together with the languages that its user reads: scripts
   * have one of the two at most (Node's fetch sends `accept-language: *`), and go on by any Host.
   */
  isAskedByForeignPage(request: IncomingMessage): boolean {
    const { 'sec-fetch-site': site, 'accept-language': languages, 'user-agent': agent = '' } = request.headers
    if (site !== undefined) return site !== 'same-origin' && site !== 'none'
    return languages !== undefined && agent.startsWith(BROWSER) && this.#isForeignName(request)
  }

  /**
   * A browser names no origin where a page reads from its own, and to the browser a page whose name was made to
   * resolve to this machine does just that. What is posted, or becomes a WebSocket, always names its origin.
   */
  #mayBeRebound(request: IncomingMessage): boolean {
    const { method, headers } = request
    return method !== 'POST' && headers.upgrade === undefined && this.#isForeignName(request)
  }

  /** Such a name has a dot, since nobody can own one without; an address is no name. */
  #isForeignName({ headers: { host = '' }, socket }: IncomingMessage): boolean {
    if (!LOOPBACK_ADDRESS.test(socket.localAddress ?? '')) return false
    const name = host.toLowerCase().replace(/:\d*$/, '')
    const isForeignName = name.includes('.') && !name.endsWith('.localhost') && isIP(name) === 0
    return isForeignName && !this.#allowedHosts.has(host.toLowerCase())
  }
}

/** What a refused page's developer needs to know. */
export function originRefusal({ headers: { origin, host } }: IncomingMessage): string {
  return `The web origin ${origin ?? `http://${host}`} may not use this gateway; name it in ALLOWED_ORIGINS.`
}

/** Headers by which browsers say that nobody has asked for this yet: the standard one, and what came before it. */
const PURPOSES = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const

/** Whether a browser asks for a page ahead of its user, who may never want it. */
export function isPrefetch({ headers }: IncomingMessage): boolean {
  return PURPOSES.some((name) => /\b(?:prefetch|prerender|preview)\b/i.test(String(headers[name] ?? '')))
}
