/** First light: the main job, end to end, on the embedded log. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'

const BUY = graphql(`mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }`)
const REPLAY = graphql(`query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }`)

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

it('publishes by mutation and by REST path, and replays both', async () => {
  const { data } = await herald.query(BUY)
  expect(data?.buySword).toMatchObject({
    __typename: 'SwordPurchased',
    type: 'purchase_sword',
    record: { offset: '0' },
  })
  expect(await (await fetch(`${herald.url}/join_guild/g1`)).text()).toBe('\nJoined the Guild: g1\n')
  const all = await herald.query(REPLAY, {})
  expect(all.data?.events.nodes.map(({ type }) => type)).toEqual(['purchase_sword', 'joined_guild:g1'])
  const rest = await herald.query(REPLAY, { after: data?.buySword.cursor })
  expect(rest.data?.events.nodes.map(({ type }) => type)).toEqual(['joined_guild:g1'])
})
