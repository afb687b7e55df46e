/**
 * Secrets stay where they were sent. Each place that can hold one gets a canary of its own; then the log at its most
 * talkative, the topic, the embedded log's file, /metrics and every answer are searched for all of them.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePorts } from '../../tools/kafka/ports.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, readAll, until } from '../support/kafka.ts'
import { rawRequest } from '../support/raw-request.ts'
import { openSocket } from '../support/websocket.ts'
import { makeTokens, temporaryFolder } from './gateway.ts'
import { makeKey, sign } from './issuer.ts'

const folder = temporaryFolder()
const { tokens, text } = makeTokens({ ci: ['publish', 'read'] })
const TOKEN = tokens.ci
afterAll(() => folder.remove())

/** Everything that must not turn up, by where it was sent. */
const canaries = new Map<string, string>([['the token that lets in', TOKEN]])

function canary(place: string): string {
  const secret = `canary${canaries.size}x${Math.random().toString(36).slice(2)}`
  canaries.set(place, secret)
  return secret
}

/** The secrets that a text holds, as they are or in base64, by the place where each was sent. */
function foundIn(text: string): string[] {
  return [...canaries].flatMap(([place, secret]) => {
    const forms = [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)]
    return forms.some((form) => text.includes(form)) ? [place] : []
  })
}

const HARMLESS = { 'x-harmless': 'harmless canary' }

/** Headers with a secret each, as clients and proxies send them. */
function secretHeaders(): Record<string, string> {
  const names = ['proxy-authorization', 'x-api-key', 'api-key', 'apikey', 'x-apikey', 'x-auth-token', 'x-access-token']
  names.push('x-csrf-token', 'x-amz-security-token', 'private-token', 'x-client-secret', 'x-session-id', 'x-password')
  names.push('x-refresh-token', 'set-cookie', 'token', 'secret', 'password', 'session', 'X-Secret-Thing', 'MYTOKENS')
  const headers = Object.fromEntries(names.map((name) => [name, canary(`the header ${name}`)]))
  return { ...headers, cookie: `session=${canary('a cookie')}; herald_session=${canary('a session that is none')}` }
}

/** `Authorization` of every kind that is wrong here. */
async function wrongCredentials(): Promise<string[]> {
  const jwt = await sign(await makeKey('unknown'))
  canaries.set('a JWT', jwt.split('.')[2]!)
  return [
    `Bearer ${canary('a wrong token')}`,
    `Bearer ${jwt}`,
    `Basic ${Buffer.from(`user:${canary('a basic password')}`).toString('base64')}`,
    `Digest username="user", response="${canary('a digest')}"`,
    `Negotiate ${canary('a ticket')}`,
    `AWS4-HMAC-SHA256 Credential=a, Signature=${canary('a signature')}`,
    `ApiKey ${canary('an api key')}`,
    canary('no scheme at all'),
  ]
}

/** Sends secrets wherever they go; returns every byte that was answered. */
async function sendAll(herald: Herald): Promise<string> {
  const answers: string[] = []
  const send = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${herald.url}${path}`, { redirect: 'manual', ...init })
    answers.push(JSON.stringify([...response.headers]), await response.text())
    return response
  }
  const authorization = `Bearer ${TOKEN}`
  const mutation = JSON.stringify({ query: 'mutation { joinGuild(guildName: "a") { id headers { name value } } }' })
  const json = { 'content-type': 'application/json' }
  const post = (headers: Record<string, string>, body = mutation) => send('/graphql', { method: 'POST', headers, body })

  // What is let in, and recorded.
  expect((await post({ ...json, ...secretHeaders(), ...HARMLESS, authorization })).status).toBe(200)
  const raw = await rawRequest(`${herald.url}/join_guild/raw`, {
    headers: { ...secretHeaders(), ...HARMLESS, authorization },
  })
  expect(raw.status).toBe(200)
  answers.push(JSON.stringify(raw.headers), String(raw.body))
  const query = `access_token=${canary('a query string')}`
  expect((await send(`/join_guild/query?${query}`, { headers: { authorization } })).status).toBe(200)
  const socket = await openSocket(herald.url, { headers: { ...secretHeaders(), ...HARMLESS }, init: false })
  socket.send({ type: 'connection_init', payload: { Authorization: authorization, password: canary('a payload') } })
  answers.push(JSON.stringify(await socket.messages.next()))
  answers.push(
    JSON.stringify(
      await socket.subscribe('1', 'mutation { joinGuild(guildName: "ws") { headers { name value } } }').next(),
    ),
  )
  await socket.close()

  // What is not.
  for (const wrong of await wrongCredentials()) {
    await post({ ...json, authorization: wrong })
    await send('/buy_a_sword', { headers: { authorization: wrong } })
    await send('/metrics', { headers: { authorization: wrong } })
    await send('/session', { headers: { authorization: wrong, accept: 'text/html' } })
    await send('/session', { method: 'POST', headers: { authorization: wrong } })
    const refused = await openSocket(herald.url, { headers: { authorization: wrong }, init: false })
    answers.push(JSON.stringify(await refused.closed()))
  }
  for (const name of ['Authorization', 'authorization', 'token']) {
    const refused = await openSocket(herald.url, { init: false })
    refused.send({ type: 'connection_init', payload: { [name]: canary(`connection_init's ${name}`) } })
    answers.push(JSON.stringify(await refused.closed()))
  }
  await send(`/graphql?query={events{end}}&token=${canary('a query string that is refused')}`)

  // Signing in.
  const signIn = (body: string, type: string) =>
    send('/session', { method: 'POST', headers: { 'content-type': type }, body })
  await signIn(JSON.stringify({ token: canary("a sign-in's token") }), 'application/json')
  await signIn(`{"token": "${canary('a sign-in that is no JSON')}`, 'application/json')
  await signIn(
    `token=${canary("a form's token")}&next=/${canary("a form's next")}`,
    'application/x-www-form-urlencoded',
  )
  expect((await signIn(JSON.stringify({ token: TOKEN }), 'application/json')).status).toBe(200)
  expect((await signIn(`token=${TOKEN}`, 'application/x-www-form-urlencoded')).status).toBe(303)

  // What no parser takes, and a target with a password in it.
  const { hostname, port } = new URL(herald.url)
  for (const request of [
    `GET http://user:${canary('a password in the target')}@herald.example/buy_a_sword HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${canary('a broken request')}\r\nBad Header\r\n\r\n`,
    `NONSENSE /${canary('a broken method')} HTTP/1.1\r\nAuthorization: Bearer ${canary('the header of one')}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${canary('a header that is too long')}${'x'.repeat(20_000)}\r\n\r\n`,
  ]) {
    const connection = connect(Number(port), hostname)
    connection.on('data', (chunk) => answers.push(String(chunk)))
    connection.end(request)
    await once(connection, 'close')
  }
  const metrics = await fetch(`${herald.url}/metrics`, { headers: { authorization } })
  answers.push(await metrics.text())
  return answers.join('\n')
}

