/** docs/configuration.md against what the product reads. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { VARIABLES } from '../../src/config.ts'

const PAGE = readFileSync('docs/configuration.md', 'utf8')

it('lists every variable with its default and what it is for', () => {
  const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` \|\s*(.*?)\s*\| (.*) \|$/gm)].map(([, name, value, text]) => ({
    name,
    value: (value ?? '').replaceAll('`', ''),
    text,
  }))
  const expected = Object.entries(VARIABLES).map(([name, { default: value, desc }]) => ({
    name,
    value: Array.isArray(value) ? value.join(', ') : String(value),
    text: desc,
  }))
  expect(rows).toEqual(expected)
})
