/** SECURITY.md's table against the tests: what it names is there, and no test of access or of hostile input is unnamed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const page = readFileSync('SECURITY.md', 'utf8')
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| who '))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const namedIn = (text: string) => [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, path]) => path!)

it('says of each threat who, what, what stops it, and which test shows that', () => {
  expect(rows.length).toBeGreaterThan(10)
  for (const [, who, what, stop, tests = ''] of rows) {
    expect([who, what, stop]).not.toContain('')
    expect(namedIn(tests), who).not.toEqual([])
    for (const path of namedIn(tests)) expect(existsSync(path), path).toBe(true)
  }
})

it.each(['test/access', 'test/hostile'])('names every test in %s', (folder) => {
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
  for (const name of tests) expect(namedIn(page)).toContain(`${folder}/${name}`)
})

it('says how to report', () => {
  expect(page).toContain('## Reporting')
})
