/** Server-sent events from `/graphql`, as they are on the wire of the running product. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { EventSource } from 'eventsource'
import { print } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { until } from '../../support/kafka.ts'
import { join, joinAll } from '../../support/publish.ts'
import { type Block, type EventStream, openEventStream } from '../../support/sse.ts'

const BUY = graphql(`mutation SseBuy { buySword { id } }`)
const END = graphql(`query SseEnd { events(first: 0) { end } }`)
const EVENTS = graphql(
  `subscription SseEvents($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $until: Until) {
    events(after: $after, from: $from, since: $since, filter: $filter, until: $until) { id type cursor timestamp }
  }`,
)

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

/** The blocks up to the end of the response. */
async function allOf<Result>(stream: EventStream<Result>): Promise<Block<Result>[]> {
  await stream.ended()
  return [...stream.blocks.rest]
}

describe.each([true, false])('a stream (by POST: %s)', (post) => {
  it('begins with its place in a block of its own, and every next has its own id', async () => {
    const stream = await openEventStream(herald.url, EVENTS, { post })
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
    })
    const pinned = await stream.blocks.next()
    expect(pinned).toEqual({ id: expect.stringMatching(/./) })
    const published = [await join(herald, 'a'), await join(herald, 'b')]
    for (const { id } of published) {
      const block = await stream.blocks.next()
      expect(block).toMatchObject({ event: 'next', result: { data: { events: { id } } } })
      expect(block.id).toBe(block.result?.data?.events.cursor)
    }
    stream.close()
    const again = await openEventStream(herald.url, EVENTS, { post, headers: { 'last-event-id': pinned.id! } })
    expect((await again.blocks.next()).id).toBe(pinned.id)
    for (const { id } of published) {
      expect(await again.blocks.next()).toMatchObject({ event: 'next', result: { data: { events: { id } } } })
    }
    again.close()
  })

  it('completes where it is to end, and resumed with nothing left it is 204', async () => {
    const { id } = await join(herald, 'last')
    const stream = await openEventStream(herald.url, EVENTS, { post, variables: { from: 'EARLIEST', until: 'END' } })
    const blocks = await allOf(stream)
    expect(blocks[0]).toEqual({ id: expect.any(String) })
    expect(blocks.at(-2)?.result?.data?.events.id).toBe(id)
    expect(blocks.at(-1)).toEqual({ event: 'complete', data: '' })
    const resumed = await openEventStream(herald.url, EVENTS, {
      post,
      variables: { from: 'EARLIEST', until: 'END' },
      headers: { 'last-event-id': blocks.at(-2)!.id! },
    })
    expect(resumed.status).toBe(204)
    expect(await resumed.body()).toBe('')
  })

  // What an EventSource does by itself: it knows no `complete`. It asked again and again for what did not match.
  it('is 204 too when it is resumed where what came last did not match its filter', async () => {
    const { type } = await join(herald, `match-${post}`)
    await join(herald, 'no match')
    const variables = { from: 'EARLIEST', until: 'END', filter: { type: { eq: type } } } as const
    const stream = await openEventStream(herald.url, EVENTS, { post, variables })
    const blocks = await allOf(stream)
    expect(blocks.flatMap(({ result }) => result?.data?.events.type ?? [])).toEqual([type])
    const ids = blocks.flatMap(({ id }) => id ?? [])
    const resumed = await openEventStream(herald.url, EVENTS, {
      post,
      variables,
      headers: { 'last-event-id': ids.at(-1)! },
    })
    expect(resumed.status).toBe(204)
  })

  it('is refused with 400 and JSON where Last-Event-ID is bad, or of another log', async () => {
    const other = await startHerald()
    const { cursor } = await join(other, 'elsewhere')
    await other.stop()
    const { data } = await herald.query(END)
    const end = data!.events.end
    const changed = `${end.slice(0, -1)}${end.endsWith('A') ? 'B' : 'A'}`
    for (const [id, code] of [
      ['x', 'CURSOR_INVALID'],
      [changed, 'CURSOR_INVALID'],
      [`${end}0`, 'CURSOR_INVALID'],
      [cursor, 'CURSOR_EXPIRED'],
    ] as const) {
      const stream = await openEventStream(herald.url, EVENTS, { post, headers: { 'last-event-id': id } })
      expect(stream.status).toBe(400)
      expect(stream.headers['content-type']).toBe('application/json; charset=utf-8')
      expect(JSON.parse(await stream.body()).errors).toEqual([{ message: expect.any(String), extensions: { code } }])
    }
  })

  it.each([
    ['a syntax error', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['a bad cursor', print(EVENTS), { after: 'x' }, 'CURSOR_INVALID'],
    ['a bad variable', print(EVENTS), { since: 'now' }, 'BAD_USER_INPUT'],
  ])('tells of %s by next, then complete', async (_what, query, variables, code) => {
    const blocks = await allOf(await openEventStream(herald.url, query, { post, variables }))
    expect(blocks).toMatchObject([
      { event: 'next', result: { errors: [{ extensions: { code } }] } },
      { event: 'complete', data: '' },
    ])
  })
})

