/**
 * Authentication: from a token to the caller that it stands for. One implementation for each setting of AUTH
 * besides none; `http` finds the token in a request, and knows nothing of what is in it.
 */
import { HeraldError } from '../errors.ts'
import type { Caller } from './caller.ts'
import type { JwtSettings } from './jwt.ts'

/** How callers are told apart. */
export type AccessSettings = { readonly kind: 'none' } | { readonly kind: 'token'; readonly file: string } | JwtSettings

/** Settings of authentication that cannot work; `message` is one line that names the variable. */
export class AccessRefusal extends Error {
  override readonly name = 'AccessRefusal'
}

/** Nobody can tell now whether a token is good: another time it may be. */
export class KeysAway extends HeraldError {
  constructor(cause: unknown) {
    super('UNAUTHENTICATED', 'The keys that tokens are verified with cannot be fetched now. Try again.', { cause })
  }
}

export interface Authenticator {
  /**
   * Whom the token stands for. At once where nothing need be asked. Throws, or rejects with, UNAUTHENTICATED;
   * rejects with `KeysAway` inside 5 s where what it must ask does not answer.
   */
  authenticate(token: string): Caller | Promise<Caller>
  /** Reads again what it knows callers by, at SIGHUP. Throws `AccessRefusal`, and goes on with what it had. */
  reload(): void
}

/** Longer ones are refused unread. Node takes no longer header. */
export const MAX_TOKEN_LENGTH = 16 * 1024
