/** An identity provider: keys behind a real HTTP server, which can be rotated, hang and go away, and tokens by them. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) }
}

export async function publicJwk({ kid, alg, publicKey }: SigningKey): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
}

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'herald'

/** What a token says; a claim that is undefined is left out. */
export type Claims = { readonly [name: string]: unknown }

/** A token that is good for an hour, unless `claims` say otherwise. */
export function sign(key: SigningKey, claims: Claims = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const standard = { iss: ISSUER, aud: AUDIENCE, sub: 'somebody', exp: now + 3_600, roles: ['publish', 'read'] }
  return new SignJWT({ ...standard, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(key.privateKey)
}

export interface Issuer {
  readonly url: string
  /** How often its keys were asked for. */
  readonly asked: number
  /** Answers with these keys from now on. */
  rotate(...keys: readonly SigningKey[]): Promise<void>
  /** Answers no more, and leaves whoever asks waiting. */
  hang(): void
  /** Refuses connections until `rotate`. */
  leave(): Promise<void>
  close(): Promise<void>
}

export async function startIssuer(...keys: readonly SigningKey[]): Promise<Issuer> {
  let body: string | null = null
  let asked = 0
  let port = 0
  let server: Server | null = null
  const open = async () => {
    server = createServer((_request, response) => {
      asked++
      if (body === null) return
      response.setHeader('Content-Type', 'application/json')
      response.end(body)
    }).listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const close = async () => {
    const closed = server
    server = null
    if (closed === null) return
    closed.close()
    closed.closeAllConnections()
    await once(closed, 'close')
  }
  const rotate = async (...own: readonly SigningKey[]) => {
    body = JSON.stringify({ keys: await Promise.all(own.map(publicJwk)) })
    if (server === null) await open()
  }
  await rotate(...keys)
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    get asked() {
      return asked
    },
    rotate,
    hang() {
      body = null
    },
    leave: close,
    close,
  }
}
