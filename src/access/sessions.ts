/**
 * Sessions of browsers, which can set no header on an EventSource, a WebSocket or a page: the token itself, sealed
 * (AES-256-GCM) by a key that only gateways have. So a session needs no store, is good on every gateway with the same
 * SESSION_SECRET, and dies with its token, which is looked at again each time.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export class Sessions {
  readonly #key: Buffer

  /** `secret`: null makes a key of its own, and sessions end with the process. */
  constructor(secret: string | null) {
    this.#key =
      secret === null
        ? randomBytes(KEY_BYTES)
        : Buffer.from(hkdfSync('sha256', secret, '', 'herald session, version 1', KEY_BYTES))
  }

  /** The token, readable to gateways alone; base64url. */
  seal(token: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, nonce)
    return Buffer.concat([nonce, cipher.update(token, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    )
  }

  /** The token; null for what we did not seal. */
  open(sealed: string): string | null {
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const token = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      return Buffer.concat([token, decipher.final()]).toString('utf8')
    } catch {
      return null
    }
  }
}
