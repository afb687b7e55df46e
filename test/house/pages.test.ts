/**
 * Every page for people: whoever writes a command there has it typed by a test, or says why not. A block of shell is
 * run by `readPage` in test/docs; a command in the running text is one that stands in such a block too, needs Docker and
 * says so, or is run by a test of its own.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { blocksOf } from '../../tools/pages/blocks.ts'
import { commandsIn } from '../docs/commands.ts'

const PAGES = ['README.md', 'CONTRIBUTING.md', 'deploy/README.md', 'examples/README.md', ...pagesIn('docs')].map(
  (path) => ({
    path,
    text: readFileSync(path, 'utf8'),
  }),
)

/** Commands that a test of their own runs, or that run the tests. */
const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci': 'test/deploy/dockerfile.test.ts',
  'npm start': 'test/docs/readme.test.ts',
  'npm run kafka': 'test/tools/kafka.test.ts',
  'npm test': '.ci/run',
  'npm audit': '.ci/run',
  'npm run codegen': '.ci/run',
  'npm run check': 'test/check.test.ts',
  'npm run record': 'test/tools/pages.test.ts',
  'npm run bench': 'test/bench/run.test.ts',
  'npm run bench:scaling': 'bench/scaling.ts',
  'npm run pictures': 'test/browser/pictures.test.ts',
}

/** CONTRIBUTING.md is for whoever has a clone, and lists what CI runs. */
const READ = PAGES.filter(
  ({ path, text }) => path !== 'CONTRIBUTING.md' && blocksOf(text).some(({ language }) => language === 'sh'),
)
const TESTS = readdirSync('test/docs')
  .map((name) => readFileSync(join('test/docs', name), 'utf8'))
  .join('\n')
const TYPED = READ.flatMap(({ text }) =>
  blocksOf(text)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text),
).join('\n')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }

it.each(READ)('$path is read by a test', ({ path }) => {
  expect(TESTS.includes(`'${path}'`), 'a test in test/docs has it').toBe(true)
})

it.each(PAGES)('$path has its commands in fenced blocks, where they are typed', ({ text }) => {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  expect(prose.match(/^ {4,}(?:[A-Z_]+=\S+ )*(?:npm|npx|node|curl|kcat|docker) .*$/gm) ?? []).toEqual([])
})

it.each(PAGES)(
  '$path names no other command in its text than such as are run, or need Docker and say so',
  ({ path, text }) => {
    const left = commandsIn(text).filter((command) => {
      const [short] = command.split(' -- ')
      if (/(?:^| )docker/.test(command)) return !/\bDocker\b/.test(text)
      // Each example is run by test/examples.
      if (path === 'examples/README.md' && command.includes('examples/')) return false
      if (path === 'deploy/README.md' && /^(curl|kcat) /.test(command)) return false
      return !(short! in RUN_ELSEWHERE) && !TYPED.includes(command)
    })
    expect(left).toEqual([])
  },
)

it.each(PAGES)('$path names scripts that there are', ({ text }) => {
  const named = [...text.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

it.each(PAGES)('$path links to files that are there', ({ path, text }) => {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)|(?:src|srcset)="([^"]+)"/g)].map(
    ([, link, source]) => (link ?? source)!,
  )
  expect(links.filter((link) => !existsSync(join(dirname(path), link)))).toEqual([])
})

it('shows pictures that load quickly, and keeps none that no page shows', () => {
  const shown = PAGES.map(({ text }) => text).join('\n')
  for (const name of readdirSync('docs/pictures')) {
    expect(shown.includes(`pictures/${name}`), name).toBe(true)
    expect(statSync(join('docs/pictures', name)).size, name).toBeLessThan(200_000)
  }
})

it('knows where each command is run', () => {
  for (const path of Object.values(RUN_ELSEWHERE)) expect(existsSync(path), path).toBe(true)
})

function pagesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}
