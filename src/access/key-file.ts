/**
 * The file of AUTH_JWT_KEY_FILE: public keys or certificates as PEM, a JWK, a JWKS; or a secret, as a JWK of the type
 * "oct", for the HS algorithms alone. Who reads a public key can sign nothing, so a private one has no place here.
 */
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { JWK } from 'jose'
import { AccessRefusal } from './access.ts'

/** Which type of key an algorithm needs. */
const KEY_TYPES: readonly (readonly [algorithms: RegExp, kty: string])[] = [
  [/^(?:RS|PS)/, 'RSA'],
  [/^ES/, 'EC'],
  [/^Ed/, 'OKP'],
  [/^HS/, 'oct'],
]

/** An HS secret shorter than its digest can be guessed from one token (RFC 7518, section 3.2). */
const LEAST_SECRET_BYTES = 32

/** The keys of a file, all of them for these algorithms. Throws `AccessRefusal`, which shows nothing of the file. */
export function readKeyFile(file: string, algorithms: readonly string[]): readonly JWK[] {
  const refuse = (message: string) => new AccessRefusal(`AUTH_JWT_KEY_FILE: ${file} ${message}`)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`)
  }
  const keys = text.includes('-----BEGIN ') ? keysOfPem(text) : keysOfJson(text)
  if (keys === null || keys.length === 0) throw refuse('holds no public key as PEM, no JWK and no JWKS')
  if (keys === 'private' || keys.some(({ d }) => d !== undefined)) {
    throw refuse('holds a private key; give the public one')
  }
  const needed = new Set(algorithms.map(keyTypeOf))
  const unfit = keys.find(({ kty }) => !needed.has(kty ?? ''))
  if (unfit !== undefined) {
    throw refuse(
      `holds a key of the type ${unfit.kty}, which none of AUTH_JWT_ALGORITHMS uses: ${algorithms.join(', ')}`,
    )
  }
  const secret = keys.find(({ kty }) => kty === 'oct')
  if (secret !== undefined && keys.length > 1) throw refuse('must hold nothing beside a secret')
  if (secret !== undefined && Buffer.from(secret.k ?? '', 'base64url').length < LEAST_SECRET_BYTES) {
    throw refuse(`holds a secret of less than ${LEAST_SECRET_BYTES} bytes`)
  }
  return keys
}

/** The type of key that an algorithm needs, as JWKs name it. */
export function keyTypeOf(algorithm: string): string {
  return KEY_TYPES.find(([algorithms]) => algorithms.test(algorithm))?.[1] ?? ''
}

function keysOfPem(text: string): JWK[] | 'private' | null {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return 'private'
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g) ?? []
  try {
    return blocks.map((pem) => createPublicKey(pem).export({ format: 'jwk' }) as JWK)
  } catch {
    return null
  }
}

function keysOfJson(text: string): JWK[] | null {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const { keys = [json] } = Object(json) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) return null
  const areKeys = keys.every(
    (key) => typeof Object(key).kty === 'string' && (key.kty !== 'oct' || typeof key.k === 'string'),
  )
  return areKeys ? (keys as JWK[]) : null
}
