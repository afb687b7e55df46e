/**
 * AUTH=jwt: signed tokens of an identity provider (RFC 7519), verified by jose as RFC 8725 asks: algorithms by a list
 * of ours and never by the token, issuer and audience always, an end always. A token that was verified is known
 * for a while, so that the hot path costs a digest and no signature.
 */
import { createHash } from 'node:crypto'
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { HeraldError } from '../errors.ts'
import { type Authenticator, MAX_TOKEN_LENGTH } from './access.ts'
import type { Caller } from './caller.ts'
import type { Keys } from './keys.ts'
import type { Roles } from './roles.ts'

export interface JwtSettings {
  readonly kind: 'jwt'
  /** Where the keys are: a JWKS by HTTP, or a file. */
  readonly keys: { readonly url: string } | { readonly file: string }
  /** One of these must have issued the token. */
  readonly issuers: readonly string[]
  /** It must be meant for one of these. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  /** By how much the issuer's clock may differ from ours. */
  readonly clockSkewSeconds: number
  /** The claim that holds the roles, or a path to it such as `realm_access.roles`. */
  readonly rolesClaim: string
}

/** How long a verified token is known: a key that its issuer has taken back counts no longer than that. */
const KNOWN_MS = 5 * 60_000
const MAX_KNOWN = 10_000

interface Known {
  readonly caller: Caller
  readonly until: number
}

export class JwtAuthenticator implements Authenticator {
  readonly #settings: JwtSettings
  readonly #keys: Keys
  readonly #roles: Roles
  /** By the token's digest: no token is kept. The oldest first. */
  readonly #known = new Map<string, Known>()

  constructor(settings: JwtSettings, keys: Keys, roles: Roles) {
    this.#settings = settings
    this.#keys = keys
    this.#roles = roles
  }

  authenticate(token: string): Caller | Promise<Caller> {
    if (token.length > MAX_TOKEN_LENGTH) throw refused('This token is too long.')
    const digest = createHash('sha256').update(token).digest('base64')
    const known = this.#known.get(digest)
    if (known !== undefined) {
      if (known.until > Date.now()) return known.caller
      this.#known.delete(digest)
    }
    return this.#verify(token, digest)
  }

  reload(): void {
    this.#keys.reload()
    this.#known.clear()
  }

  async #verify(token: string, digest: string): Promise<Caller> {
    const payload = await this.#payloadOf(token)
    const expiresAt = (payload.exp! + this.#settings.clockSkewSeconds) * 1_000
    const caller = {
      name: nameOf(payload) ?? `token ${digest}`,
      rights: this.#roles.rightsOf(rolesOf(payload, this.#settings.rolesClaim)),
      expiresAt,
      revocation: null,
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(digest, { caller, until: Math.min(expiresAt, Date.now() + KNOWN_MS) })
    return caller
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    const { issuers, audiences, algorithms, clockSkewSeconds } = this.#settings
    const options = {
      issuer: [...issuers],
      audience: [...audiences],
      algorithms: [...algorithms],
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['exp'],
    }
    try {
      const { payload } = await jwtVerify(token, (header: JWTHeaderParameters) => this.#keys.keyFor(header), options)
      return payload
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw refusalOf(error)
      // Keys without an id: any of those that fit may be the one.
      for await (const key of error) {
        const tried = await jwtVerify(token, key, options).catch((reason: unknown) => reason)
        if (!(tried instanceof Error)) return (tried as { payload: JWTPayload }).payload
        if (!(tried instanceof errors.JWSSignatureVerificationFailed)) throw refusalOf(tried)
      }
      throw refusalOf(error)
    }
  }
}

/** What a client is told: which rule a token breaks, if it was signed as it should be, and nothing of the keys. */
function refusalOf(error: unknown): HeraldError {
  if (error instanceof HeraldError) return error
  if (error instanceof errors.JWTExpired) return refused('This token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(`This token is not for here: its claim "${error.claim}" is missing, or not what is expected.`)
  }
  return refused('This token cannot be verified here.')
}

function refused(message: string): HeraldError {
  return new HeraldError('UNAUTHENTICATED', message)
}

/** The subject as its issuer names it, else the client that the token was issued to; null where neither is told. */
function nameOf({ iss, sub, client_id: client, azp }: JWTPayload): string | null {
  const subject = [sub, client, azp].find((name) => typeof name === 'string' && name !== '')
  return subject === undefined ? null : `${iss} ${subject}`
}

/** A claim's list of names; or its text, as OAuth writes scopes. A name that holds a dot goes before a path. */
function rolesOf(payload: JWTPayload, claim: string): readonly string[] {
  const value = Object.hasOwn(payload, claim) ? payload[claim] : claim.split('.').reduce(memberOf, payload as unknown)
  if (typeof value === 'string') return value.split(/[\s,]+/)
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : []
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isObject ? (value as { readonly [name: string]: unknown })[name] : undefined
}
