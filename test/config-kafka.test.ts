/** TLS and SASL by the environment: what can be known to be wrong without a broker stops the start in one line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'
import { makeAuthority } from './support/certificates.ts'
import { refusedStart } from './support/herald.ts'

type Settings = Readonly<Record<string, string>>

const SECRET = 'canary-in-a-file'

const folder = mkdtempSync(join(tmpdir(), 'herald-test-'))
const inFolder = (name: string) => join(folder, name)
beforeAll(async () => {
  const authority = await makeAuthority(folder, 'authority')
  await authority.sign('one', 'DNS:one')
  await authority.sign('other', 'DNS:other')
  writeFileSync(inFolder('nonsense'), SECRET)
  writeFileSync(inFolder('empty'), '\n')
  writeFileSync(inFolder('half'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  writeFileSync(inFolder('password'), `${SECRET}\r\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

const tls = (names: Settings = {}): Settings => ({
  KAFKA_TLS: 'true',
  ...Object.fromEntries(
    Object.entries(names).map(([variable, name]) => [`KAFKA_TLS_${variable}_FILE`, inFolder(name)]),
  ),
})
const sasl: Settings = { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'herald' }
const securityOf = (settings: Settings) => readConfig(settings).kafkaSecurity

describe('right settings', () => {
  it('of none are a plain connection', () => expect(securityOf({})).toEqual({ tls: null, sasl: null }))

  it('take authorities, several in a file too, and a certificate with its key', () => {
    expect(securityOf(tls()).tls).not.toBeNull()
    expect(securityOf(tls({ CA: 'authority.pem', CERT: 'one.pem', KEY: 'one.key' })).tls).not.toBeNull()
  })

  it('take the password from the environment or from a file, without the end of its line', () => {
    expect(securityOf({ ...sasl, KAFKA_SASL_PASSWORD: ' p ' }).sasl).toEqual({
      ...{ mechanism: 'SCRAM-SHA-512', username: 'herald', password: ' p ' },
    })
    const fromFile = securityOf({ ...sasl, KAFKA_SASL_PASSWORD_FILE: inFolder('password') })
    expect(fromFile.sasl?.password).toBe(SECRET)
  })
})

describe('a wrong setting is refused in one line that names the variable, and no secret', () => {
  const WRONG: readonly [variable: string, what: string, settings: () => Settings][] = [
    ['KAFKA_TLS_CA_FILE', 'without TLS', () => ({ ...tls({ CA: 'authority.pem' }), KAFKA_TLS: '' })],
    ['KAFKA_TLS_CERT_FILE', 'without TLS', () => ({ ...tls({ CERT: 'one.pem', KEY: 'one.key' }), KAFKA_TLS: 'false' })],
    ['KAFKA_TLS_CA_FILE', 'a missing file', () => tls({ CA: 'nowhere' })],
    ['KAFKA_TLS_CA_FILE', 'a folder', () => tls({ CA: '.' })],
    ['KAFKA_TLS_CA_FILE', 'no certificate', () => tls({ CA: 'nonsense' })],
    ['KAFKA_TLS_CA_FILE', 'half a certificate', () => tls({ CA: 'half' })],
    ['KAFKA_TLS_CERT_FILE', 'no key', () => tls({ CERT: 'one.pem' })],
    ['KAFKA_TLS_KEY_FILE', 'no certificate', () => tls({ KEY: 'one.key' })],
    ['KAFKA_TLS_CERT_FILE', 'a key in its place', () => tls({ CERT: 'one.key', KEY: 'one.key' })],
    ['KAFKA_TLS_KEY_FILE', 'a missing file', () => tls({ CERT: 'one.pem', KEY: 'nowhere' })],
    ['KAFKA_TLS_KEY_FILE', 'a certificate in its place', () => tls({ CERT: 'one.pem', KEY: 'one.pem' })],
    ['KAFKA_TLS_KEY_FILE', 'the key of another', () => tls({ CERT: 'one.pem', KEY: 'other.key' })],
    ['KAFKA_SASL_USERNAME', 'without a mechanism', () => ({ KAFKA_SASL_USERNAME: 'herald' })],
    ['KAFKA_SASL_PASSWORD', 'without a mechanism', () => ({ KAFKA_SASL_PASSWORD: SECRET })],
    [
      'KAFKA_SASL_MECHANISM',
      'unknown',
      () => ({ ...sasl, KAFKA_SASL_PASSWORD: SECRET, KAFKA_SASL_MECHANISM: 'GSSAPI' }),
    ],
    ['KAFKA_SASL_MECHANISM', 'no user', () => ({ ...sasl, KAFKA_SASL_PASSWORD: SECRET, KAFKA_SASL_USERNAME: '' })],
    ['KAFKA_SASL_MECHANISM', 'no password', () => sasl],
    [
      'KAFKA_SASL_PASSWORD_FILE',
      'two passwords',
      () => ({ ...sasl, KAFKA_SASL_PASSWORD: SECRET, KAFKA_SASL_PASSWORD_FILE: inFolder('password') }),
    ],
    ['KAFKA_SASL_PASSWORD_FILE', 'missing', () => ({ ...sasl, KAFKA_SASL_PASSWORD_FILE: inFolder('nowhere') })],
    ['KAFKA_SASL_PASSWORD_FILE', 'empty', () => ({ ...sasl, KAFKA_SASL_PASSWORD_FILE: inFolder('empty') })],
  ]
  it.each(WRONG)('%s: %s', (variable, _, settings) => {
    const read = () => readConfig(settings())
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(new RegExp(`^${variable}: (?!.*canary)[^\n]+$`))
  })

  it('and stops the product', async () => {
    const refusal = await refusedStart(tls({ CERT: 'one.pem', KEY: 'other.key' }))
    expect(refusal).toMatchObject({ code: 1, stdout: '' })
    expect(refusal.stderr).toMatch(/^herald: KAFKA_TLS_KEY_FILE: [^\n]+\n$/)
  })
})
