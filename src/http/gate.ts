/**
 * Who asks over HTTP: the gate takes the credentials out of a request's headers, and has them looked at. What
 * it refuses it answers, in the style of the one who asks. With AUTH=none it stands open and looks at nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Authenticator, KeysAway } from '../access/access.ts'
import { ANYONE, type Caller } from '../access/caller.ts'
import { ERRORS, HeraldError, RETRY_AFTER_SECONDS } from '../errors.ts'

/** Writes a refusal; the headers that every one of them has are set already. */
export type Refuse = (response: ServerResponse, refusal: HeraldError, status: number) => void

const CHALLENGE = 'Bearer realm="herald"'

export class Gate {
  /** Null: AUTH=none. */
  readonly #authenticator: Authenticator | null

  constructor(authenticator: Authenticator | null) {
    this.#authenticator = authenticator
  }

  /** Whether everybody may, without a token. */
  get isOpen(): boolean {
    return this.#authenticator === null
  }

  /** The caller; null where the request was refused and answered. At once where nothing need be asked. */
  admit(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Caller | null | Promise<Caller | null> {
    return this.isOpen ? ANYONE : this.#admit(request, response, refuse)
  }

  /** Whom a request's headers stand for. Rejects with UNAUTHENTICATED, also where they hold no credentials. */
  async callerOf(request: IncomingMessage): Promise<Caller> {
    if (this.#authenticator === null) return ANYONE
    const token = tokenOf(request)
    if (token === null) {
      throw new HeraldError('UNAUTHENTICATED', 'Say who you are: send Authorization: Bearer and your token.')
    }
    return this.#authenticator.authenticate(token)
  }

  /** Whom a token stands for that came otherwise. Rejects with UNAUTHENTICATED. */
  async callerOfToken(token: string): Promise<Caller> {
    return this.#authenticator?.authenticate(token) ?? ANYONE
  }

  async #admit(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Promise<Caller | null> {
    try {
      return await this.callerOf(request)
    } catch (error) {
      if (!(error instanceof HeraldError)) throw error
      response.setHeader(
        'WWW-Authenticate',
        hasCredentials(request) ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE,
      )
      response.setHeader('Cache-Control', 'no-store')
      const isPassing = error instanceof KeysAway
      if (isPassing) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS))
      refuse(response, error, isPassing ? 503 : ERRORS[error.code].status)
      return null
    }
  }
}

/** Whether a request brings anything that is to say who asks. */
export function hasCredentials({ headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined
}

/** The token of `Authorization: Bearer`; null where there is none. Throws UNAUTHENTICATED for another scheme. */
function tokenOf({ headers: { authorization } }: IncomingMessage): string | null {
  return authorization === undefined ? null : bearerToken(authorization)
}

/** The token of a value such as `Bearer abc`. Throws UNAUTHENTICATED where it is none. */
export function bearerToken(value: string): string {
  const [, token] = /^bearer +(\S+) *$/i.exec(value) ?? []
  if (token !== undefined) return token
  throw new HeraldError('UNAUTHENTICATED', 'Only Authorization: Bearer and a token is understood here.')
}
