/**
 * A real Kafka with a listener for each kind of TLS and SASL. With the right settings Herald gets in; with wrong ones
 * it serves, says in its log and at /readyz what is wrong, tries again without haste, and shows its secrets nowhere.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../../src/config.ts'
import { type KafkaLogNotice, openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { type KafkaCluster, startKafka } from '../../../tools/kafka/broker.ts'
import { graphql } from '../../generated/index.ts'
import { type Authority, brokerTls, makeAuthority, type Pair } from '../../support/certificates.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { createTopic, describeOwnKafka, until } from '../../support/kafka.ts'
import { join } from '../../support/publish.ts'
import { eventually, follow, readAll, record } from './logs.ts'

const EVENTS = graphql(`query SecurityEvents { events(last: 1) { nodes { id } } }`)

const USER = 'herald'
/** What must be seen nowhere, with signs that a mechanism could stumble over. */
const PASSWORD = `canary $%= ${randomUUID()}`
const WRONG = `canary ${randomUUID()}`

const jaas = (module: string, options = '') => `org.apache.kafka.common.security.${module} required${options};`

await describeOwnKafka('a Kafka that lets in only who may', () => {
  let folder: string
  let authority: Authority
  let client: Pair
  let stranger: Pair
  let foreign: Authority
  let passwordFile: string
  let kafka: KafkaCluster
  beforeAll(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'herald-test-'))
    authority = await makeAuthority(folder, 'authority')
    foreign = await makeAuthority(folder, 'foreign')
    client = await authority.sign('herald', 'DNS:herald')
    stranger = await foreign.sign('stranger', 'DNS:stranger')
    passwordFile = joinPath(folder, 'password')
    await writeFile(passwordFile, `${PASSWORD}\n`)
    const server = await authority.sign('broker', 'IP:127.0.0.1')
    const scramModule = jaas('scram.ScramLoginModule')
    kafka = await startKafka({
      listeners: { TLS: 'SSL', MUTUAL: 'SSL', PLAIN: 'SASL_PLAINTEXT', SCRAM: 'SASL_SSL', SESSION: 'SASL_PLAINTEXT' },
      scram: [
        `SCRAM-SHA-256=[name=${USER},password="${PASSWORD}"]`,
        `SCRAM-SHA-512=[name=${USER},password="${PASSWORD}"]`,
      ],
      properties: {
        ...(await brokerTls(server, authority)),
        'listener.name.mutual.ssl.client.auth': 'required',
        'listener.name.plain.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.plain.plain.sasl.jaas.config': jaas('plain.PlainLoginModule', ` user_${USER}="${PASSWORD}"`),
        'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
        'listener.name.scram.scram-sha-256.sasl.jaas.config': scramModule,
        'listener.name.scram.scram-sha-512.sasl.jaas.config': scramModule,
        'listener.name.session.sasl.enabled.mechanisms': 'SCRAM-SHA-256',
        'listener.name.session.scram-sha-256.sasl.jaas.config': scramModule,
        'listener.name.session.connections.max.reauth.ms': 3_000,
      },
    })
    await createTopic({ name: 'events', bootstrap: kafka.bootstrap })
  }, 120_000)
  afterAll(async () => {
    await kafka?.close()
    await rm(folder, { recursive: true, force: true })
  })

  type Settings = Readonly<Record<string, string>>

  const ca = (): Settings => ({ KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: authority.cert })
  const mutual = ({ cert, key }: Pair): Settings => ({ ...ca(), KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key })
  const user = (mechanism: string, password = PASSWORD): Settings => ({
    ...{ KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: USER, KAFKA_SASL_PASSWORD: password },
  })
  /** A listener's address; `plain` is the one that anybody may use. */
  const at = (listener: string) => (listener === 'plain' ? kafka.bootstrap : kafka.listeners[listener]!)

  /** Opens a log as the product does with these settings, and keeps what it tells; closed with its test. */
  async function open(brokers: string, settings: Settings) {
    const topic = await createTopic({ bootstrap: kafka.bootstrap })
    const { kafkaSecurity: security } = readConfig({ KAFKA_BROKERS: brokers, ...settings })
    const notices: KafkaLogNotice[] = []
    const onEvent = (notice: KafkaLogNotice) => notices.push(notice)
    const log = openKafkaLog({ brokers: [brokers], topic, partitions: 1, replicationFactor: 1, security, onEvent })
    onTestFinished(() => log.close())
    return { log, notices }
  }

  /** Not even a part of a secret. */
  function expectNoSecret(...texts: readonly string[]): void {
    for (const text of texts) {
      expect(text).not.toContain('canary')
      expect(text).not.toContain(Buffer.from(PASSWORD).toString('base64'))
      expect(text).not.toContain('PRIVATE KEY')
    }
  }

  describe('the right settings let in', () => {
    const RIGHT: readonly [name: string, listener: string, settings: () => Settings][] = [
      ["TLS by an authority of one's own", 'TLS', ca],
      ['TLS with a client certificate', 'MUTUAL', () => mutual(client)],
      ['SASL PLAIN', 'PLAIN', () => user('PLAIN')],
      ['SASL SCRAM-SHA-256 over TLS', 'SCRAM', () => ({ ...ca(), ...user('SCRAM-SHA-256') })],
      ['SASL SCRAM-SHA-512 over TLS', 'SCRAM', () => ({ ...ca(), ...user('SCRAM-SHA-512') })],
    ]
    it.each(RIGHT)('%s: appends, follows and reads', async (_, listener, settings) => {
      const { log, notices } = await open(at(listener), settings())
      const followed = follow(log, await log.ends())
      for (const value of ['one', 'two']) await log.append(record(value))
      await followed.until(() => followed.records.length === 2)
      expect((await readAll(log)).map(({ value }) => String(value))).toEqual(['one', 'two'])
      expectNoSecret(JSON.stringify(notices))
    })

    it('whoever stays longer than the broker lets a session last, without losing a connection', async () => {
      const { log, notices } = await open(at('SESSION'), user('SCRAM-SHA-256'))
      const followed = follow(log, await log.ends())
      // Two sessions long, and a little.
      const end = performance.now() + 6_500
      let count = 0
      for (; performance.now() < end; count++) await log.append(record(String(count)))
      await followed.until(() => followed.records.length === count)
      expect(notices.map(({ message }) => message)).toEqual(['the log can be used'])
    })
  })

  describe('wrong settings keep out, and the log says which', () => {
    const certificate = "the Kafka broker's certificate is refused: "
    const clientCertificate = 'the Kafka broker refuses the client certificate, or misses one (KAFKA_TLS_CERT_FILE)'
    const otherListener = 'closes the connection before it answers: its listener may want other settings'
    const WRONGS: readonly [name: string, listener: string, settings: () => Settings, reason: string][] = [
      ['a broker whose certificate is for another name', 'localhost', ca, `${certificate}it is not for the host name`],
      ['no client certificate', 'MUTUAL', ca, clientCertificate],
      ['a client certificate of a stranger', 'MUTUAL', () => mutual(stranger), clientCertificate],
      ['a wrong password by PLAIN', 'PLAIN', () => user('PLAIN', WRONG), 'refuses the user or the password'],
      ['a mechanism that is not offered', 'SCRAM', () => ({ ...ca(), ...user('PLAIN') }), 'does not offer this SASL'],
      ['SASL where there is none', 'plain', () => user('PLAIN'), 'wants no SASL there'],
      ['no SASL where it is wanted', 'PLAIN', () => ({}), otherListener],
      ['no TLS where it is wanted', 'TLS', () => ({}), otherListener],
      ['TLS where there is none', 'plain', ca, otherListener],
    ]
    it.each(WRONGS)('%s', async (_, listener, settings, reason) => {
      const address = listener === 'localhost' ? at('TLS').replace('127.0.0.1', 'localhost') : at(listener)
      const { log, notices } = await open(address, settings())
      const told = () => {
        const health = log.health()
        return !health.up && health.reason.includes(reason)
      }
      await eventually(told)
      expect(notices.filter(({ level, message }) => level === 'warn' && message.includes(reason))).not.toEqual([])
      expectNoSecret(JSON.stringify(notices), JSON.stringify(log.health()))
    })
  })

  describe('the product', () => {
    /** With a log as wordy as can be; it ends with its test. */
    async function start(brokers: string, settings: Settings): Promise<Herald> {
      const herald = await startHerald({ env: { KAFKA_BROKERS: brokers, LOG_LEVEL: 'trace', ...settings } })
      onTestFinished(async () => void (await herald.stop()))
      return herald
    }

    const get = async ({ url }: Herald, path: string) => {
      const response = await fetch(`${url}${path}`)
      return { status: response.status, body: await response.text() }
    }

    async function expectSilence(herald: Herald): Promise<void> {
      const pages = await Promise.all(['/metrics', '/readyz'].map((path) => get(herald, path)))
      expectNoSecret(herald.stdout(), herald.stderr(), ...pages.map(({ body }) => body))
    }

    it('publishes and replays over TLS and SASL, its password in a file', async () => {
      const settings = { ...mutual(client), ...user('SCRAM-SHA-512', ''), KAFKA_SASL_PASSWORD_FILE: passwordFile }
      const herald = await start(at('SCRAM'), settings)
      const { id } = await join(herald, 'secured')
      expect((await herald.query(EVENTS)).data?.events.nodes).toEqual([{ id }])
      expect(await get(herald, '/readyz')).toEqual({ status: 200, body: 'ok\n' })
      await expectSilence(herald)
    })

    it('serves with the wrong authority, unready, and says why', async () => {
      const herald = await start(at('TLS'), { ...ca(), KAFKA_TLS_CA_FILE: foreign.cert })
      const reason = 'no trusted authority signed it (KAFKA_TLS_CA_FILE names yours)'
      await until('the reason', async () => (await get(herald, '/readyz')).body.includes(reason))
      expect((await get(herald, '/readyz')).status).toBe(503)
      expect((await get(herald, '/livez')).status).toBe(200)
      expect(herald.stderr()).toContain(reason)
      expect(herald.stderr()).toContain(at('TLS'))
      await expectSilence(herald)
    })

    it('with a wrong password serves, unready, says why, tries again without haste, and serves when it is mended', async () => {
      let attempts = 0
      const door = createServer((socket) => {
        attempts++
        const onward = connect(Number(at('SCRAM').split(':')[1]), '127.0.0.1')
        for (const end of [socket, onward]) end.on('error', () => {})
        socket.pipe(onward).pipe(socket)
      }).listen(0, '127.0.0.1')
      await once(door, 'listening')
      onTestFinished(() => void door.close())
      const { port } = door.address() as AddressInfo
      const herald = await start(`127.0.0.1:${port}`, { ...ca(), ...user('SCRAM-SHA-256', WRONG) })
      // All of them wait for the log, until it is too late.
      const refused = await Promise.all(Array.from({ length: 10 }, () => herald.query(EVENTS)))
      for (const { errors } of refused) expect(errors).toMatchObject([{ extensions: { code: 'LOG_UNAVAILABLE' } }])
      expect(attempts).toBeGreaterThan(1)
      expect(attempts).toBeLessThan(10)
      const reason = 'the Kafka broker refuses the user or the password (KAFKA_SASL_USERNAME)'
      expect(await get(herald, '/readyz')).toEqual({ status: 503, body: `${reason}\n` })
      expect(herald.stderr()).toContain(reason)

      const entity = ['--entity-type', 'users', '--entity-name', USER]
      const alter = ['--bootstrap-server', kafka.bootstrap, '--alter', '--add-config']
      await kafka.tool('kafka.admin.ConfigCommand', ...alter, `SCRAM-SHA-256=[password=${WRONG}]`, ...entity)
      const since = performance.now()
      await until('readiness', async () => (await get(herald, '/readyz')).status === 200)
      expect(performance.now() - since).toBeLessThan(10_000)
      await join(herald, 'mended')
      await expectSilence(herald)
    }, 60_000)
  })
})
