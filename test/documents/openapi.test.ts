/**
 * /openapi.json, held against the official validator and against the product: requests are made of the document
 * alone, and what comes back is what it says.
 */
import { rmSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RESERVED_PATHS } from '../../src/catalogue/rest-route.ts'
import { ask as askRaw, rawRequest } from '../http/rest/raw-http.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { duelFolder } from './duels.ts'

interface Schema {
  readonly type: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}
type Referable<T> = T | { readonly $ref: string }
interface Answer {
  readonly content?: { readonly 'text/plain': { readonly schema: Schema } }
  readonly headers?: Readonly<Record<string, unknown>>
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Referable<Parameter>[]
  readonly responses: Readonly<Record<string, Referable<Answer>>>
}
interface PathItem {
  readonly parameters?: readonly Parameter[]
  readonly get: Operation
  readonly head: Operation
  readonly options?: Operation
}
interface OpenApi {
  readonly paths: Readonly<Record<string, PathItem>>
}

const folder = duelFolder()
let herald: Herald
let document: OpenApi
/** The REST paths, and those of Herald's own. */
let published: readonly (readonly [path: string, item: PathItem])[]
let own: readonly (readonly [path: string, item: PathItem])[]

beforeAll(async () => {
  herald = await startHerald({ env: { SCHEMA_DIR: folder } })
  document = (await (await fetch(`${herald.url}/openapi.json`)).json()) as OpenApi
  const all = Object.entries(document.paths)
  published = all.filter(([, { options }]) => options !== undefined)
  own = all.filter(([, { options }]) => options === undefined)
})
afterAll(async () => {
  await herald.stop()
  rmSync(folder, { recursive: true })
})

function resolved<T extends object>(part: Referable<T>): T {
  if (!('$ref' in part)) return part
  const steps = part.$ref.split('/').slice(1)
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], document) as T
}

function sample({ type, format, enum: values, items }: Schema): unknown {
  if (values !== undefined) return values.at(-1)
  if (format === 'date-time') return '2026-11-24T12:00:00.000Z'
  if (type === 'array') return [sample(items!), sample(items!)]
  return { integer: -7, number: 1.5, boolean: true, string: 'é & ü+%2F?=#' }[type]
}

/** A request by what the document says of its parameters; `without` leaves one out. */
function requestOf(
  path: string,
  { parameters = [], get }: PathItem,
  choose: { readonly all: boolean; readonly without?: string },
): string {
  let filled = path
  for (const { name, schema } of parameters) {
    filled = filled.replace(`{${name}}`, encodeURIComponent(String(sample(schema))))
  }
  const query = new URLSearchParams()
  for (const parameter of get.parameters ?? []) {
    const { name, in: place, required, schema } = resolved(parameter)
    if (place !== 'query' || name === choose.without || (!required && !choose.all)) continue
    for (const value of [sample(schema)].flat()) query.append(name, String(value))
  }
  const text = String(query)
  return text === '' ? filled : `${filled}?${text}`
}

async function ask(target: string, init: RequestInit = {}, at = herald.url) {
  const response = await fetch(`${at}${target}`, init)
  return { status: response.status, headers: response.headers, body: await response.text() }
}

/** Whether an answer is the one that an operation documents for its status. */
function expectDocumented({ status, headers, body }: Awaited<ReturnType<typeof ask>>, operation: Operation): void {
  expect(Object.keys(operation.responses), `${operation.operationId}: ${body}`).toContain(String(status))
  const answer = resolved(operation.responses[status]!)
  for (const name of ['Retry-After', 'Herald-Outcome', 'Allow']) {
    if (headers.has(name))
      expect(Object.keys(answer.headers ?? {}), `${operation.operationId} ${status}`).toContain(name)
  }
  const content = answer.content?.['text/plain']
  if (content === undefined) return
  expect(headers.get('content-type')).toMatch(/^text\/plain;/)
  const ajv = new Ajv2020()
  expect(ajv.validate(content.schema, body), `${body} ${ajv.errorsText()}`).toBe(true)
}

async function count(): Promise<number> {
  const query = encodeURIComponent('{ partitions { end } }')
  const { data } = JSON.parse((await ask(`/graphql?query=${query}`)).body)
  return Number(data.partitions[0].end)
}

it('is OpenAPI 3.1, as the official schema has it', async () => {
  expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./), info: { version: '0.1.0' } })
  expect(await new Validator().validate(document as never)).toMatchObject({ valid: true })
})

it('names every REST path, and every path of Herald that answers GET alone', () => {
  expect(published.map(([path, { get }]) => [path, get.operationId])).toEqual([
    ['/', 'default'],
    ['/buy_a_sword', 'buySword'],
    ['/join_guild/{guildName}', 'joinGuild'],
    ['/ar%C3%A8nas/{arena}/{outcome}/{rounds}', 'fightDuel'],
  ])
  const elsewhere = ['/graphql', '/console', '/session']
  expect(own.map(([path]) => path)).toEqual(RESERVED_PATHS.filter((path) => !elsewhere.includes(path)))
})

