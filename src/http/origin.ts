/**
 * From where a browser may use Herald. Our own origin is a loopback name with our port, never what the Host
 * header says: a page whose name was made to resolve to this machine (DNS rebinding) sends its own name there.
 */
import type { IncomingMessage } from 'node:http'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

export class Origins {
  readonly #allowed: Set<string>

  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed)
  }

  /** Adds our own, once the port is known. */
  addOwn(port: number): void {
    for (const name of LOOPBACK_NAMES) this.#allowed.add(new URL(`http://${name}:${port}`).origin)
  }

  /** Whether a request may go on: it names no origin (it is no browser's, or same-origin), or an allowed one. */
  allows(request: IncomingMessage): boolean {
    const { origin } = request.headers
    return origin === undefined || this.#allowed.has(origin)
  }
}

/** What a refused page's developer needs to know. */
export function originRefusal(request: IncomingMessage): string {
  return `The web origin ${request.headers.origin} may not use this gateway; name it in ALLOWED_ORIGINS.`
}

/** Whether a browser says that another site made it send this request. */
export function isFromAnotherSite(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
