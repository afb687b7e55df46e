/** The cookie that holds a browser's session. No script reads it, and no other site's request brings it. */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

const NAME = 'herald_session'
/** Browsers drop a cookie that is larger (RFC 6265bis, section 5.6), name and attributes included. */
const MOST_BYTES = 3_800

/** What the request's cookie holds; null where there is none. */
export function sealedSession({ headers: { cookie } }: IncomingMessage): string | null {
  for (const pair of cookie?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=', 2)
    if (name === NAME && value !== '') return value
  }
  return null
}

/** Whether a browser keeps a cookie with this value. */
export function fitsCookie(sealed: string): boolean {
  return sealed.length <= MOST_BYTES
}

/** `Set-Cookie` that begins a session. `expiresAt`: when it ends, in milliseconds since 1970; null: with the browser. */
export function cookieOf(request: IncomingMessage, sealed: string, expiresAt: number | null): string {
  const age = expiresAt === null ? '' : `; Max-Age=${Math.max(0, Math.floor((expiresAt - Date.now()) / 1_000))}`
  return `${NAME}=${sealed}; ${attributes(request)}${age}`
}

/** `Set-Cookie` that ends a session. */
export function noCookie(request: IncomingMessage): string {
  return `${NAME}=; ${attributes(request)}; Max-Age=0`
}

function attributes(request: IncomingMessage): string {
  return `Path=/; HttpOnly; SameSite=Strict${isOverTls(request) ? '; Secure' : ''}`
}

/** Also where a proxy ends TLS: a browser names the origin that it posts from, scheme included. */
function isOverTls({ socket, headers: { origin } }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true || origin?.startsWith('https:') === true
}
