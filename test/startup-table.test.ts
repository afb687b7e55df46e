/** The table that a person sees at start, for shapes that the product's own schema does not have. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readCatalogue } from '../src/catalogue/build.ts'
import { readConfig } from '../src/config.ts'
import { startupTable } from '../src/startup-table.ts'

it('has one line for each mutation, and a dash where it has no REST path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const six = 'id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record!'
  writeFileSync(
    join(folder, 'own.graphql'),
    `type Moved implements Event @event(type: "moved:{place}") { ${six} place: String! }
     type Mutation { move(place: String!): Moved! }`,
  )
  const table = startupTable(readCatalogue(folder), readConfig({ KAFKA_BROKERS: 'a:1,b:2', KAFKA_TOPIC: 'moves' }), 80)
  expect(table.split('\n')).toEqual([
    'Herald serves http://127.0.0.1:80/graphql (log: Kafka at a:1, b:2)',
    '',
    'mutation  REST path  event type     topic',
    'move      -          moved:{place}  moves',
    '',
    '',
  ])
})

it('writes an IPv6 address as a URL does', () => {
  const table = startupTable(readCatalogue('schema'), readConfig({ HOST: '::1', DATA_DIR: '/log' }), 5000)
  expect(table).toContain('http://[::1]:5000/graphql (log: embedded in /log)')
})
