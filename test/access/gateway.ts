/** What the tests of access share: a gateway that asks for tokens, the tokens, and asking it with one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionResult } from 'graphql'
import { makeToken } from '../../src/access/tokens.ts'
import type { Herald } from '../support/herald.ts'

/** A folder with SDL in which who may do what differs by event. */
export const GUARDED_SDL = `
  type Treasure implements Event @event(type: "treasure:{place}") @allow(roles: ["officer", "treasurer"]) {
    id: ID!
    type: String!
    timestamp: DateTime!
    headers: [Header!]!
    cursor: Cursor!
    record: Record!
    place: String!
  }
  type Greeting implements Event @event(type: "greeting:{name}") {
    id: ID!
    type: String!
    timestamp: DateTime!
    headers: [Header!]!
    cursor: Cursor!
    record: Record!
    name: String!
  }
  type Mutation {
    hideTreasure(place: String!): Treasure! @rest(path: "/hide/{place}", reply: "hidden {place}")
    greet(name: String!): Greeting! @rest(path: "/greet/{name}", reply: "hello {name}")
  }
  extend type Subscription {
    treasure(place: String, after: Cursor, from: Position = LATEST): Treasure!
  }
`

export interface Folder {
  readonly path: string
  write(name: string, text: string): string
  remove(): void
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'herald-access-'))
  return {
    path,
    write(name, text) {
      writeFileSync(join(path, name), text)
      return join(path, name)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Tokens by their names, and the file that lets them in. */
export function makeTokens<Name extends string>(
  roles: Readonly<Record<Name, readonly string[]>>,
): { readonly tokens: Readonly<Record<Name, string>>; readonly text: string } {
  const made = Object.entries<readonly string[]>(roles).map(([name, own]) => ({ name, ...makeToken(name, own) }))
  return {
    tokens: Object.fromEntries(made.map(({ name, token }) => [name, token])) as Record<Name, string>,
    text: made.map(({ line }) => `${line}\n`).join(''),
  }
}

export type Result = ExecutionResult<Readonly<Record<string, never>>, { code?: string; outcome?: string }>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly result: Result
}

/** Runs a document by POST with these headers. */
export async function ask(
  { url }: Pick<Herald, 'url'>,
  query: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, result: JSON.parse(text) as Result }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
