/** GraphiQL's first tabs run as they stand, whatever events a user declares. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getOperationAST, getVariableValues, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { readCatalogue } from '../../../src/catalogue/build.ts'
import { firstTabs } from '../../../src/http/graphql/first-tabs.ts'

const SIX = 'id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record!'
const FIELDS = 'a: Int! b: Float! c: Boolean! d: [Color!]! e: DateTime! f: String g: ID! h: String!'
const SDL = `
  enum Color { RED GREEN }
  type Painted implements Event @event(type: "painted:{h}") { ${SIX} ${FIELDS} }
  type Mutation { paint(${FIELDS}): Painted! }
`

it.each([
  ['the game', null, 3],
  ['a mutation that needs arguments', SDL, 3],
  ['no mutation', '# Nothing is declared.', 2],
])('of %s', (_name, sdl, count) => {
  const folder = sdl === null ? null : mkdtempSync(join(tmpdir(), 'herald-test-'))
  if (folder !== null) writeFileSync(join(folder, 'own.graphql'), sdl!)
  const catalogue = readCatalogue(folder ?? 'schema')
  if (folder !== null) rmSync(folder, { recursive: true })
  const tabs = firstTabs(catalogue)
  expect(tabs).toHaveLength(count)
  for (const { query, variables } of tabs) {
    const document = parse(query)
    expect(validate(catalogue.schema, document)).toEqual([])
    const given = variables === '' ? {} : JSON.parse(variables)
    const declared = getOperationAST(document)?.variableDefinitions ?? []
    expect(getVariableValues(catalogue.schema, declared, given).errors).toBeUndefined()
  }
})
