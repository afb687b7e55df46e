/**
 * The running product from start to stop, as a process: what it prints, how signals end it under load, that
 * nothing acknowledged is lost by kill -9 either, and that it serves while Kafka is not there yet.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startKafka } from '../tools/kafka/broker.ts'
import { freePorts } from '../tools/kafka/ports.ts'
import { graphql } from './generated/index.ts'
import { type Herald, type HeraldOptions, startHerald } from './support/herald.ts'
import {
  createTopic,
  deleteTopic,
  describeKafka,
  describeOwnKafka,
  kafkaAddress,
  until,
  withAdmin,
} from './support/kafka.ts'
import { idsOf, publishOn64 } from './support/load.ts'

const PUBLISH = graphql(`mutation MainPublish { buySword { id } }`)

/** Contract: SIGTERM and SIGINT drain and exit 0 inside 10 s. */
const STOP_MS = 10_000

async function herald(options: HeraldOptions = {}): Promise<Herald> {
  const started = await startHerald(options)
  onTestFinished(async () => void (await started.stop('SIGKILL')))
  return started
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function reached(what: () => number, count: number): Promise<void> {
  await until(`${count} events`, async () => what() >= count)
}

async function stopInTime(gateway: Herald, signal: NodeJS.Signals): Promise<void> {
  const begun = performance.now()
  expect(await gateway.stop(signal)).toBe(0)
  expect(performance.now() - begun).toBeLessThan(STOP_MS)
}

describe('the start', () => {
  it('serves inside 3 s', async () => {
    const took: number[] = []
    // The best of some: the machine may be busy with other things.
    while (took.length < 5 && !took.some((ms) => ms < 3_000)) {
      const begun = performance.now()
      const gateway = await startHerald()
      took.push(performance.now() - begun)
      await gateway.stop('SIGKILL')
    }
    expect(Math.min(...took)).toBeLessThan(3_000)
  }, 120_000)

  it('prints one line with its URL, and one line for each mutation', async () => {
    const gateway = await herald({ env: { KAFKA_TOPIC: 'game' } })
    const lines = gateway.stdout().trim().split('\n')
    expect(lines.filter((line) => line.includes(gateway.url))).toHaveLength(1)
    const cells = lines.map((line) => line.split(/\s{2,}/))
    expect(cells).toContainEqual(['default', '/', 'default', 'game'])
    expect(cells).toContainEqual(['buySword', '/buy_a_sword', 'purchase_sword', 'game'])
    expect(cells).toContainEqual(['joinGuild', '/join_guild/{guildName}', 'joined_guild:{guildName}', 'game'])
    expect(cells.filter(({ length }) => length === 4)).toHaveLength(1 + 3)
  })

  it('writes nothing but JSON on standard error, from start to stop', async () => {
    const gateway = await herald({ env: { LOG_LEVEL: 'debug' } })
    await gateway.query(PUBLISH, {})
    await fetch(`${gateway.url}/nowhere`)
    await gateway.stop()
    const lines = gateway.stderr().trim().split('\n')
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages[0]).toBe('serving')
    expect(messages.at(-1)).toBe('stopped')
  })
})

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends it with 0 while nothing happens, from the first line that it prints on', async () => {
    for (let i = 0; i < 5; i++) await stopInTime(await herald(), signal)
  })

  it('answers what is under way on 64 connections, and every answered event is there after the restart', async () => {
    const dataDir = folder()
    const first = await herald({ dataDir })
    const load = publishOn64(first)
    await reached(() => load.answered.length, 2_000)
    await stopInTime(first, signal)
    await load.over
    expect(load.refused).toEqual([])
    expect(load.cut).toEqual([])
    // Nothing answered is lost, and whatever was taken up was answered.
    expect((await idsOf(await herald({ dataDir }))).sort()).toEqual(load.answered.sort())
  }, 60_000)

  it('ends open subscriptions so that their clients come back', async () => {
    const gateway = await herald()
    const closed = new Promise<CloseEventLike>((resolve) => {
      const client = createClient({
        url: `${gateway.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError() {},
        on: { closed: (event) => resolve(event as CloseEventLike) },
      })
      onTestFinished(async () => void (await client.dispose()))
      client.subscribe(
        { query: 'subscription { events(from: EARLIEST) { id } }' },
        { next() {}, error() {}, complete() {} },
      )
    })
    const url = `${gateway.url}/graphql?query=${encodeURIComponent('subscription { events { id } }')}`
    const stream = await fetch(url, { headers: { accept: 'text/event-stream' } })
    const text = stream.text()
    await until('both subscriptions', async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
      return (
        /herald_subscribers\{transport="ws"\} 1/.test(metrics) &&
        /herald_subscribers\{transport="sse"\} 1/.test(metrics)
      )
    })
    await stopInTime(gateway, signal)
    expect([1001, 1012]).toContain((await closed).code)
    expect(await text).not.toContain('complete')
  })

  it('reaches it through npm start', async () => {
    const child: ChildProcess = spawn('npm', ['start'], {
      env: { ...process.env, PORT: '0', DATA_DIR: folder() },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    await until('npm start to serve', async () => output.includes('Herald serves'))
    const url = /http:\/\/[^/\s]+/.exec(output)![0]
    const begun = performance.now()
    const exited = once(child, 'exit')
    child.kill(signal)
    expect(await exited).toEqual([0, null])
    expect(performance.now() - begun).toBeLessThan(STOP_MS)
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  }, 60_000)
})

interface CloseEventLike {
  readonly code: number
}

it('keeps every answered event, once, through kill -9 under load, again and again', async () => {
  const dataDir = folder()
  const answered: string[] = []
  for (let life = 0; life < 4; life++) {
    const gateway = await herald({ dataDir })
    const load = publishOn64(gateway)
    await reached(() => load.answered.length, 1_000 + 300 * life)
    await gateway.stop('SIGKILL')
    await load.over
    answered.push(...load.answered)
  }
  const ids = await idsOf(await herald({ dataDir }))
  const kept = new Set(ids)
  expect(kept.size).toBe(ids.length)
  expect(answered.filter((id) => !kept.has(id))).toEqual([])
}, 90_000)

describeKafka('on Kafka', () => {
  it('does not make a topic again that was deleted while it runs, and says that it is away', async () => {
    const topic = await createTopic()
    const gateway = await herald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    await until('an event', async () => (await gateway.query(PUBLISH, {})).errors === undefined)
    await deleteTopic(topic)
    await until('readiness to end', async () => (await fetch(`${gateway.url}/readyz`)).status === 503)
    const { errors } = await gateway.query(PUBLISH, {})
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'LOG_UNAVAILABLE' })
    const reason = await (await fetch(`${gateway.url}/readyz`)).text()
    expect(reason).toContain(topic)
    expect(await withAdmin((admin) => admin.listTopics())).not.toContain(topic)
    await stopInTime(gateway, 'SIGTERM')
  }, 60_000)

  it('answers what is under way when it is told to stop, and loses nothing', async () => {
    const topic = await createTopic({ partitions: 3 })
    const env = { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic }
    const first = await herald({ env })
    const load = publishOn64(first)
    await reached(() => load.answered.length, 2_000)
    await stopInTime(first, 'SIGTERM')
    await load.over
    expect(load.refused).toEqual([])
    expect(load.cut).toEqual([])
    expect((await idsOf(await herald({ env }))).sort()).toEqual(load.answered.sort())
  }, 60_000)
})

await describeOwnKafka('while Kafka is away', () => {
  it('serves at once, answers inside 5 s, stops, and becomes ready by itself when the broker comes', async () => {
    const [port] = await freePorts(1)
    const env = { KAFKA_BROKERS: `127.0.0.1:${port}`, KAFKA_TOPIC: 'late' }
    const gateway = await herald({ env })
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
    const readiness = await fetch(`${gateway.url}/readyz`)
    expect(readiness.status).toBe(503)
    expect((await readiness.text()).trim()).not.toBe('')
    const begun = performance.now()
    const [{ errors }, rest] = await Promise.all([gateway.query(PUBLISH, {}), fetch(`${gateway.url}/buy_a_sword`)])
    expect(performance.now() - begun).toBeLessThan(5_500)
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
    expect(rest.status).toBe(503)
    expect(rest.headers.get('retry-after')).not.toBeNull()
    expect(rest.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
    const other = await herald({ env })
    await stopInTime(other, 'SIGTERM')
    const kafka = await startKafka({ port: port!, heapMb: 256 })
    onTestFinished(() => kafka.close())
    await until('readiness', async () => (await fetch(`${gateway.url}/readyz`)).status === 200)
    const { data } = await gateway.query(PUBLISH, {})
    expect(await idsOf(gateway)).toEqual([data?.buySword.id])
  }, 120_000)
})
