/**
 * From the variables of TLS and SASL to what the link to Kafka needs: the files are read here, once, and every mistake
 * that can be known without a broker stops the start. No message repeats a value or what stands in a file.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { ConfigError } from './config-error.ts'
import type { KafkaSecurity, Sasl } from './log/kafka/security.ts'

/** The variables, as config.ts has parsed them; '' stands for one that is not set. */
export interface KafkaSecurityVariables {
  readonly KAFKA_TLS: boolean
  readonly KAFKA_TLS_CA_FILE: string
  readonly KAFKA_TLS_CERT_FILE: string
  readonly KAFKA_TLS_KEY_FILE: string
  readonly KAFKA_SASL_MECHANISM: Sasl['mechanism'] | ''
  readonly KAFKA_SASL_USERNAME: string
  readonly KAFKA_SASL_PASSWORD: string
  readonly KAFKA_SASL_PASSWORD_FILE: string
}

/** Throws `ConfigError`. */
export function kafkaSecurity(variables: KafkaSecurityVariables): KafkaSecurity {
  return { tls: tlsOf(variables), sasl: saslOf(variables) }
}

function tlsOf(variables: KafkaSecurityVariables): SecureContext | null {
  const { KAFKA_TLS, KAFKA_TLS_CA_FILE, KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE } = variables
  if (!KAFKA_TLS) {
    for (const name of ['KAFKA_TLS_CA_FILE', 'KAFKA_TLS_CERT_FILE', 'KAFKA_TLS_KEY_FILE'] as const) {
      // Whoever names an authority means to be encrypted.
      if (variables[name] !== '') throw new ConfigError(`${name}: has no effect without KAFKA_TLS=true`)
    }
    return null
  }
  if (KAFKA_TLS_CERT_FILE !== '' && KAFKA_TLS_KEY_FILE === '') {
    throw new ConfigError('KAFKA_TLS_CERT_FILE: needs KAFKA_TLS_KEY_FILE, the key of the certificate')
  }
  if (KAFKA_TLS_KEY_FILE !== '' && KAFKA_TLS_CERT_FILE === '') {
    throw new ConfigError('KAFKA_TLS_KEY_FILE: needs KAFKA_TLS_CERT_FILE, the certificate of the key')
  }
  const ca = KAFKA_TLS_CA_FILE === '' ? null : certificatesIn('KAFKA_TLS_CA_FILE', KAFKA_TLS_CA_FILE)
  const pair = KAFKA_TLS_CERT_FILE === '' ? null : pairIn(KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE)
  return createSecureContext({ ...(ca && { ca }), ...(pair ?? {}) })
}

/** Certificates in PEM, one or several. OpenSSL would pass over what is none, and then trust nobody. */
function certificatesIn(name: string, file: string): string {
  const pem = contentOf(name, file)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
    if (blocks.length > 0) return pem
  } catch {
    // Answered below.
  }
  throw new ConfigError(`${name}: must name a file of certificates in PEM`)
}

/** The certificate may be followed by those between it and its authority. */
function pairIn(certFile: string, keyFile: string): { cert: string; key: string } {
  const cert = certificatesIn('KAFKA_TLS_CERT_FILE', certFile)
  const key = contentOf('KAFKA_TLS_KEY_FILE', keyFile)
  let isPair: boolean
  try {
    isPair = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    throw new ConfigError('KAFKA_TLS_KEY_FILE: must name a file with a private key in PEM, without a passphrase')
  }
  if (!isPair) throw new ConfigError('KAFKA_TLS_KEY_FILE: is not the key of the certificate in KAFKA_TLS_CERT_FILE')
  return { cert, key }
}

function saslOf(variables: KafkaSecurityVariables): Sasl | null {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username } = variables
  const { KAFKA_SASL_PASSWORD, KAFKA_SASL_PASSWORD_FILE } = variables
  if (mechanism === '') {
    for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD', 'KAFKA_SASL_PASSWORD_FILE'] as const) {
      if (variables[name] !== '') throw new ConfigError(`${name}: has no effect without KAFKA_SASL_MECHANISM`)
    }
    return null
  }
  if (KAFKA_SASL_PASSWORD !== '' && KAFKA_SASL_PASSWORD_FILE !== '') {
    throw new ConfigError('KAFKA_SASL_PASSWORD_FILE: is set, and so is KAFKA_SASL_PASSWORD; one of them is enough')
  }
  const password =
    KAFKA_SASL_PASSWORD_FILE === ''
      ? KAFKA_SASL_PASSWORD
      : contentOf('KAFKA_SASL_PASSWORD_FILE', KAFKA_SASL_PASSWORD_FILE).replace(/\r?\n$/, '')
  if (username === '') throw new ConfigError('KAFKA_SASL_MECHANISM: needs KAFKA_SASL_USERNAME')
  if (password === '') {
    if (KAFKA_SASL_PASSWORD_FILE !== '') throw new ConfigError('KAFKA_SASL_PASSWORD_FILE: names a file that is empty')
    throw new ConfigError('KAFKA_SASL_MECHANISM: needs KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE')
  }
  return { mechanism, username, password }
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${name}: names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