it('says of parameters where they stand, what they hold and which are needed', () => {
  const { parameters, get } = document.paths['/ar%C3%A8nas/{arena}/{outcome}/{rounds}']!
  expect(parameters?.map(({ name }) => name)).toEqual(['rounds', 'arena', 'outcome'])
  const named = Object.fromEntries(get.parameters!.map((each) => [resolved(each).name, resolved(each)]))
  expect(Object.values(named).filter(({ required }) => required)).toMatchObject([
    { name: 'winner' },
    { name: 'weapons' },
  ])
  expect(named).toMatchObject({
    winner: { in: 'query', description: 'Who is to win.', schema: { type: 'string' } },
    ranked: { schema: { type: 'boolean', default: false } },
    outcomes: { schema: { type: 'array', items: { title: 'Outcome', enum: ['WON', 'LOST'] } } },
    began: { schema: { format: 'date-time' } },
    old: { deprecated: true },
    'Idempotency-Key': { in: 'header' },
  })
})

describe('each REST path answers as it says', () => {
  it('with its reply, to GET and HEAD, with all arguments and with those alone that are needed', async () => {
    const before = await count()
    for (const [path, item] of published) {
      for (const all of [true, false]) {
        const target = requestOf(path, item, { all })
        const answer = await ask(target)
        expect(answer.status, `${target}: ${answer.body}`).toBe(200)
        expectDocumented(answer, item.get)
        const headed = await ask(target, { method: 'HEAD' })
        expect(headed).toMatchObject({ status: 200, body: '' })
        expectDocumented(headed, item.head)
      }
    }
    expect(await count()).toBe(before + published.length * 4)
  })

  it('once for an Idempotency-Key', async () => {
    for (const [path, item] of published) {
      const [target, before] = [requestOf(path, item, { all: true }), await count()]
      for (let n = 0; n < 3; n++) {
        expectDocumented(await ask(target, { headers: { 'Idempotency-Key': path.length.toString() } }), item.get)
      }
      expect(await count()).toBe(before + 1)
    }
  })

  it('with 400 where an argument is missing that it needs', async () => {
    for (const [path, item] of published) {
      for (const parameter of item.get.parameters!) {
        const { name, required } = resolved(parameter)
        if (!required) continue
        const answer = await ask(requestOf(path, item, { all: true, without: name }))
        expect(answer).toMatchObject({ status: 400, body: expect.stringContaining(name) })
        expect(answer.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
        expectDocumented(answer, item.get)
      }
    }
  })

  it("with 403 to another site's page, 405 to other methods, 413 to a large body, 404 to an empty argument", async () => {
    for (const [path, item] of published) {
      const target = requestOf(path, item, { all: true })
      const foreign = await ask(target, { headers: { 'Sec-Fetch-Site': 'cross-site' } })
      expect(foreign.status).toBe(403)
      expectDocumented(foreign, item.get)
      const posted = await ask(target, { method: 'POST' })
      expect(posted.status).toBe(405)
      expectDocumented(posted, item.get)
      const options = await ask(target, { method: 'OPTIONS' })
      expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expectDocumented(options, item.options!)
      if (!path.includes('{')) continue
      const empty = await ask(path.replaceAll(/\{.*?\}/g, ''))
      expect(empty.status).toBe(404)
      expectDocumented(empty, item.get)
    }
    const [path, item] = published[0]!
    const large = await askRaw(herald.port, rawRequest(`GET ${path} HTTP/1.1`, ['Content-Length: 2000000'], 'x'))
    expect(large.status).toBe(413)
    expectDocumented({ ...large, headers: new Headers(large.headers.map(([name, value]) => [name, value])) }, item.get)
  })

  it('with 503, Retry-After and Herald-Outcome while the log is away', async () => {
    const away = await startHerald({ env: { SCHEMA_DIR: folder, KAFKA_BROKERS: '127.0.0.1:1' } })
    try {
      await Promise.all(
        published.map(async ([path, item]) => {
          const answer = await ask(requestOf(path, item, { all: true }), {}, away.url)
          expect(answer.status).toBe(503)
          expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
          expect(answer.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
          expectDocumented(answer, item.get)
        }),
      )
      const ready = document.paths['/readyz']!.get
      expectDocumented(await ask('/readyz', {}, away.url), ready)
      expect((await ask('/readyz', {}, away.url)).status).toBe(503)
    } finally {
      await away.stop()
    }
  })
})

it("has Herald's own paths answer as it says", async () => {
  for (const [path, { get, head }] of own) {
    const answer = await ask(path)
    expect(answer.status, path).toBe(200)
    const [type] = Object.keys(resolved(get.responses[200]!).content!)
    expect(answer.headers.get('content-type')).toContain(type)
    expect(await ask(path, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    const posted = await ask(path, { method: 'POST' })
    expect(posted.status).toBe(405)
    expectDocumented(posted, head)
  }
})
