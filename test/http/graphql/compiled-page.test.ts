/**
 * A page that is written straight from the records is, to the byte, what graphql-js makes of the same document: on
 * random documents over records of every kind, declared events with every type of field and poison among them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { execute, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ANYONE, type Caller } from '../../../src/access/caller.ts'
import { Enricher } from '../../../src/event/enrich.ts'
import type { RequestContext } from '../../../src/http/context.ts'
import { pagePlanOf } from '../../../src/http/graphql/compiled-page.ts'
import { createEngine, type Prepared } from '../../../src/http/graphql/engine.ts'
import { publicResult } from '../../../src/http/graphql/errors.ts'
import { executableSchema } from '../../../src/http/graphql/schema.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { EventLog } from '../../../src/log/event-log.ts'
import { createOperations, type Operations } from '../../../src/operations/operations.ts'
import { catalogue } from '../../event/events.ts'
import { block, eventField, everyKindOfRecord, fragments, fragmentsFor, leaf, some } from './documents.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'herald-test-'))
let log: EventLog
let operations: Operations
let engine: ReturnType<typeof createEngine>
const cursors: string[] = []

beforeAll(async () => {
  log = await openEmbeddedLog({ dataDir, topic: 'events' })
  const enricher = new Enricher({ enabled: true, denied: [], only: [] })
  operations = createOperations({
    catalogue,
    log,
    enricher,
    source: '/test',
    idempotencyWindowSeconds: 1,
    maxSubscriptions: 1,
    tracing: null,
  })
  engine = createEngine(executableSchema(catalogue, operations))
  for (let i = 0; i < 3; i++) for (const one of everyKindOfRecord()) await log.append(one)
  const all = await operations.replay({}, ANYONE)
  cursors.push(...all.events.map(({ cursor }) => cursor))
})

afterAll(async () => {
  await operations.close()
  await log.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const context = (caller: Caller = ANYONE): RequestContext => ({
  caller,
  head: {} as RequestContext['head'],
  signal: new AbortController().signal,
  lastEventId: null,
})

function prepare(query: string, variables: { readonly [name: string]: unknown }, caller?: Caller): Prepared {
  const prepared = engine.prepare({ query, variables, operationName: null }, context(caller))
  if ('errors' in prepared) throw new Error(`${prepared.errors[0]?.message}: ${query}`)
  return prepared
}

async function compiled(prepared: Prepared, caller?: Caller): Promise<string | null> {
  const page = pagePlanOf(prepared.args)?.(operations, context(caller))
  if (page === undefined) return null
  let text = ''
  for (;;) {
    const { done, value } = await page.next()
    text += value
    if (done) return text
  }
}

const byGraphQL = async (prepared: Prepared): Promise<string> =>
  JSON.stringify(publicResult(await execute(prepared.args)))

const connectionField = fc.oneof(
  leaf(['__typename', 'end']),
  block('pageInfo', leaf(['__typename', 'hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'])),
  { weight: 3, arbitrary: block('nodes', eventField) },
  { weight: 2, arbitrary: block('edges', fc.oneof(leaf(['__typename', 'cursor']), block('node', eventField))) },
)
const page = fc.record(
  {
    first: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(-1, 10_001)),
    last: fc.nat({ max: 12 }),
    after: fc.nat(),
    before: fc.nat(),
    filter: fc.constantFrom({ type: { startsWith: 'joined' } }, { type: { in: ['default', ''] } }),
    since: fc.constantFrom('2026-11-24T12:00:00Z', '2099-01-01T00:00:00Z'),
  },
  { requiredKeys: [] },
)

describe('a page that is written straight from the records', () => {
  test('is what graphql-js makes of the same document, to the byte', async () => {
    const document = fc.record({
      key: fc.constantFrom('events', 'log: events'),
      selection: some(connectionField, 4),
      parts: fragments,
      args: page,
      yes: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(document, async ({ key, selection, parts, args, yes }) => {
        const query = `query($yes: Boolean! $no: Boolean = false $first: Int $last: Int $after: Cursor $before: Cursor
          $filter: EventFilter $since: DateTime) {
          ${key}(first: $first, last: $last, after: $after, before: $before, filter: $filter, since: $since)
            @skip(if: $no) {__typename @include(if: $yes) ${selection}}
        } ${fragmentsFor(selection, parts)}`
        const { after, before, ...rest } = args
        const variables = {
          ...{ ...rest, yes, no: false },
          ...(after !== undefined && { after: cursors[after % cursors.length] }),
          ...(before !== undefined && { before: cursors[before % cursors.length] }),
        }
        const asked = prepare(query, variables)
        const straight = await compiled(asked)
        expect(straight).not.toBeNull()
        expect(straight).toBe(await byGraphQL(asked))
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  test('leaves to graphql-js what is more than a page, and what is wrong with it', () => {
    const plan = (query: string, variables = {}) => pagePlanOf(prepare(query, variables).args)
    expect(plan('{events {nodes {id}}}')).not.toBeNull()
    expect(plan('{events {nodes {id}} ...F} fragment F on Query {events {end}}')).not.toBeNull()
    expect(plan('{events {nodes {id}} partitions {number}}')).toBeNull()
    expect(plan('{a: events {nodes {id}} b: events {nodes {id}}}')).toBeNull()
    expect(plan('{__typename}')).toBeNull()
    expect(plan('{__schema {queryType {name}}}')).toBeNull()
    expect(plan('query($n: Int) {events(first: $n) {end}}', { n: 'x' })).toBeNull()
    expect(plan('query($n: Int!) {events(first: $n) {end}}')).toBeNull()
  })

  test('holds back what its caller may not read, and refuses who may read nothing', async () => {
    const only = { ...ANYONE, rights: { ...ANYONE.rights, key: 'g', readable: new Set(['GuildJoined']) } }
    const text = await compiled(prepare('{events {nodes {__typename}}}', {}), only)
    expect(JSON.parse(text!).data.events.nodes).toEqual(Array(6).fill({ __typename: 'GuildJoined' }))
    const none = { ...ANYONE, rights: { ...ANYONE.rights, key: 'n', mayRead: false } }
    const asked = prepare('{events {nodes {id}}}', {}, none)
    expect(await compiled(asked, none)).toBe(await byGraphQL(asked))
    expect(await compiled(asked, none)).toContain('"code":"FORBIDDEN"')
  })

  test('knows every field of the vocabulary and of the events', async () => {
    const fields = (name: string) =>
      Object.keys((catalogue.schema.getType(name) as never as { getFields(): object }).getFields())
    const record = `headers {${fields('Header').join(' ')}} record {${fields('Record').join(' ')}}`
    const event = `${['id', 'type', 'timestamp', 'cursor'].join(' ')} ${record} ... on UnknownEvent {${'value'}}`
    const query = `{events {edges {cursor node {${event}}} nodes {${event}} end pageInfo {${fields('PageInfo').join(' ')}}}}`
    expect(fields('EventConnection').sort()).toEqual(['edges', 'end', 'nodes', 'pageInfo'])
    expect(fields('EventEdge').sort()).toEqual(['cursor', 'node'])
    expect(fields('Event').sort()).toEqual(['cursor', 'headers', 'id', 'record', 'timestamp', 'type'])
    const asked = prepare(query, {})
    expect(validate(catalogue.schema, asked.args.document)).toEqual([])
    expect(await compiled(asked)).toBe(await byGraphQL(asked))
  })
})
