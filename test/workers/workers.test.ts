/**
 * WORKERS=2 on a real Kafka, as a process tree: what a user is promised of one process holds of several, whichever of
 * them a connection came to, and whichever of them dies.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeToken } from '../../src/access/tokens.ts'
import { bearer, makeTokens, temporaryFolder } from '../access/gateway.ts'
import { graphql } from '../generated/index.ts'
import { type Herald, refusedStart, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, until } from '../support/kafka.ts'
import { idsOf, publishOn64 } from '../support/load.ts'
import { join, joinAll } from '../support/publish.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { type GraphQLSocket, openSocket } from '../support/websocket.ts'

const FOLLOW = graphql(`subscription WorkersFollow($after: Cursor) { events(after: $after) { id cursor } }`)

/** Contract: SIGTERM drains and exits 0 inside 10 s. */
const STOP_MS = 10_000
/** Connections come to the workers in turn: of so many no worker has none. */
const SOME = 8

/** What a line of the log says of its worker. */
interface LogLine {
  readonly msg: string
  readonly worker?: number
  readonly pid?: number
  readonly workerPid?: number
  readonly pauseMs?: number
}

function logOf(gateway: Herald): LogLine[] {
  const lines = gateway.stderr().split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as LogLine)
}

/** The process ids of the workers that serve. */
function workersOf(gateway: Herald): number[] {
  const lines = logOf(gateway)
  const ended = new Set(lines.map(({ workerPid }) => workerPid))
  return lines.flatMap(({ msg, pid }) => (msg === 'serving' && !ended.has(pid) ? [pid!] : []))
}

interface Gateway extends Herald {
  /** The log that it is on. */
  readonly kafka: Readonly<Record<string, string>>
}

/** Starts two workers on a topic of their own; resolves when both serve. */
async function twoWorkers(env: Readonly<Record<string, string>> = {}, partitions = 1): Promise<Gateway> {
  const kafka = { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: await createTopic({ partitions }) }
  const gateway = await startHerald({ env: { ...kafka, WORKERS: '2', LOG_LEVEL: 'info', ...env } })
  onTestFinished(async () => void (await gateway.stop('SIGKILL')))
  await untilBothServe(gateway)
  await until('the log', async () => (await get(gateway, '/readyz')).status === 200)
  return { ...gateway, kafka }
}

async function untilBothServe(gateway: Herald): Promise<void> {
  await until('both workers', async () => workersOf(gateway).length === 2)
}

async function untilReplaced(gateway: Herald, pid: number): Promise<void> {
  await until('its end to be told', async () => !workersOf(gateway).includes(pid))
  await untilBothServe(gateway)
}

/** A GET on a connection of its own: one that is kept may be that of a worker that was killed. */
function get({ url }: Herald, path: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return rawRequest(`${url}${path}`, { headers })
}

/** The samples of `/metrics` by name and labels as they stand there. */
async function samples(gateway: Herald): Promise<Map<string, number>> {
  const text = (await get(gateway, '/metrics')).body.toString()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const at = (line: string) => line.lastIndexOf(' ')
  return new Map(lines.map((line) => [line.slice(0, at(line)), Number(line.slice(at(line) + 1))]))
}

function untilSample(gateway: Herald, name: string, value: number): Promise<void> {
  return until(`${name} is ${value}`, async () => (await samples(gateway)).get(name) === value)
}