describe('where a stream begins', () => {
  it('is Last-Event-ID over after over since over from', async () => {
    const before = await join(herald, 'begin-0')
    // `since` counts milliseconds: each of these must have its own.
    const later = async (name: string) => {
      const { data } = await herald.query(TIME, { after: before.cursor })
      const last = Date.parse(data?.events.nodes.at(-1)?.timestamp ?? '')
      while (Date.now() <= last + 1) await new Promise((resolve) => setImmediate(resolve))
      return await join(herald, name)
    }
    const events = [await later('begin-1'), await later('begin-2'), await later('begin-3')]
    const { data } = await herald.query(TIME, { after: before.cursor })
    const [, , third] = data!.events.nodes
    const firstOf = async (variables: object, headers = {}) => {
      const stream = await openEventStream(herald.url, EVENTS, { variables, headers })
      const block = await stream.blocks.until(({ event }) => event === 'next')
      stream.close()
      return block.result?.data?.events.id
    }
    const [one, two, three] = events
    const lastEventId = { 'last-event-id': before.cursor }
    const all = { after: one!.cursor, since: third!.timestamp, from: 'EARLIEST' }
    expect(await firstOf(all, lastEventId)).toBe(one!.id)
    expect(await firstOf(all)).toBe(two!.id)
    expect(await firstOf({ since: third!.timestamp, from: 'EARLIEST' })).toBe(three!.id)
    expect(await firstOf({ from: 'EARLIEST' })).not.toBe(three!.id)
    expect(await firstOf({ after: 'bad' }, lastEventId)).toBe(one!.id)
  })
})

const TIME = graphql(`query SseTime($after: Cursor) { events(after: $after) { nodes { timestamp } } }`)

