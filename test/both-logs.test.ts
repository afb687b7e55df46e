/**
 * The main job as a user does it, described once and done on the embedded log and on Kafka, with one partition
 * and with several: publish by curl and by mutation, replay, page, subscribe over WebSocket and SSE, restart.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { BothEventsQuery } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { type Herald, startHerald } from './support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, until } from './support/kafka.ts'

const JOIN = graphql(`mutation BothJoin($guildName: String!) {
  joinGuild(guildName: $guildName) { id type cursor guildName headers { name value } record { topic } }
}`)
const EVENTS = graphql(`query BothEvents($first: Int, $after: Cursor, $last: Int, $before: Cursor, $type: String) {
  events(first: $first, after: $after, last: $last, before: $before, filter: { type: { startsWith: $type } }) {
    edges { cursor node { __typename id type } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    end
  }
}`)
const PARTITIONS = graphql(`query BothPartitions { partitions { number beginning end } }`)

/** How to start a gateway on one and the same log, again and again. */
interface House {
  readonly partitions: number
  start(): Promise<Herald>
}

async function gateway(env: Readonly<Record<string, string>>, dataDir?: string): Promise<Herald> {
  const herald = await startHerald({ env, ...(dataDir !== undefined && { dataDir }) })
  onTestFinished(async () => void (await herald.stop('SIGKILL')))
  await until('readiness', async () => (await fetch(`${herald.url}/readyz`)).status === 200)
  return herald
}

async function curl(...args: string[]): Promise<string> {
  return (await promisify(execFile)('curl', ['-sS', ...args])).stdout
}

type Page = BothEventsQuery['events']

async function page(
  herald: Herald,
  args: Parameters<typeof herald.query<BothEventsQuery, object>>[1] = {},
): Promise<Page> {
  const { data, errors } = await herald.query(EVENTS, args)
  expect(errors).toBeUndefined()
  return data!.events
}

const ids = ({ edges }: Page) => edges.map(({ node }) => node.id)

async function publish(herald: Herald, count: number): Promise<string[]> {
  const published = Array.from({ length: count }, async (_, i) => {
    const { data, errors } = await herald.query(JOIN, { guildName: `guild${i}` })
    expect(errors).toBeUndefined()
    return data!.joinGuild.id
  })
  return Promise.all(published)
}

/** Ids that a subscription over WebSocket brings, and what ends it. */
function overWebSocket({ url }: Herald, query: string) {
  const received: string[] = []
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  onTestFinished(async () => void (await client.dispose()))
  const over = new Promise<unknown>((resolve) => {
    client.subscribe<Record<string, { id: string }>>(
      { query },
      {
        next: ({ data }) => received.push(...Object.values(data ?? {}).map(({ id }) => id)),
        error: resolve,
        complete: () => resolve(undefined),
      },
    )
  })
  return { received, over }
}