async function openSockets({ url }: Herald): Promise<GraphQLSocket[]> {
  const sockets: GraphQLSocket[] = []
  for (let n = 0; n < SOME; n++) sockets.push(await openSocket(url))
  return sockets
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describeKafka('two workers', () => {
  vi.setConfig({ testTimeout: 90_000 })

  it('print their URL and the table once, and are one gateway to who publishes, subscribes and measures', async () => {
    const gateway = await twoWorkers({}, 3)
    expect(gateway.stdout().match(/http:/g)).toHaveLength(1)
    expect(gateway.stdout().match(/^buySword /gm)).toHaveLength(1)
    const sockets = await openSockets(gateway)
    const streams = sockets.map((socket) => socket.subscribe('1', FOLLOW))
    await untilSample(gateway, 'herald_subscribers{transport="ws"}', SOME)
    const published = await joinAll(
      gateway,
      Array.from({ length: 100 }, (_, n) => `guild${n}`),
    )
    for (const stream of streams) {
      const got: string[] = []
      while (got.length < published.length) {
        const message = await stream.next()
        if (message.type === 'next') got.push(message.payload.data!.events.id)
      }
      expect(got.sort()).toEqual(published.map(({ id }) => id).sort())
      expect(stream.rest).toEqual([])
    }
    await untilSample(gateway, 'herald_delivered_total{transport="ws"}', SOME * published.length)
    const found = await samples(gateway)
    expect(found.get('herald_publish_total{event="GuildJoined",outcome="acknowledged"}')).toBe(100)
    expect(found.get('herald_publish_ack_seconds_count')).toBe(100)
    expect(found.get('herald_batch_events_sum')).toBe(100)
    expect(found.get('herald_workers')).toBe(2)
    // Of one thing that all see, not twice of it.
    expect(found.get('herald_log_up')).toBe(1)
    await untilSample(gateway, 'herald_tail_lag_events{partition="2"}', 0)
    expect(found.get('process_start_time_seconds')).toBeLessThanOrEqual(Date.now() / 1_000)
    expect(found.get('process_start_time_seconds')).toBeGreaterThan(Date.now() / 1_000 - 300)
    for (const socket of sockets) await socket.close()
    await untilSample(gateway, 'herald_subscribers{transport="ws"}', 0)
  })

  it('outlive one of them: only its subscribers are cut, and resume by their cursors without a gap', async () => {
    const gateway = await twoWorkers()
    const sockets = await openSockets(gateway)
    const closed = new Set<GraphQLSocket>()
    for (const socket of sockets) void socket.closed().then(() => closed.add(socket))
    const streams = sockets.map((socket) => socket.subscribe('1', FOLLOW))
    await untilSample(gateway, 'herald_subscribers{transport="ws"}', SOME)
    const first = await join(gateway, 'before')
    const cursors = await Promise.all(
      streams.map(async (stream) => {
        const message = await stream.next()
        if (message.type !== 'next') throw new Error(`It got ${JSON.stringify(message)}`)
        expect(message.payload.data!.events.id).toBe(first.id)
        return message.payload.data!.events.cursor
      }),
    )
    const acknowledged = 'herald_publish_total{event="GuildJoined",outcome="acknowledged"}'
    await untilSample(gateway, acknowledged, 1)
    const [victim, survivor] = workersOf(gateway)
    process.kill(victim!, 'SIGKILL')
    await until('the victim to be gone', async () => !isAlive(victim!))
    // A connection to the dead that was kept may be found cut only now: nothing came through it.
    const second = await join(gateway, 'meanwhile').catch(() => join(gateway, 'meanwhile'))
    await until('its sockets to be cut', async () => closed.size > 0)
    expect(closed.size).toBeLessThan(SOME)
    for (const [n, socket] of sockets.entries()) {
      const stream = closed.has(socket)
        ? (await openSocket(gateway.url)).subscribe('2', FOLLOW, { after: cursors[n]! })
        : streams[n]!
      expect(await stream.next()).toMatchObject({ type: 'next', payload: { data: { events: { id: second.id } } } })
    }
    await untilReplaced(gateway, victim!)
    expect(workersOf(gateway)).toContain(survivor)
    await untilSample(gateway, 'herald_workers', 2)
    // What the dead had counted is counted.
    expect((await samples(gateway)).get(acknowledged)).toBe(2)
    expect((await samples(gateway)).get('herald_worker_deaths_total')).toBe(1)
    await untilSample(gateway, 'herald_subscribers{transport="ws"}', SOME)
  })

  it('replace one that dies at once, and in the same place the next time after a pause, and say so', async () => {
    const gateway = await twoWorkers()
    const [first] = workersOf(gateway)
    process.kill(first!, 'SIGKILL')
    await untilReplaced(gateway, first!)
    const second = workersOf(gateway).at(-1)!
    // As an operator may: it ends in an orderly way, and is replaced as well.
    process.kill(second, 'SIGTERM')
    await untilReplaced(gateway, second)
    const ended = logOf(gateway).filter(({ msg }) => msg === 'a worker ended; another takes its place')
    expect(ended).toMatchObject([
      { workerPid: first, pauseMs: 0 },
      { workerPid: second, pauseMs: 1_000 },
    ])
    // All at once: the port is not another one then.
    for (const pid of workersOf(gateway)) process.kill(pid, 'SIGKILL')
    await until('an answer on the same port', async () => {
      return (await get(gateway, '/buy_a_sword').catch(() => null))?.status === 200
    })
  })

  it.each([
    ['SIGTERM', 'that are kept', true],
    ['SIGINT', 'of one request each', false],
  ] as const)(
    'at %s answer what is under way on connections %s, lose nothing and exit 0',
    async (signal, _what, keepAlive) => {
      const gateway = await twoWorkers({}, 3)
      const workers = workersOf(gateway)
      const load = publishOn64(gateway, { keepAlive })
      await until('some load', async () => load.answered.length > 1_000)
      const begun = performance.now()
      expect(await gateway.stop(signal)).toBe(0)
      expect(performance.now() - begun).toBeLessThan(STOP_MS)
      expect(workers.filter(isAlive)).toEqual([])
      await load.over
      expect(load.refused).toEqual([])
      // A connection that nobody has taken up when the port is closed is reset by the kernel, as with one process.
      if (keepAlive) expect(load.cut).toEqual([])
      const after = await startHerald({ env: gateway.kafka })
      onTestFinished(async () => void (await after.stop('SIGKILL')))
      const kept = await idsOf(after)
      expect(new Set(kept).size).toBe(kept.length)
      expect(load.answered.filter((id) => !kept.includes(id))).toEqual([])
    },
    60_000,
  )

  // It was told before it could hear, served on, and was killed at the end of the primary's patience.
  it('end in an orderly way at SIGTERM also where one is only being started', async () => {
    const kafka = { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: await createTopic({ partitions: 1 }) }
    // It resolves when the first of them serves.
    const gateway = await startHerald({ env: { ...kafka, WORKERS: '2', LOG_LEVEL: 'info' } })
    expect(await gateway.stop()).toBe(0)
    const stopped = logOf(gateway).flatMap(({ msg, worker }) =>
      msg === 'stopped' && worker !== undefined ? worker : [],
    )
    expect(stopped.sort()).toEqual([1, 2])
  })

  it('end when the primary is killed, and leave the port', async () => {
    const gateway = await twoWorkers()
    const workers = workersOf(gateway)
    const socket = await openSocket(gateway.url)
    socket.subscribe('1', FOLLOW)
    await untilSample(gateway, 'herald_subscribers{transport="ws"}', 1)
    await gateway.stop('SIGKILL')
    // In an orderly way: its clients come back.
    expect((await socket.closed()).code).toBe(1001)
    await until('the workers to end', async () => !workers.some(isAlive))
    const other = createServer().listen(gateway.port, '127.0.0.1')
    await once(other, 'listening')
    other.close()
  })

  it('know the sessions of each other, and read all again at SIGHUP whom to let in', async () => {
    const folder = temporaryFolder()
    onTestFinished(folder.remove)
    const { tokens, text } = makeTokens({ player: ['read'] })
    const file = folder.write('tokens', text)
    const gateway = await twoWorkers({ AUTH: 'token', AUTH_TOKENS_FILE: file, METRICS_ACCESS: 'open' })
    const signedIn = await fetch(`${gateway.url}/session`, { method: 'POST', headers: bearer(tokens.player) })
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!
    for (let n = 0; n < SOME; n++) expect((await get(gateway, '/openapi.json', { cookie })).status).toBe(200)
    const newcomer = makeToken('newcomer', ['read'])
    folder.write('tokens', newcomer.line)
    gateway.process.kill('SIGHUP')
    await until('both to read again', async () => {
      return logOf(gateway).filter(({ msg }) => msg === 'read again whom to let in').length === 2
    })
    for (let n = 0; n < SOME; n++) {
      expect((await get(gateway, '/openapi.json', bearer(newcomer.token))).status).toBe(200)
      expect((await get(gateway, '/openapi.json', { cookie })).status).toBe(401)
    }
  })

  it('refuse their start as one does: exit code 1, one line, nothing else', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const PORT = String((other.address() as { port: number }).port)
    const folder = temporaryFolder()
    onTestFinished(folder.remove)
    folder.write('wrong.graphql', 'type Mutation { nonsense: String! }')
    for (const [env, line] of [
      [{ PORT }, new RegExp(`^herald: PORT: .*${PORT}.*\n$`)],
      [{ SCHEMA_DIR: folder.path }, /^herald: Mutation\.nonsense.*wrong\.graphql:1.*\n$/],
      [{ AUTH: 'token', AUTH_TOKENS_FILE: folder.path }, /^herald: AUTH_TOKENS_FILE: .*\n$/],
    ] as const) {
      const refusal = await refusedStart({
        ...{ WORKERS: '2', KAFKA_BROKERS: kafkaAddress(), LOG_LEVEL: 'info' },
        ...env,
      })
      expect(refusal).toMatchObject({ code: 1, stdout: '' })
      expect(refusal.stderr).toMatch(line)
      expect(refusal.stderr.match(/\n/g)).toHaveLength(1)
    }
  })
})
