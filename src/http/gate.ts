/**
 * Who asks over HTTP: the gate takes the credentials out of a request's headers, and has them looked at. What
 * it refuses it answers, in the style of the one who asks. With AUTH=none it stands open and looks at nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Authenticator, KeysAway } from '../access/access.ts'
import { ANYONE, type Caller } from '../access/caller.ts'
import type { Quotas } from '../access/quota.ts'
import type { Sessions } from '../access/sessions.ts'
import { ERRORS, HeraldError, RETRY_AFTER_SECONDS } from '../errors.ts'
import { answer, TEXT } from './answer.ts'
import type { ClientAddresses } from './client-address.ts'
import { sealedSession } from './session/cookie.ts'

/** Writes a refusal; the headers that every one of them has are set already. */
export type Refuse = (response: ServerResponse, refusal: HeraldError, status: number) => void

const CHALLENGE = 'Bearer realm="herald"'

export interface GateOptions {
  /** Null: AUTH=none. */
  readonly authenticator: Authenticator | null
  /** Null: no client is limited. */
  readonly quotas: Quotas | null
  readonly addresses: ClientAddresses
  readonly sessions: Sessions
}

export class Gate {
  /** Null: AUTH=none. */
  readonly #authenticator: Authenticator | null
  /** Null: no client is limited. */
  readonly #quotas: Quotas | null
  readonly #addresses: ClientAddresses
  readonly #sessions: Sessions

  constructor({ authenticator, quotas, addresses, sessions }: GateOptions) {
    this.#authenticator = authenticator
    this.#quotas = quotas
    this.#addresses = addresses
    this.#sessions = sessions
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

  /** As `admit`, for what is only read: whoever may not read at all is FORBIDDEN. */
  async admitReader(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Promise<Caller | null> {
    const caller = await this.admit(request, response, refuse)
    if (caller === null || caller.rights.mayRead) return caller
    const refusal = new HeraldError('FORBIDDEN', 'You may not read this: your roles do not allow it.')
    refuse(response, refusal, ERRORS.FORBIDDEN.status)
    return null
  }

  /**
   * Whether a page may be shown; if not, it was answered: who is not signed in is sent to the form, which leads back.
   * `target`: path and query of the page.
   */
  async admitPage(request: IncomingMessage, response: ServerResponse, target: string): Promise<Caller | null> {
    return this.admit(request, response, (_response, refusal, status) => {
      if (status !== ERRORS.UNAUTHENTICATED.status) return refuseAsText(response, refusal, status)
      const location = `/session?next=${encodeURIComponent(target)}`
      response.removeHeader('WWW-Authenticate')
      answer(response, 303, TEXT, `Sign in at ${location}\n`, { Location: location })
    })
  }

  /** Whom a request's headers stand for. Rejects with UNAUTHENTICATED, also where they hold no credentials. */
  async callerOf(request: IncomingMessage): Promise<Caller> {
    if (this.#authenticator === null) return this.anyone(request)
    const { authorization } = request.headers
    let token: string
    try {
      token = authorization === undefined ? this.#tokenOfSession(request) : bearerToken(authorization)
    } catch (error) {
      this.#countRefused(request)
      throw error
    }
    return this.callerOfToken(token, request)
  }

  /** Whom a token stands for that came otherwise than in the request's headers. Rejects with UNAUTHENTICATED. */
  async callerOfToken(token: string, request: IncomingMessage): Promise<Caller> {
    let caller: Caller
    try {
      caller = (await this.#authenticator?.authenticate(token)) ?? ANYONE
    } catch (error) {
      this.#countRefused(request)
      throw error
    }
    return this.#counted(caller, request)
  }

  /** Whoever has no token that is good is a client by its address, and guesses no faster than it may ask. */
  #countRefused(request: IncomingMessage): void {
    this.#quotas?.of(this.#clientOf(ANYONE, request)).take('requests')
  }

  /** A caller together with what it has used: a token has one quota from wherever it comes. */
  #counted(caller: Caller, request: IncomingMessage): Caller {
    if (this.#quotas === null) return caller
    return { ...caller, quota: this.#quotas.of(this.#clientOf(caller, request)) }
  }

  #clientOf({ name }: Caller, request: IncomingMessage): string {
    return name === null ? `address ${this.#addresses.of(request)}` : `token ${name}`
  }

  #tokenOfSession(request: IncomingMessage): string {
    const sealed = sealedSession(request)
    if (sealed === null) {
      throw new HeraldError('UNAUTHENTICATED', 'Say who you are: send Authorization: Bearer and your token.')
    }
    const token = this.#sessions.open(sealed)
    if (token !== null) return token
    throw new HeraldError('UNAUTHENTICATED', 'This session is over: sign in again at /session.')
  }

  async #admit(request: IncomingMessage, response: ServerResponse, refuse: Refuse): Promise<Caller | null> {
    try {
      const caller = await this.callerOf(request)
      caller.quota?.take('requests')
      // Whoever has gone meanwhile sends no body any more, and waits for nothing.
      return response.destroyed ? null : caller
    } catch (error) {
      if (!(error instanceof HeraldError)) throw error
      const isPassing = error instanceof KeysAway || ERRORS[error.code].retryable
      if (isPassing) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS))
      if (error.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', challenge(request))
      response.setHeader('Cache-Control', 'no-store')
      refuse(response, error, statusOf(error))
      return null
    }
  }
}

/** The status of a refusal: where nobody can tell now whether a token is good, it is no fault of the token's. */
export function statusOf(refusal: HeraldError): number {
  return refusal instanceof KeysAway ? ERRORS.LOG_UNAVAILABLE.status : ERRORS[refusal.code].status
}

/** RFC 6750, section 3: what is wrong is told only to who brought a token. */
function challenge({ headers: { authorization } }: IncomingMessage): string {
  return authorization === undefined ? CHALLENGE : `${CHALLENGE}, error="invalid_token"`
}

/** The token of a value such as `Bearer abc`. Throws UNAUTHENTICATED where it is none. */
export function bearerToken(value: string): string {
  const [, token] = /^bearer +(\S+) *$/i.exec(value) ?? []
  if (token !== undefined) return token
  throw new HeraldError('UNAUTHENTICATED', 'Only Authorization: Bearer and a token is understood here.')
}

/** Refuses in plain text, as what is no GraphQL does. */
export function refuseAsText(response: ServerResponse, { code, message }: HeraldError, status: number): void {
  answer(response, status, TEXT, `${code}: ${message}\n`)
}