/** What `curl -N` prints of a subscription. */
function overSse({ url }: Herald, query: string, ...args: string[]) {
  const child = spawn('curl', [
    '-sSN',
    '-H',
    'accept: text/event-stream',
    ...args,
    '-G',
    `${url}/graphql`,
    '--data-urlencode',
    `query=${query}`,
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  const stream = { text: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stream.text += text
  })
  const blocks = () => stream.text.split('\n\n').slice(0, -1)
  return {
    /** Ids of the events that came whole. */
    received: () =>
      blocks().flatMap((block) => {
        const data = /^data: (.+)$/m.exec(block)?.[1]
        if (data === undefined) return []
        const result = JSON.parse(data) as { data?: Record<string, { id: string }> }
        return Object.values(result.data ?? {}).map(({ id }) => id)
      }),
    cursors: () => blocks().flatMap((block) => /^id: (.+)$/m.exec(block)?.[1] ?? []),
    text: () => stream.text,
    stop: () => child.kill('SIGKILL'),
  }
}

function theMainJob(build: () => Promise<House>): void {
  it('publishes by curl and by mutation, replays all of it, and keeps it over a restart', async () => {
    const house = await build()
    const first = await house.start()
    expect(await curl(`${first.url}/`)).toBe('\nThis is the default response!\n')
    expect(await curl(`${first.url}/buy_a_sword`)).toBe('\nSword Purchased!\n')
    expect(await curl(`${first.url}/join_guild/night%20watch`)).toBe('\nJoined the Guild: night watch\n')
    const { data } = await first.query(JOIN, { guildName: 'day' })
    expect(data?.joinGuild).toMatchObject({ type: 'joined_guild:day', guildName: 'day' })
    expect(data?.joinGuild.headers).toContainEqual({ name: 'Content-Type', value: 'application/json' })
    const all = await page(first)
    expect(all.edges.map(({ node }) => `${node.__typename} ${node.type}`).sort()).toEqual([
      'DefaultEvent default',
      'GuildJoined joined_guild:day',
      'GuildJoined joined_guild:night watch',
      'SwordPurchased purchase_sword',
    ])
    expect(ids(all)).toContain(data?.joinGuild.id)
    const { data: extent } = await first.query(PARTITIONS, {})
    expect(extent?.partitions.map(({ number }) => number)).toEqual([...Array(house.partitions).keys()])
    expect(extent?.partitions.reduce((sum, { end }) => sum + Number(end), 0)).toBe(4)
    expect(await first.stop()).toBe(0)
    const second = await house.start()
    const again = await page(second)
    expect(again).toEqual(all)
    expect(ids(await page(second, { after: all.edges[1]!.cursor }))).toEqual(ids(all).slice(2))
  })

  it('pages through everything in both directions, and through what a filter leaves', async () => {
    const herald = await (await build()).start()
    const published = await publish(herald, 60)
    await curl(`${herald.url}/buy_a_sword`)
    const forward: string[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { pageInfo, ...rest }: Page = await page(herald, { first: 7, after, type: 'joined_guild:' })
      forward.push(...rest.edges.map(({ node }) => node.id))
      ;[after, more] = [pageInfo.endCursor, pageInfo.hasNextPage]
    }
    const backward: string[] = []
    for (let before: string | null = null, more = true; more; ) {
      const { pageInfo, ...rest }: Page = await page(herald, { last: 11, before, type: 'joined_guild:' })
      backward.unshift(...rest.edges.map(({ node }) => node.id))
      ;[before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage]
    }
    expect(forward).toEqual(backward)
    expect([...forward].sort()).toEqual([...published].sort())
  })

  it('streams over WebSocket and SSE, old events and new, without a gap', async () => {
    const herald = await (await build()).start()
    const old = await publish(herald, 20)
    const { end } = await page(herald, { first: 0 })
    const everything = overWebSocket(herald, 'subscription { events(from: EARLIEST) { id } }')
    const afterEnd = overWebSocket(herald, `subscription { events(after: "${end}") { id } }`)
    const oneGuild = overSse(herald, 'subscription { guildJoined(guildName: "guild3", from: EARLIEST) { id } }')
    const latest = overSse(herald, 'subscription { events { id } }')
    await until('the pinned place', async () => latest.cursors().length > 0)
    const fresh = await publish(herald, 40)
    await until('all events', async () => everything.received.length >= 60 && latest.received().length >= 40)
    await until('all events', async () => afterEnd.received.length >= 40 && oneGuild.received().length >= 2)
    expect([...everything.received].sort()).toEqual([...old, ...fresh].sort())
    expect([...afterEnd.received].sort()).toEqual([...fresh].sort())
    expect([...latest.received()].sort()).toEqual([...fresh].sort())
    expect(oneGuild.received()).toEqual([old[3], fresh[3]])
    latest.stop()
    // What came while nobody listened comes with the last id.
    const [missed] = await publish(herald, 1)
    const resumed = overSse(herald, 'subscription { events { id } }', '-H', `Last-Event-ID: ${latest.cursors().at(-1)}`)
    await until('the missed event', async () => resumed.received().includes(missed!))
    expect(resumed.received().filter((id) => fresh.includes(id) || old.includes(id))).toEqual([])
  })

  it('completes where the log ended with until: END', async () => {
    const herald = await (await build()).start()
    const published = await publish(herald, 30)
    const socket = overWebSocket(herald, 'subscription { events(from: EARLIEST, until: END) { id } }')
    expect(await socket.over).toBeUndefined()
    expect([...socket.received].sort()).toEqual([...published].sort())
    const sse = overSse(herald, 'subscription { events(from: EARLIEST, until: END) { id } }')
    await until('the end', async () => sse.text().includes('event: complete'))
    expect([...sse.received()].sort()).toEqual([...published].sort())
  })
}

describe('on the embedded log', () => {
  theMainJob(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'herald-test-'))
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
    return { partitions: 1, start: () => gateway({}, dataDir) }
  })
})

for (const partitions of [1, 6]) {
  describeKafka(`on Kafka with ${partitions} partition${partitions > 1 ? 's' : ''}`, () => {
    const build = async () => {
      const env = { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: await createTopic({ partitions }) }
      return { partitions, start: () => gateway(env) }
    }

    theMainJob(build)

    it('takes at one gateway the cursors of another, and brings what the other published', async () => {
      const house = await build()
      const [one, two] = [await house.start(), await house.start()]
      const old = await publish(one, 10)
      const listening = overSse(two, 'subscription { events { id } }')
      await until('the pinned place', async () => listening.cursors().length > 0)
      const fresh = await publish(one, 10)
      await until('the events of the other', async () => fresh.every((id) => listening.received().includes(id)))
      const seen = await page(one)
      expect(await page(two)).toEqual(seen)
      for (const [i, { cursor }] of seen.edges.entries()) {
        expect(ids(await page(two, { after: cursor }))).toEqual(ids(seen).slice(i + 1))
      }
      const rest = overWebSocket(two, `subscription { events(after: "${seen.edges[4]!.cursor}", until: END) { id } }`)
      expect(await rest.over).toBeUndefined()
      expect(rest.received).toEqual(ids(seen).slice(5))
      expect([...ids(seen)].sort()).toEqual([...old, ...fresh].sort())
    })
  })
}
