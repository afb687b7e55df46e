/**
 * AUTH=token: a file with one token a line, as JSON: `{"name":"ci","roles":["publish","read"],"sha256":"…"}`. It
 * holds digests, never tokens: who reads it can let nobody in. A fast digest is the right one here, since a token
 * is 32 random bytes and no password: there are no guesses that a slow one would slow down, and each request
 * costs one.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { HeraldError } from '../errors.ts'
import { AccessRefusal, type Authenticator, MAX_TOKEN_LENGTH } from './access.ts'
import { type Caller, Revocation } from './caller.ts'
import type { Roles } from './roles.ts'

/** What a line of the file says. */
export interface TokenEntry {
  readonly name: string
  readonly roles: readonly string[]
  /** Of the whole token, in hexadecimal. */
  readonly sha256: string
  /** When it ends, in milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
}

/** Told in front of a token, so that scanners for secrets know one. */
const PREFIX = 'herald_'
const TOKEN_BYTES = 32
const NAME = /^[\w.@:/-]{1,100}$/

/** A new token, which is shown once, and the line for the file. */
export function makeToken(
  name: string,
  roles: readonly string[],
  expiresAt: number | null = null,
): { readonly token: string; readonly line: string } {
  const token = `${PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`
  const expires = expiresAt === null ? {} : { expires: new Date(expiresAt).toISOString() }
  const line = JSON.stringify({ name, roles, sha256: digestOf(token).toString('hex'), ...expires })
  parseEntry(line)
  return { token, line }
}

/** The entries of a file. Empty lines, and lines that begin with #, say nothing. Throws `AccessRefusal`. */
export function readTokensFile(path: string): TokenEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new AccessRefusal(`AUTH_TOKENS_FILE: ${path} cannot be read (${code}); npm run token makes a line for it`)
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    try {
      return [parseEntry(line)]
    } catch (error) {
      throw new AccessRefusal(`AUTH_TOKENS_FILE: ${path}:${index + 1}: ${(error as Error).message}`)
    }
  })
}

/** Throws an Error that says what is wrong, and never shows the line: somebody may have put a token there. */
function parseEntry(line: string): TokenEntry {
  const { name, roles, sha256, expires, ...others } = parseObject(line)
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new Error('"name" must be 1 to 100 letters, digits, and any of _ . @ : / -')
  }
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string' && /^[^\s,]{1,100}$/.test(role))) {
    throw new Error('"roles" must be a list of names, such as ["publish", "read"]')
  }
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new Error('"sha256" must be the digest of the token, 64 hexadecimal digits')
  }
  const expiresAt = expires === undefined ? null : typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  if (Number.isNaN(expiresAt)) throw new Error('"expires" must be a moment, such as "2027-01-31T12:00:00Z"')
  if (Object.keys(others).length > 0) throw new Error('it may hold "name", "roles", "sha256" and "expires" only')
  return { name, roles, sha256, expiresAt }
}

function parseObject(line: string): { readonly [name: string]: unknown } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error('it is no JSON object; npm run token makes such a line')
}

/** One that may be let in, and what ends it. */
interface Known {
  readonly digest: Buffer
  readonly caller: Caller
  readonly revocation: Revocation
}

export class TokenAuthenticator implements Authenticator {
  readonly #file: string
  readonly #roles: Roles
  /** By the entry, so that one that stays as it was outlives a reload with all its streams. */
  #known: ReadonlyMap<string, Known> = new Map()

  /** Throws `AccessRefusal`. */
  constructor(file: string, roles: Roles) {
    this.#file = file
    this.#roles = roles
    this.reload()
  }

  /**
   * Reads the file again. A token that is no longer there, or has other roles, ends at once, and all streams by
   * it. Throws `AccessRefusal`, and goes on with what it had.
   */
  reload(): void {
    const before = this.#known
    const entries = readTokensFile(this.#file)
    this.#known = new Map(
      entries.map((entry) => {
        const key = JSON.stringify(entry)
        return [key, before.get(key) ?? this.#made(entry)]
      }),
    )
    for (const [key, { revocation }] of before) if (!this.#known.has(key)) revocation.revoke()
  }

  authenticate(token: string): Caller {
    const digest = digestOf(token.slice(0, MAX_TOKEN_LENGTH + 1))
    let found: Caller | null = null
    // All of them, and each in constant time: how long it takes tells nothing about any.
    for (const known of this.#known.values()) if (timingSafeEqual(known.digest, digest)) found = known.caller
    if (found === null) throw new HeraldError('UNAUTHENTICATED', 'This token is not known here.')
    if (found.expiresAt !== null && found.expiresAt <= Date.now()) {
      throw new HeraldError('UNAUTHENTICATED', 'This token has expired.')
    }
    return found
  }

  #made({ name, roles, sha256, expiresAt }: TokenEntry): Known {
    const revocation = new Revocation()
    return {
      digest: Buffer.from(sha256, 'hex'),
      caller: { name, rights: this.#roles.rightsOf(roles), expiresAt, revocation },
      revocation,
    }
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
