/**
 * `/metrics` in the running product: each figure is raised by the thing that it counts, and by nothing else. Names by
 * Prometheus's rules (https://prometheus.io/docs/practices/naming/).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, until } from '../support/kafka.ts'
import { rawRequest } from '../support/raw-request.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'

const JOIN = graphql(`mutation MetricsJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }`)
const FOLLOW = graphql(`subscription MetricsFollow { events(from: EARLIEST) { id } }`)
const READ_ALL = graphql(`subscription MetricsReadAll { events(from: EARLIEST, until: END) { id } }`)
const PAGE = graphql(`query MetricsPage { events(first: 2) { nodes { id } } }`)

/** The samples of `/metrics` by name and labels as they stand there, `herald_subscribers{transport="ws"}`. */
async function samples({ url }: Herald): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

/** What is counted may be told a moment after it happened. */
function untilSample(herald: Herald, name: string, value: number): Promise<void> {
  return until(`${name} is ${value}`, async () => (await samples(herald)).get(name) === value)
}

describe('on the embedded log', () => {
  let herald: Herald
  beforeAll(async () => {
    herald = await startHerald()
  })
  afterAll(() => herald.stop())

  it('has a count of each event before the first of it was published, so that the first is a rise', async () => {
    const found = await samples(herald)
    for (const event of ['DefaultEvent', 'SwordPurchased', 'GuildJoined']) {
      expect(found.get(`herald_publish_total{event="${event}",outcome="acknowledged"}`)).toBe(0)
    }
  })

  it('counts publishings by event and outcome, their time and their batches', async () => {
    await Promise.all(['a', 'b', 'c'].map((guildName) => herald.query(JOIN, { guildName })))
    await herald.query(JOIN, { guildName: '\ud800' })
    const found = await samples(herald)
    expect(found.get('herald_publish_total{event="GuildJoined",outcome="acknowledged"}')).toBe(3)
    expect(found.get('herald_publish_total{event="GuildJoined",outcome="BAD_USER_INPUT"}')).toBe(1)
    expect(found.get('herald_publish_ack_seconds_count')).toBe(3)
    expect(found.get('herald_batch_events_sum')).toBe(3)
    expect(found.get('herald_queue_events')).toBe(0)
    expect(found.get('herald_log_up')).toBe(1)
    expect(found.get('process_cpu_seconds_total')).toBeGreaterThan(0)
  })

  it('is read by no page of another web origin, also of one whose name was made to resolve to this machine', async () => {
    const asks = [{ origin: 'http://evil.example' }, { host: `evil.example:${herald.port}` }]
    for (const headers of asks) {
      const { status, body } = await rawRequest(`${herald.url}/metrics`, { headers })
      expect(status).toBe(403)
      expect(String(body)).toContain('ALLOWED_ORIGINS')
    }
  })

  it('counts what was replayed', async () => {
    await herald.query(PAGE)
    expect((await samples(herald)).get('herald_replay_events_total')).toBe(2)
  })

  it('counts subscribers, what was delivered to them, and why they ended', async () => {
    const socket = await openSocket(herald.url)
    const events = socket.subscribe('1', FOLLOW)
    for (let n = 0; n < 3; n++) await events.next()
    await untilSample(herald, 'herald_subscribers{transport="ws"}', 1)
    await untilSample(herald, 'herald_delivered_total{transport="ws"}', 3)
    const stream = await openEventStream(herald.url, READ_ALL)
    await stream.ended()
    await untilSample(herald, 'herald_delivered_total{transport="sse"}', 3)
    await untilSample(herald, 'herald_subscribers_ended_total{reason="complete"}', 1)
    await socket.close()
    await untilSample(herald, 'herald_subscribers_ended_total{reason="client"}', 1)
    await untilSample(herald, 'herald_subscribers{transport="ws"}', 0)
    await untilSample(herald, 'herald_subscribers{transport="sse"}', 0)
  })

  it('tells how far subscribers are behind the end of the log', async () => {
    await untilSample(herald, 'herald_tail_lag_events{partition="0"}', 0)
    expect((await samples(herald)).get('herald_tail_lag_seconds')).toBe(0)
  })

  it('names all by the rules: a help text and a type each, seconds and totals as units', async () => {
    const text = await (await fetch(`${herald.url}/metrics`)).text()
    const own = [...text.matchAll(/^# TYPE (herald_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
    expect(own.sort()).toEqual([
      'herald_batch_events histogram',
      'herald_delivered_total counter',
      'herald_log_up gauge',
      'herald_publish_ack_seconds histogram',
      'herald_publish_total counter',
      'herald_queue_events gauge',
      'herald_replay_events_total counter',
      'herald_subscribers gauge',
      'herald_subscribers_ended_total counter',
      'herald_tail_lag_events gauge',
      'herald_tail_lag_seconds gauge',
      'herald_workers gauge',
    ])
    for (const name of own) expect(text).toMatch(new RegExp(`^# HELP ${name.split(' ')[0]} \\S`, 'm'))
  })
})

describeKafka('on Kafka', () => {
  it('tells the lag of each partition, and batches as the broker acknowledged them', async () => {
    const topic = await createTopic({ partitions: 3 })
    const herald = await startHerald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    try {
      await Promise.all(Array.from({ length: 20 }, () => herald.query(JOIN, { guildName: 'g' })))
      for (const partition of [0, 1, 2]) {
        await untilSample(herald, `herald_tail_lag_events{partition="${partition}"}`, 0)
      }
      await untilSample(herald, 'herald_batch_events_sum', 20)
    } finally {
      await herald.stop()
    }
  })
})
