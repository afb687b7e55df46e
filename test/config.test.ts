/**
 * The environment: what each variable is without being set, and that a wrong value stops the running product
 * with exit code 1 and one line that names the variable, and with nothing else.
 */
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, isLoopback, readConfig, VARIABLES } from '../src/config.ts'
import { CREDENTIAL_HEADERS } from '../src/event/enrich.ts'
import { freePorts } from '../tools/kafka/ports.ts'
import { refusedStart, startHerald } from './support/herald.ts'

/** Every kind of wrong value. The whole table is held against the parser, one of each against the product. */
const WRONG: Readonly<Partial<Record<keyof typeof VARIABLES, readonly string[]>>> = {
  PORT: ['abc', '-1', '65536', '80.5', '1e3', ' 80', '0x50'],
  HOST: ['two words', 'a/b', '0.0.0.0', '::', '192.168.0.1', 'example.org', '127.0.0.256x'],
  WORKERS: ['2', '0', '65', '-1', '1.5', 'all'],
  KAFKA_BROKERS: ['localhost', ':9092', 'a:0', 'a:65536', 'a:9092;b:9092', 'kafka://a:9092', ',', 'a:9092 b:9092'],
  KAFKA_TOPIC: ['a topic', '.', '..', 'a/b', 'x'.repeat(250), 'täglich'],
  KAFKA_PARTITIONS: ['0', '513', 'many', '1.5', '-1'],
  KAFKA_REPLICATION_FACTOR: ['0', '32768', 'all'],
  KAFKA_TLS: ['maybe', 'PEM'],
  KAFKA_SASL_MECHANISM: ['GSSAPI', 'plain', 'SCRAM-SHA-1'],
  ENRICH_HEADERS: ['maybe', '2', 'ja'],
  EVENT_SOURCE: ['with space', 'tab\there'],
  ALLOWED_ORIGINS: ['example.org', 'https://example.org/path', '*', 'null', 'https://a.example,nonsense'],
  AUTH: ['maybe', 'NONE', 'token,jwt'],
  AUTH_TOKENS_FILE: ['without AUTH=token'],
  AUTH_JWT_JWKS_URL: ['nonsense', 'http://issuer.example/', 'ftp://issuer.example/', 'https://a:b@issuer.example/'],
  AUTH_JWT_KEY_FILE: ['without AUTH=jwt'],
  AUTH_JWT_ISSUER: ['without AUTH=jwt'],
  AUTH_JWT_AUDIENCE: ['without AUTH=jwt'],
  AUTH_JWT_ALGORITHMS: ['none', 'ES256,none', 'es256', ','],
  AUTH_JWT_CLOCK_SKEW_S: ['-1', '601', '1m'],
  AUTH_JWT_ROLES_CLAIM: ['two words'],
  SESSION_SECRET: ['too short'],
  METRICS_ACCESS: ['everyone', 'none'],
  CONSOLE_ACCESS: ['yes'],
  LOG_LEVEL: ['loud', 'INFO'],
}

describe('the defaults', () => {
  it('are those that the contract names', () => {
    const config = readConfig({})
    expect(config).toMatchObject({
      ...{ port: 5000, host: '127.0.0.1', brokers: [], topic: 'events', partitions: 1, replicationFactor: 1 },
      ...{ dataDir: 'data', schemaDir: 'schema', enrichHeaders: true, deniedHeaders: CREDENTIAL_HEADERS },
      ...{ eventSource: '/herald', allowedOrigins: [], logLevel: 'info' },
    })
  })

  it('hold for a variable that is set to nothing', () => {
    const nothing = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))
    expect(readConfig(nothing)).toEqual(readConfig({}))
  })

  it('give way to what is set', () => {
    const config = readConfig({
      ...{ PORT: '0', HOST: 'localhost', KAFKA_BROKERS: 'a:9092, [::1]:9093 ,', KAFKA_TOPIC: 'a.b_c-1' },
      ...{ KAFKA_PARTITIONS: '512', KAFKA_REPLICATION_FACTOR: '3', DATA_DIR: '/d', SCHEMA_DIR: '/s' },
      ...{ ENRICH_HEADERS: 'false', ENRICH_DENY: 'X-Mine, *-Id', EVENT_SOURCE: 'https://game.example/a' },
      ...{ ALLOWED_ORIGINS: 'https://game.example, http://localhost:3000', LOG_LEVEL: 'debug' },
    })
    expect(config).toMatchObject({
      ...{ port: 0, host: 'localhost', brokers: ['a:9092', '[::1]:9093'], topic: 'a.b_c-1', partitions: 512 },
      ...{ replicationFactor: 3, dataDir: '/d', schemaDir: '/s', enrichHeaders: false },
      ...{ deniedHeaders: ['X-Mine', '*-Id'], eventSource: 'https://game.example/a', logLevel: 'debug' },
      ...{ allowedOrigins: ['https://game.example', 'http://localhost:3000'] },
    })
  })

  it('let HOST be anything with AUTH=none, and loopback without', () => {
    for (const host of ['0.0.0.0', '::', 'example.org'])
      expect(readConfig({ HOST: host, AUTH: 'none' }).host).toBe(host)
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) {
      expect(isLoopback(host)).toBe(true)
      expect(readConfig({ HOST: host }).host).toBe(host)
    }
    for (const host of ['127.0.0.1.example.org', '1270.0.0.1', '0.0.0.0', '::']) expect(isLoopback(host)).toBe(false)
  })
})

