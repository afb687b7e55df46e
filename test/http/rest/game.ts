/** SDL of the REST tests: every way in which an argument may reach a path, in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SIX = `
  id: ID!
  type: String!
  timestamp: DateTime!
  headers: [Header!]!
  cursor: Cursor!
  record: Record!
`

export const SDL = `
type Bid implements Event @event(type: "bid:{item}", key: "{item}") {${SIX}
  item: ID!
  amount: Int!
  comment: String
  urgent: Boolean
  weight: Float
  rarity: Rarity
  at: DateTime
  tags: [String!]
  marks: [Int!]
}
enum Rarity { COMMON RARE }
type AllBid implements Event @event(type: "all_bid") {${SIX}}
type Waved implements Event @event(type: "waved") {${SIX}
  times: Int!
  Referer: String
}
type Moved implements Event @event(type: "moved:{player}:{to}") {${SIX}
  player: String!
  to: Int!
}
type Silent implements Event @event(type: "silent") {${SIX}}

type Mutation {
  bid(
    item: ID!, amount: Int!, comment: String, urgent: Boolean, weight: Float, rarity: Rarity, at: DateTime,
    tags: [String!], marks: [Int!]
  ): Bid! @rest(path: "/bid/{item}", reply: "{amount} for {item}: {comment}\\n")
  bidAll: AllBid! @rest(path: "/bid/all", reply: "all\\n")
  wave(times: Int! = 3, Referer: String): Waved! @rest(path: "/wave", reply: "waved {times}\\n")
  move(player: String!, to: Int!): Moved! @rest(path: "/move/{player}/to/{to}", reply: "{player} to {to}\\n")
  silent: Silent!
}
`

/** Writes SDL into a new folder, for SCHEMA_DIR. */
export function writeSchema(sdl: string): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'herald-schema-'))
  writeFileSync(join(folder, 'game.graphql'), sdl)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
