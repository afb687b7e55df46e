/** An event with a field of every kind that there is, so that nothing of a document is left untried. */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SIX } from '../catalogue/sdl.ts'

const SDL = `
"How a fight ended."
enum Outcome { WON LOST }
"Whatever JSON holds."
scalar Notes

"Two fought."
type DuelFought implements Event @event(type: "duel:{winner}:{rounds}?", key: "{arena}/{rounds}") {
  ${SIX}
  "Who won."
  winner: String!
  rounds: Int!
  arena: String
  ratio: Float
  ranked: Boolean!
  outcome: Outcome!
  outcomes: [Outcome!]
  began: DateTime
  notes: Notes
  "The names of them."
  weapons: [String!]!
  old: ID @deprecated
}

extend type Mutation {
  "Fights."
  fightDuel(
    "Who is to win."
    winner: String!
    rounds: Int!
    arena: String
    ratio: Float
    ranked: Boolean! = false
    outcome: Outcome!
    outcomes: [Outcome!]
    began: DateTime
    notes: Notes
    weapons: [String!]!
    old: ID @deprecated
  ): DuelFought!
    @rest(path: "/arènas/{arena}/{outcome}/{rounds}", reply: "{winner} ({ratio}|{ranked}): {outcome} after {rounds}\\n")
}

extend type Subscription {
  duelFought(outcome: Outcome, after: Cursor): DuelFought!
}
`

/** A folder with the game's SDL and the duels; the caller removes it. */
export function duelFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-duels-'))
  cpSync('schema', folder, { recursive: true })
  writeFileSync(join(folder, 'z-duels.graphql'), SDL)
  return folder
}