describe('a wrong value', () => {
  it.each(Object.entries(WRONG).flatMap(([name, values]) => values.map((value) => [name, value])))(
    'of %s (%j) is refused in one line that names the variable',
    (name, value) => {
      const read = () => readConfig({ [name!]: value })
      expect(read).toThrow(ConfigError)
      expect(read).toThrow(new RegExp(`^${name}: [^\n]+$`))
    },
  )

  // Those of access stop it in test/access.
  it.each(Object.entries(WRONG).flatMap(([name, [value]]) => (/^AUTH_|_ACCESS$/.test(name) ? [] : [[name, value]])))(
    'of %s (%j) stops the product: exit code 1, one line, nothing else',
    async (name, value) => expectRefusal(await refusedStart({ [name!]: value! }), new RegExp(`^herald: ${name}: `)),
  )
})

function expectRefusal(refusal: Awaited<ReturnType<typeof refusedStart>>, line: RegExp): void {
  expect(refusal).toMatchObject({ code: 1, stdout: '' })
  expect(refusal.stderr).toMatch(line)
  expect(refusal.stderr).toMatch(/^[^\n]+\n$/)
}

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('what this machine does not give', () => {
  it('refuses a HOST that is not loopback until AUTH says that it is meant', async () => {
    const refusal = await refusedStart({ HOST: '0.0.0.0' })
    expectRefusal(refusal, /^herald: HOST: .*AUTH=none/)
    const herald = await startHerald({ env: { HOST: '0.0.0.0', AUTH: 'none' } })
    onTestFinished(async () => void (await herald.stop()))
    expect((await fetch(`http://127.0.0.1:${herald.port}/livez`)).status).toBe(200)
  })

  it('refuses an address that it does not have', async () => {
    expectRefusal(await refusedStart({ HOST: '192.0.2.1', AUTH: 'none' }), /^herald: HOST: .*192\.0\.2\.1/)
  })

  it('refuses a port in use, on either log', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const PORT = String((other.address() as { port: number }).port)
    const [dead] = await freePorts(1)
    for (const log of [{}, { KAFKA_BROKERS: `127.0.0.1:${dead}` }]) {
      expectRefusal(await refusedStart({ PORT, LOG_LEVEL: 'info', ...log }), new RegExp(`^herald: PORT: .*${PORT}`))
    }
  })

  it('refuses a SCHEMA_DIR that is not there, or holds nothing', async () => {
    expectRefusal(await refusedStart({ SCHEMA_DIR: join(folder(), 'none') }), /^herald: SCHEMA_DIR: /)
    expectRefusal(await refusedStart({ SCHEMA_DIR: folder() }), /^herald: SCHEMA_DIR: /)
  })

  it('refuses a DATA_DIR that is no folder', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    expectRefusal(await refusedStart({ DATA_DIR: file }), /^herald: DATA_DIR: /)
    expectRefusal(await refusedStart({ DATA_DIR: join(file, 'below') }), /^herald: DATA_DIR: /)
  })

  it.skipIf(process.getuid?.() === 0)('refuses a DATA_DIR that it may not write', async () => {
    const path = folder()
    chmodSync(path, 0o500)
    expectRefusal(await refusedStart({ DATA_DIR: path }), /^herald: DATA_DIR: /)
  })

  it.skipIf(process.platform !== 'linux')('refuses a DATA_DIR where nobody may write', async () => {
    expectRefusal(await refusedStart({ DATA_DIR: '/sys/herald' }), /^herald: DATA_DIR: /)
  })

  it('refuses a DATA_DIR that another Herald has, who goes on', async () => {
    const first = await startHerald()
    onTestFinished(async () => void (await first.stop()))
    expectRefusal(await refusedStart({ DATA_DIR: first.dataDir }), /^herald: DATA_DIR: .*in use/)
    expect((await fetch(`${first.url}/buy_a_sword`)).status).toBe(200)
  })
})
