/** The arrows between the folders of `src/`, as README.md draws them: data goes one way. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

/** What each part may import, besides itself. `main` is the files right under `src/`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: [
    'access',
    'catalogue',
    'compatibility',
    'documents',
    'event',
    'http',
    'log',
    'log/embedded',
    'log/kafka',
    'observability',
    'operations',
    'workers',
    'errors',
  ],
  workers: ['main', 'observability'],
  errors: [],
  access: ['errors'],
  generated: ['event', 'http'], // types only: codegen's mappers and context
  catalogue: ['generated'],
  compatibility: ['catalogue', 'event'],
  documents: ['catalogue', 'errors'],
  event: ['catalogue', 'errors', 'log'],
  observability: ['errors', 'log'],
  operations: ['access', 'catalogue', 'event', 'log', 'errors', 'observability', 'generated'],
  log: ['errors'],
  'log/embedded': ['log', 'errors'],
  'log/kafka': ['log', 'errors'],
  http: ['access', 'operations', 'catalogue', 'documents', 'event', 'log', 'errors', 'observability', 'generated'],
}

/** Libraries that one part alone may know. */
const ONLY_IN: Readonly<Record<string, string>> = { kafkajs: 'log/kafka', lmdb: 'log/embedded' }

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ path: join('src', name), text: readFileSync(join('src', name), 'utf8') }))

function partOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  if (first.endsWith('.ts')) return first === 'errors.ts' ? 'errors' : 'main'
  return first === 'log' && !second.endsWith('.ts') ? `log/${second}` : first
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1]!)
}

it.each(files)('$path imports only what its part may', ({ path, text }) => {
  const part = partOf(path)
  for (const name of importsOf(text)) {
    if (name.startsWith('.')) {
      const target = partOf(normalize(join(dirname(path), name)))
      if (target !== part) expect(MAY_IMPORT[part], `${path} imports ${name}`).toContain(target)
    } else {
      const library = Object.keys(ONLY_IN).find((known) => name === known || name.startsWith(`${known}/`))
      if (library !== undefined) expect(part, `${path} imports ${name}`).toBe(ONLY_IN[library])
    }
  }
})

it('knows every part', () => {
  expect([...new Set(files.map(({ path }) => partOf(path)))].sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

it.each(files)('$path leaves the environment to config.ts', ({ path, text }) => {
  expect(/process\.env\b/.test(text), path).toBe(path === 'src/config.ts')
})

it('names no event of the schema', () => {
  const names = /joinGuild|guildName|GuildJoined|buySword|SwordPurchased|purchase_sword|DefaultEvent/
  // Comments and the errors' examples may; code may not.
  const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const naming = files.filter(({ path, text }) => !path.startsWith('src/generated') && names.test(code(text)))
  expect(naming.map(({ path }) => path)).toEqual([])
})
