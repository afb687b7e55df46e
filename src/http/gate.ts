/**
 * Who asks over HTTP: the gate takes the credentials out of a request's headers, and has them looked at. What
 * it refuses it answers, in the style of the one who asks. With AUTH=none it stands open and looks at nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Authenticator, KeysAway } from '../access/access.ts'
import { ANYONE, type Caller } from '../access/caller.ts'
import type { Quotas } from '../access/quota.ts'
import { ERRORS, HeraldError, RETRY_AFTER_SECONDS } from '../errors.ts'
import type { ClientAddresses } from './client-address.ts'

/** Writes a refusal; the headers that every one of them has are set already. */
export type Refuse = (response: ServerResponse, refusal: HeraldError, status: number) => void

const CHALLENGE = 'Bearer realm="herald"'

export class Gate {
  /** Null: AUTH=none. */
  readonly #authenticator: Authenticator | null
  /** Null: no client is limited. */
  readonly #quotas: Quotas | null
  readonly #addresses: ClientAddresses

  constructor(authenticator: Authenticator | null, quotas: Quotas | null, addresses: ClientAddresses) {
    this.#authenticator = authenticator
    this.#quotas = quotas
    this.#addresses = addresses
  }

  /** Whether everybody may, without a token. */
  get isOpen(): boolean {
    return this.#authenticator === null
  }

  /** The caller; null where the request was refused and answered. At once where nothing need be asked. */
  admit(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Caller | null | Promise<Caller | null> {
    return this.isOpen && this.#quotas === null ? ANYONE : this.#admit(request, response, refuse)
  }

  /** Who is let in without credentials, where everybody is. */
  anyone(request: IncomingMessage): Caller {
    return this.#counted(ANYONE, request)
  }

  /** Whom a request's headers stand for. Rejects with UNAUTHENTICATED, also where they hold no credentials. */
  async callerOf(request: IncomingMessage): Promise<Caller> {
    if (this.#authenticator === null) return this.anyone(request)
    const token = tokenOf(request)
    if (token === null) {
      throw new HeraldError('UNAUTHENTICATED', 'Say who you are: send Authorization: Bearer and your token.')
    }
    return this.#counted(await this.#authenticator.authenticate(token), request)
  }

  /** Whom a token stands for that came otherwise than in the request's headers. Rejects with UNAUTHENTICATED. */
  async callerOfToken(token: string, request: IncomingMessage): Promise<Caller> {
    return this.#counted((await this.#authenticator?.authenticate(token)) ?? ANYONE, request)
  }

  /** A caller together with what it has used: a token has one quota from wherever it comes. */
  #counted(caller: Caller, request: IncomingMessage): Caller {
    if (this.#quotas === null) return caller
    const client = caller.name === null ? `address ${this.#addresses.of(request)}` : `token ${caller.name}`
    return { ...caller, quota: this.#quotas.of(client) }
  }

  async #admit(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Promise<Caller | null> {
    try {
      const caller = await this.callerOf(request)
      caller.quota?.take('requests')
      return caller
    } catch (error) {
      if (!(error instanceof HeraldError)) throw error
      if (error.code === 'UNAUTHENTICATED') {
        response.setHeader(
          'WWW-Authenticate',
          hasCredentials(request) ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE,
        )
      }
      response.setHeader('Cache-Control', 'no-store')
      const isPassing = error instanceof KeysAway
      if (isPassing || ERRORS[error.code].retryable) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS))
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
