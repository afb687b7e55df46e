/**
 * README.md, done as it says. `npm ci` itself is run by the test of the Dockerfile's steps, which are the same, and by
 * CI.
 */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { blocksOf } from '../../tools/pages/blocks.ts'
import { readPage } from '../support/page.ts'

const README = readFileSync('README.md', 'utf8')

it('begins with what Herald does and the two commands', () => {
  const [start, test] = blocksOf(README)
  expect([start, test].map((block) => block?.text)).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n'])
  expect(README.indexOf('npm ci && npm test')).toBeLessThan(1_200)
})

readPage('README.md')
