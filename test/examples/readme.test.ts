/** examples/README.md names every example and nothing that is not there, and each is run by a test beside this one. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const files = readdirSync('examples').filter((name) => !['README.md', 'generated', 'operations.graphql'].includes(name))

it('has one row for each file', () => {
  const rows = [...readFileSync('examples/README.md', 'utf8').matchAll(/^\| \[(.+?)\]\(\1\) \|/gm)]
  expect(rows.map(([, name]) => name).sort()).toEqual(files.sort())
})

it.each(files)('%s is run by a test', (file) => {
  const tests = readdirSync('test/examples').map((name) => readFileSync(`test/examples/${name}`, 'utf8'))
  expect(tests.some((text) => text.includes(file))).toBe(true)
})
