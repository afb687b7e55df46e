/**
 * /asyncapi.json, held against the official parser and against the topic: what kcat reads there, of every event,
 * is what its message says, headers, key and value.
 */
import { rmSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalogue } from '../../src/catalogue/build.ts'
import { asyncApi } from '../../src/documents/asyncapi.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, produceRaw, type ReadRecord, readAll } from '../support/kafka.ts'
import { duelFolder } from './duels.ts'

/** What is looked at of a message. */
interface Message {
  readonly headers: object
  readonly payload: object
  readonly bindings: { readonly kafka: { readonly key: object } }
}
interface AsyncApi {
  readonly servers: Readonly<Record<string, { readonly host: string; readonly protocol: string }>>
  readonly channels: Readonly<Record<string, { readonly address: string; readonly messages: object }>>
  readonly operations: Readonly<Record<string, { readonly action: string; readonly messages?: readonly unknown[] }>>
  readonly components: { readonly messages: Readonly<Record<string, Message>> }
}

async function complaints(document: object): Promise<unknown[]> {
  const diagnostics = await new Parser().validate(JSON.stringify(document))
  // Version 3.0 is what was promised, though there is a later one.
  return diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
}

it('is AsyncAPI 3.0 on the embedded log too, where nobody else reads', async () => {
  const settings = { version: '1', topic: 'my.events_1-2', brokers: [], source: '/herald' }
  const document = asyncApi(readCatalogue('schema'), settings)
  expect(await complaints(document)).toEqual([])
  expect(document).toMatchObject({ asyncapi: '3.0.0', servers: {}, channels: { 'my.events_1-2': {} } })
})

describeKafka('on Kafka', () => {
  const folder = duelFolder()
  let topic: string
  let herald: Herald
  let document: AsyncApi
  let records: ReadRecord[]

  beforeAll(async () => {
    topic = await createTopic()
    herald = await startHerald({
      env: { SCHEMA_DIR: folder, KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic, EVENT_SOURCE: '/duels' },
    })
    document = (await (await fetch(`${herald.url}/asyncapi.json`)).json()) as AsyncApi
    await mutate('{ default { id } buySword { id } joinGuild(guildName: "é:\\n{x}") { id } }', {
      'idempotency-key': 'k',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    await mutate(`{ fightDuel(winner: "a b é", rounds: 3, arena: "n", ratio: 0.5, ranked: true, outcome: LOST,
      outcomes: [WON, LOST], began: "2026-11-24T12:00:00Z", notes: {deep: [1, null]}, weapons: [], old: 7) { id } }`)
    await mutate('{ fightDuel(winner: "", rounds: -3, outcome: WON, weapons: ["axe"]) { id } }')
    records = await readAll(topic)
  })
  afterAll(async () => {
    await herald?.stop()
    rmSync(folder, { recursive: true })
  })

  async function mutate(selection: string, headers: Record<string, string> = {}): Promise<void> {
    const response = await fetch(`${herald.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: `mutation ${selection}` }),
    })
    expect(await response.json()).not.toHaveProperty('errors')
  }

  /** What is wrong with a record as a message; empty: nothing. */
  function wrongs({ headers, payload, bindings }: Message, record: ReadRecord): string[] {
    const ajv = new Ajv({ allowUnionTypes: true, allErrors: true })
    ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
    const parts: readonly (readonly [object, unknown])[] = [
      [headers, Object.fromEntries(record.headers)],
      [payload, JSON.parse(record.value!)],
      [bindings.kafka.key, record.key],
    ]
    return parts.flatMap(([schema, value]) => (ajv.validate(schema, value) ? [] : [ajv.errorsText()]))
  }

  it('is AsyncAPI 3.0, as the official parser has it', async () => {
    expect(await complaints(document)).toEqual([])
  })

  it('names the brokers, the topic, its messages, and what each field does with them', () => {
    expect(Object.values(document.servers)).toEqual(
      kafkaAddress()
        .split(',')
        .map((host) => ({ host, protocol: 'kafka' })),
    )
    expect(Object.keys(document.channels)).toEqual([topic])
    expect(document.channels[topic]!.address).toBe(topic)
    expect(Object.keys(document.channels[topic]!.messages)).toEqual([
      'DefaultEvent',
      'SwordPurchased',
      'GuildJoined',
      'DuelFought',
    ])
    const actions = Object.entries(document.operations).map(([name, { action }]) => `${action} ${name}`)
    expect(actions).toEqual([
      'send Mutation.default',
      'send Mutation.buySword',
      'send Mutation.joinGuild',
      'send Mutation.fightDuel',
      'receive Query.events',
      'receive Subscription.events',
      'receive Subscription.guildJoined',
      'receive Subscription.duelFought',
    ])
    expect(document.operations['Mutation.joinGuild']!.messages).toEqual([
      { $ref: `#/channels/${topic}/messages/GuildJoined` },
    ])
  })

  it('says of every record that Herald wrote what kcat reads, and of each that it is one event and no other', () => {
    const expected = ['DefaultEvent', 'SwordPurchased', 'GuildJoined', 'DuelFought', 'DuelFought']
    const found = records.map((record) =>
      Object.entries(document.components.messages)
        .filter(([, message]) => wrongs(message, record).length === 0)
        .map(([name]) => name),
    )
    expect(found, JSON.stringify(records, null, 1)).toEqual(expected.map((name) => [name]))
  })

  it('tells a record that is none: another type, a missing or wrong property, a header that is no text', async () => {
    const message = document.components.messages.DuelFought!
    const good = records[3]!
    const change = (change: object) => ({ ...good, value: JSON.stringify({ ...JSON.parse(good.value!), ...change }) })
    expect(wrongs(message, change({ old: null }))).toEqual([])
    for (const bad of [
      { event_type: 'duel:a' },
      { event_type: 'duel:a:x?' },
      { ranked: undefined },
      { ranked: 'true' },
      { outcome: 'DRAWN' },
      { outcomes: ['WON', null] },
      { weapons: 'axe' },
      { began: 'now' },
      { Host: 7 },
    ]) {
      expect(wrongs(message, change(bad)), JSON.stringify(bad)).not.toEqual([])
    }
    expect(wrongs(message, { ...good, key: null })).toEqual([])
    expect(wrongs(message, { ...good, key: 'n/x' })).not.toEqual([])
    expect(wrongs(document.components.messages.DefaultEvent!, { ...records[0]!, key: 'k' })).not.toEqual([])
    expect(wrongs(message, { ...good, headers: good.headers.filter(([name]) => name !== 'ce_id') })).not.toEqual([])
  })

  it('is what others may write by: Herald reads a value of its schema as that event', async () => {
    await produceRaw(topic, [{ value: '{"event_type":"joined_guild:elsewhere","X-By":"hand"}' }])
    const query = encodeURIComponent('{ events(last: 1) { nodes { __typename type headers { name value } } } }')
    const answer = await fetch(`${herald.url}/graphql?query=${query}`)
    expect(await answer.json()).toEqual({
      data: {
        events: {
          nodes: [
            { __typename: 'GuildJoined', type: 'joined_guild:elsewhere', headers: [{ name: 'X-By', value: 'hand' }] },
          ],
        },
      },
    })
  })
})
