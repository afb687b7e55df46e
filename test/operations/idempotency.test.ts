/**
 * `Idempotency-Key` on the running product: a retry with the same key, operation and arguments gives the
 * original answer and no second event, also while the first is still under way.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Idempotency } from '../../src/operations/idempotency.ts'
import { replay } from '../../src/operations/replay.ts'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { embeddedParts, failureOf, publishNumbers, record } from './parts.ts'

const ALL = graphql(`query IdempotencyAll { events { nodes { id type } } }`)

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

interface Answer {
  readonly data: Readonly<Record<string, { readonly id: string }>> | null
  readonly errors?: readonly { readonly extensions: { readonly code: string; readonly outcome?: string } }[]
}

async function mutate(key: string, query: string, gateway = herald): Promise<Answer> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ query: `mutation { ${query} }` }),
  })
  return (await response.json()) as Answer
}

async function idsOf(type: string, gateway = herald): Promise<string[]> {
  const { data } = await gateway.query(ALL)
  return (data?.events.nodes ?? []).filter((event) => event.type === type).map(({ id }) => id)
}

it('gives a retry the original answer and no second event', async () => {
  const first = await mutate('retry', 'joinGuild(guildName: "retry") { id }')
  const second = await mutate('retry', 'joinGuild(guildName: "retry") { id }')
  expect(second).toEqual(first)
  expect(await idsOf('joined_guild:retry')).toEqual([first.data?.joinGuild?.id])
})

it('does so while the first is still under way', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => mutate('at once', 'joinGuild(guildName: "at once") { id }')),
  )
  expect(new Set(answers.map(({ data }) => data?.joinGuild?.id)).size).toBe(1)
  expect(await idsOf('joined_guild:at once')).toHaveLength(1)
})

it('refuses other arguments with the same key', async () => {
  await mutate('other', 'joinGuild(guildName: "one") { id }')
  const { errors } = await mutate('other', 'joinGuild(guildName: "two") { id }')
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', outcome: 'NOT_WRITTEN' })
  expect(await idsOf('joined_guild:two')).toEqual([])
})

it('refuses another operation with the same key', async () => {
  await mutate('operation', 'it: buySword { id }')
  const { errors } = await mutate('operation', 'it: default { id }')
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

it('serves each root field apart', async () => {
  const query = 'a: joinGuild(guildName: "apart") { id } b: joinGuild(guildName: "apart") { id }'
  const first = await mutate('apart', query)
  expect(first.data?.a?.id).not.toBe(first.data?.b?.id)
  expect(await mutate('apart', query)).toEqual(first)
  expect(await idsOf('joined_guild:apart')).toHaveLength(2)
})

it('serves the REST paths too', async () => {
  const headers = { 'idempotency-key': 'rest' }
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`${herald.url}/join_guild/rest`, { headers })
    expect([response.status, await response.text()]).toEqual([200, '\nJoined the Guild: rest\n'])
  }
  expect(await idsOf('joined_guild:rest')).toHaveLength(1)
  const other = await fetch(`${herald.url}/join_guild/other`, { headers: { 'idempotency-key': 'rest' } })
  expect([other.status, other.headers.get('herald-outcome')]).toEqual([400, 'NOT_WRITTEN'])
})

it('refuses a key that is too long', async () => {
  const { errors } = await mutate('x'.repeat(256), 'buySword { id }')
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', outcome: 'NOT_WRITTEN' })
})

it('remembers nothing where the window is 0', async () => {
  const forgetful = await startHerald({ env: { IDEMPOTENCY_WINDOW_S: '0' } })
  try {
    await mutate('again', 'joinGuild(guildName: "again") { id }', forgetful)
    await mutate('again', 'joinGuild(guildName: "again") { id }', forgetful)
    expect(await idsOf('joined_guild:again', forgetful)).toHaveLength(2)
  } finally {
    await forgetful.stop()
  }
})

it('forgets an answer when its window has passed', async () => {
  const brief = await startHerald({ env: { IDEMPOTENCY_WINDOW_S: '1' } })
  try {
    const ask = async () => (await mutate('brief', 'joinGuild(guildName: "brief") { id }', brief)).data?.joinGuild?.id
    const first = await ask()
    await until('another answer', async () => (await ask()) !== first)
  } finally {
    await brief.stop()
  }
})

it('remembers the last 100,000 answers, and no more', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 1)
  const [event] = (await replay(parts, {})).events
  const idempotency = new Idempotency(600)
  let published = 0
  const once = (n: number) => {
    const call = { key: `key ${n}`, caller: null, field: 'f', operation: 'f', properties: {} }
    return idempotency.once(call, async () => {
      published++
      return event!
    })
  }
  for (let n = 0; n <= 100_000; n++) await once(n)
  expect(published).toBe(100_001)
  for (const n of [1, 50_000, 100_000]) await once(n)
  expect(published).toBe(100_001)
  await once(0)
  expect(published).toBe(100_002)
})

it('forgets a publishing that failed, so that it can be tried again', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 1)
  const [event] = (await replay(parts, {})).events
  const idempotency = new Idempotency(600)
  const call = { key: 'key', caller: null, field: 'f', operation: 'f', properties: {} }
  const tooLarge = () => parts.log.append(record('large', { value: Buffer.alloc(2_000_000) })).then(() => event!)
  const both = [idempotency.once(call, tooLarge), idempotency.once(call, tooLarge)]
  for (const one of both) expect(await failureOf(one)).toMatchObject({ code: 'RECORD_TOO_LARGE' })
  expect(await idempotency.once(call, async () => event!)).toBe(event)
})
