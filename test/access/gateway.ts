/** What the tests of access share: a gateway that asks for tokens, the tokens, and asking it with one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionResult } from 'graphql'
import { expect } from 'vitest'
import { AccessRefusal } from '../../src/access/access.ts'
import { makeToken } from '../../src/access/tokens.ts'
import type { Catalogue } from '../../src/catalogue/catalogue.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { openAccess } from '../../src/open-access.ts'
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
  /** Makes a folder in it. */
  folder(name: string): string
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
    folder(name) {
      mkdirSync(join(path, name))
      return join(path, name)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** What the start is refused with in this environment, as one line; a start that is not refused fails. */
export async function refusalOf(env: Readonly<Record<string, string>>): Promise<string> {
  try {
    await openAccess(readConfig(env).access, { events: [] } as unknown as Catalogue)
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof AccessRefusal)) throw error
    expect(error.message).toMatch(/^[A-Z_]+: [^\n]+$/)
    return error.message
  }
  throw new Error('the start was not refused')
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