const env = () => ({
  ...{ AUTH: 'token', AUTH_TOKENS_FILE: folder.write('tokens', text), LOG_LEVEL: 'trace' },
  SESSION_SECRET: `${canary('SESSION_SECRET')} and more of it`,
})

it('shows no secret on the embedded log: not in an answer, a log line, a metric, an event, or its file', async () => {
  const dataDir = folder.folder('data')
  const herald = await startHerald({ env: env(), dataDir })
  const answers = await sendAll(herald)
  await herald.stop()
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
  const stored = files.map((name) => readStored(join(dataDir, name))).join('')
  // What is searched does hold what was recorded.
  expect(stored).toContain('harmless canary')
  expect(answers).toContain('harmless canary')
  expect(herald.stderr()).toContain('stopped')
  expect({
    answers: foundIn(answers),
    stored: foundIn(stored),
    log: foundIn(herald.stderr() + herald.stdout()),
  }).toEqual({
    ...{ answers: [], stored: [], log: [] },
  })
}, 60_000)

/** A file's bytes; nothing for a folder, or for a file that went when the gateway stopped. */
function readStored(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (['EISDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''
    throw error
  }
}

describeKafka('on Kafka', () => {
  let topic: string
  beforeAll(async () => {
    topic = await createTopic()
  })

  it('shows no secret in a record', async () => {
    const herald = await startHerald({ env: { ...env(), KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    const answers = await sendAll(herald)
    await herald.stop()
    const records = (await readAll(topic)).map((record) => JSON.stringify(record, asText)).join('\n')
    expect(records).toContain('harmless canary')
    expect({ answers: foundIn(answers), records: foundIn(records), log: foundIn(herald.stderr()) }).toEqual({
      ...{ answers: [], records: [], log: [] },
    })
  }, 60_000)
})

function asText(_name: string, value: unknown): unknown {
  const { type, data } = Object(value) as { type?: unknown; data?: unknown }
  return type === 'Buffer' ? Buffer.from(data as number[]).toString('utf8') : value
}

it('shows no password of Kafka, while it is away', async () => {
  const [dead] = await freePorts(1)
  const sasl = { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'herald', KAFKA_SASL_PASSWORD: canary('SASL') }
  const herald = await startHerald({ env: { ...env(), ...sasl, KAFKA_BROKERS: `127.0.0.1:${dead}` } })
  await until('the log line', async () => herald.stderr().includes('the log is unavailable'))
  let answers = await (await fetch(`${herald.url}/readyz`)).text()
  const response = await fetch(`${herald.url}/buy_a_sword`, { headers: { authorization: `Bearer ${TOKEN}` } })
  answers += await response.text()
  expect(response.status).toBe(503)
  await herald.stop()
  expect({ answers: foundIn(answers), log: foundIn(herald.stderr() + herald.stdout()) }).toEqual({
    answers: [],
    log: [],
  })
}, 60_000)
