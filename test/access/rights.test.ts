/**
 * `@allow` on the running product, over both logs: who lacks the role publishes nothing of it, and reads everything
 * but it, whichever way: pages, streams, over any cursor.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildCatalogue } from '../../src/catalogue/build.ts'
import { SchemaRefusal } from '../../src/catalogue/refusal.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { VOCABULARY } from '../../src/generated/vocabulary.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, produceRaw, until } from '../support/kafka.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'
import { type Answer, ask, bearer, GUARDED_SDL, makeTokens, temporaryFolder } from './gateway.ts'

const ALL = '{ events { nodes { __typename type } pageInfo { hasNextPage hasPreviousPage } end } }'

const folder = temporaryFolder()
const { tokens, text } = makeTokens({
  officer: ['publish', 'read', 'officer'],
  treasurer: ['publish', 'read', 'treasurer'],
  member: ['publish', 'read'],
  // The role of an event is nothing without the right to publish, or to read.
  guest: ['officer'],
})
afterAll(() => folder.remove())

const env = () => {
  folder.write('events.graphql', GUARDED_SDL)
  return { AUTH: 'token', AUTH_TOKENS_FILE: folder.write('tokens', text), SCHEMA_DIR: folder.path }
}

const code = ({ result }: Answer) => result.errors?.[0]?.extensions.code

interface Page {
  readonly nodes: readonly { readonly __typename: string; readonly type: string }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  readonly end: string
}
const pageOf = ({ result }: Answer) => result.data?.events as unknown as Page
const typesOf = (answer: Answer) => pageOf(answer).nodes.map(({ type }) => type)

/** Each with a record that no event declares. */
const LOGS: readonly { readonly describe: typeof describeKafka; readonly name: string; start(): Promise<Herald> }[] = [
  {
    describe: (name, suite) => void describe(name, suite),
    name: 'on the embedded log',
    async start() {
      const dataDir = folder.folder('data')
      const before = await startHerald({ dataDir })
      expect((await fetch(`${before.url}/buy_a_sword`)).status).toBe(200)
      await before.stop()
      return startHerald({ env: env(), dataDir })
    },
  },
  {
    describe: describeKafka,
    name: 'on Kafka with three partitions',
    async start() {
      const topic = await createTopic({ partitions: 3 })
      await produceRaw(topic, [{ value: 'poison', partition: 1 }])
      return startHerald({ env: { ...env(), KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    },
  },
]

for (const log of LOGS) {
  log.describe(`@allow ${log.name}`, () => {
    let herald: Herald
    beforeAll(async () => {
      herald = await log.start()
      await until('readiness', async () => (await fetch(`${herald.url}/readyz`)).status === 200)
      // One after the other: they are in this order wherever their partitions are.
      for (const name of ['a', 'b']) {
        expect((await get(`/greet/${name}`, tokens.member)).status).toBe(200)
        expect((await get(`/hide/${name}`, tokens.officer)).status).toBe(200)
      }
    }, 60_000)
    afterAll(() => herald?.stop())

    const get = (path: string, token: string) => fetch(`${herald.url}${path}`, { headers: bearer(token) })
    const as = (token: string, query: string) => ask(herald, query, bearer(token))

    it('lets publish it who has one of its roles, and nobody else, and writes nothing of theirs', async () => {
      const before = (await as(tokens.officer, '{ partitions { end } }')).text
      for (const token of [tokens.member, tokens.guest]) {
        const { result } = await as(token, 'mutation { hideTreasure(place: "c") { id } }')
        expect(result.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', outcome: 'NOT_WRITTEN' })
        const response = await get('/hide/c', token)
        expect(response.status).toBe(403)
        expect(response.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
        const socket = await openSocket(herald.url, { headers: bearer(token) })
        expect(await socket.subscribe('1', 'mutation { hideTreasure(place: "c") { id } }').next()).toMatchObject({
          payload: { errors: [{ extensions: { code: 'FORBIDDEN', outcome: 'NOT_WRITTEN' } }] },
        })
        await socket.close()
      }
      expect((await as(tokens.guest, 'mutation { greet(name: "c") { id } }')).result.errors).toBeDefined()
      expect((await as(tokens.officer, '{ partitions { end } }')).text).toBe(before)
    })

    it('shows everything to who has its roles, and leaves it out for others, unknown records too', async () => {
      for (const token of [tokens.officer, tokens.treasurer]) {
        const types = typesOf(await as(token, ALL))
        expect(types.slice(1)).toEqual(['greeting:a', 'treasure:a', 'greeting:b', 'treasure:b'])
        expect(pageOf(await as(token, ALL)).nodes[0]?.__typename).toBe('UnknownEvent')
      }
      expect(typesOf(await as(tokens.member, ALL))).toEqual(['greeting:a', 'greeting:b'])
      expect(typesOf(await as(tokens.member, ALL.replace('events', 'events(last: 1)')))).toEqual(['greeting:b'])
      expect(code(await as(tokens.guest, ALL))).toBe('FORBIDDEN')
    })

    it('cannot be got round by a filter', async () => {
      const filtered = ALL.replace('events', 'events(filter: { type: { startsWith: "treasure" } })')
      expect(typesOf(await as(tokens.officer, filtered))).toEqual(['treasure:a', 'treasure:b'])
      expect(typesOf(await as(tokens.member, filtered))).toEqual([])
    })

    it('leads from page to page over what is left out', async () => {
      const types: string[] = []
      let after = ''
      for (let pages = 0; pages < 10; pages++) {
        const page = `{ events(first: 1${after}) { nodes { __typename type } pageInfo { hasNextPage endCursor } end } }`
        const answer = pageOf(await as(tokens.member, page))
        types.push(...answer.nodes.map(({ type }) => type))
        if (!answer.pageInfo.hasNextPage) break
        after = `, after: "${answer.pageInfo.endCursor}"`
      }
      expect(types).toEqual(['greeting:a', 'greeting:b'])
    })

    it('takes a cursor for a place and no permission', async () => {
      const treasure = await as(tokens.officer, '{ events { nodes { type cursor } } }')
      const nodes = pageOf(treasure).nodes as unknown as { type: string; cursor: string }[]
      const { cursor } = nodes.find(({ type }) => type === 'greeting:a')!
      const after = ALL.replace('events', `events(after: "${cursor}")`)
      expect(typesOf(await as(tokens.officer, after))).toEqual(
        expect.arrayContaining(['treasure:a', 'greeting:b', 'treasure:b']),
      )
      expect(typesOf(await as(tokens.member, after))).not.toContain('treasure:a')
      const headers = { ...bearer(tokens.member), 'last-event-id': cursor }
      const stream = await openEventStream(herald.url, 'subscription { events(until: END) { type } }', { headers })
      await stream.ended()
      expect(
        stream.blocks.rest.flatMap(({ result }) => result ?? []).map((result) => JSON.stringify(result)),
      ).not.toContain(expect.stringContaining('treasure'))
    })

    it('streams to each what it may read, by one document and over one tail, and moves the cursor on', async () => {
      const follow = 'subscription { events { type } }'
      const open = async (token: string) => {
        const socket = await openSocket(herald.url, { headers: bearer(token) })
        onTestFinished(() => socket.close())
        return { socket, events: socket.subscribe<{ events: { type: string } }>('1', follow) }
      }
      const officer = await open(tokens.officer)
      const member = await open(tokens.member)
      const stream = await openEventStream<{ events: { type: string } }>(herald.url, follow, {
        headers: bearer(tokens.member),
      })
      onTestFinished(() => stream.close())
      await stream.blocks.next()
      // The answer to this comes when the subscriptions before it on the same sockets are open.
      for (const { socket } of [officer, member]) await socket.subscribe('2', '{ events(first: 0) { end } }').next()
      let hidden = 0
      // The place behind what is left out is told now and then, while the log goes on.
      await until('a bare id', async () => {
        hidden++
        expect((await get('/hide/live', tokens.treasurer)).status).toBe(200)
        return stream.blocks.rest.length > 0
      })
      expect(stream.blocks.rest.filter(({ id }) => id !== undefined).map(({ event }) => event)).toEqual([undefined])
      expect((await get('/greet/live', tokens.member)).status).toBe(200)
      const next = async (events: typeof officer.events) => {
        const message = await events.next()
        return message.type === 'next' ? message.payload.data?.events.type : message
      }
      for (let i = 0; i < hidden; i++) expect(await next(officer.events)).toBe('treasure:live')
      expect(await next(officer.events)).toBe('greeting:live')
      expect(await next(member.events)).toBe('greeting:live')
      const { result } = await stream.blocks.until(({ event }) => event === 'next')
      expect(result?.data?.events.type).toBe('greeting:live')
    })

    it('leaves a stream of that event alone empty', async () => {
      const until =
        'subscription { events(until: END, filter: { type: { startsWith: "treasure" } }, from: EARLIEST) { type } }'
      const streamed = async (token: string) => {
        const stream = await openEventStream(herald.url, until, { headers: bearer(token) })
        await stream.ended()
        return stream.blocks.rest.filter(({ event }) => event === 'next').length
      }
      expect(await streamed(tokens.officer)).toBeGreaterThan(2)
      expect(await streamed(tokens.member)).toBe(0)
      const socket = await openSocket(herald.url, { headers: bearer(tokens.member) })
      const treasures = socket.subscribe('1', 'subscription { treasure(from: EARLIEST) { place } }')
      await socket.subscribe('2', '{ events(first: 0) { end } }').next()
      expect(treasures.rest).toEqual([])
      await socket.close()
    })

    it('gives nobody the answer that another one got by the same Idempotency-Key', async () => {
      const greet = 'mutation { greet(name: "once") { id } }'
      const by = async (token: string) =>
        (await ask(herald, greet, { ...bearer(token), 'idempotency-key': 'one for all' })).result.data?.greet
      const first = await by(tokens.member)
      expect(await by(tokens.member)).toEqual(first)
      expect(await by(tokens.treasurer)).not.toEqual(first)
    })
  })
}

describe('the directive', () => {
  const build = (sdl: string) => () => buildCatalogue(parseSdl(sdl, 'events.graphql'))

  it('may be missing in a vocabulary from before it was there', () => {
    const older = VOCABULARY.replace(/"[^"]*"\ndirective @allow[^)]*\) on OBJECT\n/, '')
    expect(older).not.toContain('@allow')
    expect(build(`${older}\n${GUARDED_SDL}`)().events.map(({ roles }) => roles)).toEqual([
      ['officer', 'treasurer'],
      null,
    ])
  })

  it('may stand on an extension, so that who may is a file of its own', () => {
    const plain = GUARDED_SDL.replace(/ @allow\([^)]*\)/, '')
    const { events } = build(`${plain} extend type Greeting @allow(roles: ["greeter"])`)()
    expect(events.map(({ roles }) => roles)).toEqual([null, ['greeter']])
  })

  it.each([
    ['no role', GUARDED_SDL.replace(/roles: \[[^\]]*\]/, 'roles: []'), /Treasure .*@allow: no role/],
    [
      'a role that no token can hold',
      GUARDED_SDL.replace('"officer"', '"a, b"'),
      /Treasure .*@allow: "a, b" is no role/,
    ],
    ['nothing', GUARDED_SDL.replace(/\(roles: \[[^\]]*\]\)/, ''), /Treasure/],
    [
      'what is no event',
      `${GUARDED_SDL} type Other @allow(roles: ["a"]) { a: Int }`,
      /Other .*only an event has @allow/,
    ],
  ])('is refused with %s', (_what, sdl, message) => {
    expect(build(sdl)).toThrow(SchemaRefusal)
    expect(build(sdl)).toThrow(message)
  })
})