describe('over a restart of the gateway', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s nothing is missed or doubled, and no complete is sent',
    async (signal) => {
      const first = await startHerald()
      const stream = await openEventStream(first.url, EVENTS)
      const { id: pinned } = await stream.blocks.next()
      const early = await joinAll(first, ['r-1', 'r-2', 'r-3'])
      const seen: string[] = []
      // Only some of them are seen before the end.
      const last = await stream.blocks.next()
      seen.push(last.result!.data!.events.id)
      // The folder of the log outlives the process.
      const dataDir = first.dataDir
      first.process.kill(signal)
      await once(first.process, 'exit')
      await stream.ended().catch(() => {})
      expect(stream.blocks.rest.map(({ event }) => event)).not.toContain('complete')
      const second = await startHerald({ dataDir })
      const late = await joinAll(second, ['r-4', 'r-5'])
      const resumed = await openEventStream(second.url, EVENTS, { headers: { 'last-event-id': last.id! } })
      while (seen.length < 5) {
        const { event, result } = await resumed.blocks.next()
        if (event === 'next') seen.push(result!.data!.events.id)
      }
      const live = await join(second, 'r-6')
      expect((await resumed.blocks.next()).result?.data?.events.id).toBe(live.id)
      expect(new Set(seen)).toEqual(new Set([...early, ...late].map(({ id }) => id)))
      const whole = await openEventStream(second.url, EVENTS, {
        variables: { until: 'END' },
        headers: { 'last-event-id': pinned! },
      })
      const ids = (await allOf(whole)).flatMap(({ result }) => result?.data?.events.id ?? [])
      expect(ids).toEqual([...seen, live.id])
      resumed.close()
      await second.stop()
      await first.stop()
    },
  )

  // An EventSource that came while the gateway stopped was answered with 200 and no stream, and stayed away for good.
  it('is a stream all the same where it is asked for while the gateway stops', async () => {
    const stopping = await startHerald({ env: { LOG_LEVEL: 'info' } })
    const body = JSON.stringify({ query: print(EVENTS) })
    const asked = request(`${stopping.url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    const answered = once(asked, 'response')
    asked.write(body.slice(0, 10))
    await until('the request to be under way', async () => (asked.socket?.bytesWritten ?? 0) > 0)
    stopping.process.kill('SIGTERM')
    await until('it to stop', async () => stopping.stderr().includes('"stopping"'))
    asked.end(body.slice(10))
    const [response] = (await answered) as [IncomingMessage]
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/)
    response.resume()
    await once(response, 'end')
    await stopping.stop()
  })
})

describe('what is no subscription', () => {
  it('is one next and a complete', async () => {
    for (const post of [true, false]) {
      const blocks = await allOf(await openEventStream(herald.url, END, { post }))
      expect(blocks).toMatchObject([{ event: 'next', result: { data: { events: {} } } }, { event: 'complete' }])
    }
  })

  it('publishes by POST alone', async () => {
    const [next, complete] = await allOf(await openEventStream(herald.url, BUY, { post: true }))
    expect(next).toMatchObject({ event: 'next', result: { data: { buySword: { id: expect.any(String) } } } })
    expect(complete).toEqual({ event: 'complete', data: '' })
    const { data } = await herald.query(END)
    const refused = await openEventStream(herald.url, BUY)
    expect(refused.status).toBe(405)
    await refused.body()
    expect((await herald.query(END)).data?.events.end).toBe(data?.events.end)
  })
})

describe('a stream with nothing to say', () => {
  it('sends comments, which keep the connection', async () => {
    const stream = await openEventStream(herald.url, EVENTS, {
      variables: { filter: { type: { eq: 'never' } } },
    })
    // At most every 15 s, as proxies give up after 30 or 60.
    expect(await stream.blocks.until(({ comment }) => comment !== undefined, 20_000)).toEqual({ comment: '' })
    stream.close()
  })

  it('sends bare ids where its filter matches seldom, from which it resumes', async () => {
    const stream = await openEventStream(herald.url, EVENTS, {
      variables: { filter: { type: { eq: 'joined_guild:rare' } } },
    })
    const { id: pinned } = await stream.blocks.next()
    let isOver = false
    const publishing = (async () => {
      while (!isOver) await join(herald, 'noise')
    })()
    const progress = await stream.blocks.until(({ id }) => id !== undefined)
    isOver = true
    await publishing
    expect(progress).toEqual({ id: expect.any(String) })
    expect(progress.id).not.toBe(pinned)
    const { id } = await join(herald, 'rare')
    stream.close()
    const resumed = await openEventStream(herald.url, EVENTS, {
      variables: { filter: { type: { eq: 'joined_guild:rare' } } },
      headers: { 'last-event-id': progress.id! },
    })
    const next = await resumed.blocks.until(({ event }) => event === 'next')
    expect(next.result?.data?.events.id).toBe(id)
    resumed.close()
  })

  // They came only with a later batch: a burst that was over within the first second was scanned at each resumption.
  it('sends a bare id when the log is quiet again, and behind what was scanned in vain', async () => {
    const variables = { from: 'EARLIEST', filter: { type: { eq: 'never' } } } as const
    const stream = await openEventStream(herald.url, EVENTS, { variables })
    const { id: pinned } = await stream.blocks.next()
    const { id: scanned } = await stream.blocks.until(({ id }) => id !== undefined)
    const { cursor } = await join(herald, 'only one')
    const { id: last } = await stream.blocks.until(({ id }) => id !== undefined && id !== scanned)
    expect(new Set([pinned, scanned, last]).size).toBe(3)
    stream.close()
    const none = { variables: { filter: variables.filter, until: 'END' }, headers: { 'last-event-id': last! } } as const
    expect((await openEventStream(herald.url, EVENTS, none)).status).toBe(204)
    const some = { ...none, headers: { 'last-event-id': scanned! }, variables: { until: 'END' } } as const
    const missed = await allOf(await openEventStream(herald.url, EVENTS, some))
    expect(missed.flatMap(({ result }) => result?.data?.events.cursor ?? [])).toEqual([cursor])
  })
})

describe('npm eventsource', () => {
  it.each(['all', 'never'])('is stopped by 204 behind until: END, whatever it looked for (%s)', async (wanted) => {
    const filter = wanted === 'all' ? '' : `, filter: { type: { eq: "${wanted}" } }`
    const query = `subscription { events(from: EARLIEST, until: END${filter}) { id } }`
    await join(herald, 'one')
    const source = new EventSource(`${herald.url}/graphql?${new URLSearchParams({ query })}`)
    let asked = 0
    source.addEventListener('open', () => asked++)
    await until('it is stopped', async () => source.readyState === source.CLOSED)
    expect(asked).toBe(1)
  })
})

describe('curl -N', () => {
  it('prints a stream as it comes, and a replay of the whole log', async () => {
    const query = 'subscription { events(from: EARLIEST, until: END) { type } }'
    const asked = new URLSearchParams({ query })
    const child = spawn('curl', ['-sN', '--max-time', '20', `${herald.url}/graphql?${asked}`])
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    expect(await once(child, 'close')).toEqual([0, null])
    expect(text).toMatch(/^id: \S+\n\n(event: next\nid: \S+\ndata: \{.*\}\n\n)+event: complete\ndata:\n\n$/)
  })
})
