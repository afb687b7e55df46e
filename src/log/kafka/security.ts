/**
 * How Herald shows itself to Kafka and how Kafka shows itself to Herald: TLS with its authorities and a client
 * certificate, and SASL. Also the words for a broker that does not let Herald in, which only a person can mend:
 * they go into the log and to `/readyz`, so they are ours throughout. What a broker writes into its refusals is not
 * passed on, since nobody knows what it repeats of what it was sent.
 */
import type { SecureContext } from 'node:tls'

/** Mechanisms of SASL, by their registered names. */
export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export interface Sasl {
  readonly mechanism: (typeof SASL_MECHANISMS)[number]
  readonly username: string
  readonly password: string
}

export interface KafkaSecurity {
  /** Authorities, certificate and key, read and checked once. Null: the connection is not encrypted. */
  readonly tls: SecureContext | null
  readonly sasl: Sasl | null
}

/** Neither encrypted nor signed in: what Kafka's listeners are as shipped. */
export const PLAINTEXT: KafkaSecurity = { tls: null, sasl: null }

/**
 * A broker does not let Herald in; `message` says why in words that may be shown, without addresses. `certain`: no
 * outage can look like it, so that trying again soon is of no use until a person has mended something.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly certain: boolean

  constructor(message: string, certain = true) {
    super(message)
    this.certain = certain
  }
}

const UNTRUSTED = 'no trusted authority signed it (KAFKA_TLS_CA_FILE names yours)'

/** Codes of OpenSSL's verification, as node:tls names them, and of node:tls itself. */
const CERTIFICATE_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is not for the host name by which the broker is reached',
  INVALID_PURPOSE: 'it is not one for a server',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
}

/** Kafka's own codes, as kafkajs names them. */
const SASL_WORDS: Readonly<Record<string, string>> = {
  SASL_AUTHENTICATION_FAILED: 'the Kafka broker refuses the user or the password (KAFKA_SASL_USERNAME)',
  UNSUPPORTED_SASL_MECHANISM: 'the Kafka broker does not offer this SASL mechanism there (KAFKA_SASL_MECHANISM)',
  ILLEGAL_SASL_STATE: 'the Kafka broker wants no SASL there (KAFKA_SASL_MECHANISM)',
}

/** Alerts by which a broker refuses our certificate. With TLS 1.3 they come after the handshake. */
const CERTIFICATE_ALERT = /_ALERT_(?:NO|BAD|UNSUPPORTED)_CERTIFICATE$|_ALERT_CERTIFICATE_|_ALERT_UNKNOWN_CA$/

/**
 * Why there is no connection, if it was refused; null if it is an outage as far as anybody can tell. `error` is what
 * kafkajs rejected with, which keeps the socket's code; `isFirst`: the broker has answered nothing but its versions.
 */
export function refusalOf(error: unknown, isFirst: boolean): Refused | null {
  if (!(error instanceof Error)) return null
  if ('type' in error && typeof error.type === 'string') {
    const words = SASL_WORDS[error.type]
    return words === undefined ? null : new Refused(words)
  }
  if (error.name === 'KafkaJSSASLAuthenticationError') {
    return new Refused('the Kafka broker could not prove that it knows the password')
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const certificate = CERTIFICATE_WORDS[code]
  if (certificate !== undefined) return new Refused(`the Kafka broker's certificate is refused: ${certificate}`)
  if (CERTIFICATE_ALERT.test(code)) {
    return new Refused('the Kafka broker refuses the client certificate, or misses one (KAFKA_TLS_CERT_FILE)')
  }
  if (code.startsWith('ERR_SSL_')) return new Refused(`the TLS handshake with the Kafka broker failed (${code})`)
  // What a listener does to whoever speaks in another way than it wants; but a broker that stops does so, too.
  if (isFirst && (error.name === 'KafkaJSConnectionClosedError' || code === 'ECONNRESET')) {
    const words = 'its listener may want other settings (KAFKA_TLS, KAFKA_SASL_MECHANISM)'
    return new Refused(`the Kafka broker closes the connection before it answers: ${words}`, false)
  }
  return null
}
