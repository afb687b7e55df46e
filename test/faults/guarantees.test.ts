/** docs/guarantees.md points at the code and the tests that stand behind each promise: they must be there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const links = [...readFileSync('docs/guarantees.md', 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path!)

it('points at something', () => expect(links.length).toBeGreaterThan(10))

it.each([...new Set(links)])('%s is there', (path) => {
  expect(existsSync(join('docs', path))).toBe(true)
})
