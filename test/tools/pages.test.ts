/** What reads pages for people: it would be no use if it found nothing wrong. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, elided, holdsWritten, isAsWritten, patched } from '../../tools/pages/blocks.ts'
import { perform } from '../../tools/pages/reader.ts'
import { Terminal } from '../../tools/pages/terminal.ts'

const FENCE = '```'
const PAGE = `# One
Needs Docker.
${FENCE}sh exit=2
# two
false
${FENCE}
## Two
${FENCE}text
…
${FENCE}
`

describe('a page', () => {
  it('is its fenced blocks, each with what is done with it and the text of its section', () => {
    expect(blocksOf(PAGE)).toEqual([
      {
        language: 'sh',
        detail: 'exit=2',
        text: '# two\nfalse\n',
        line: 3,
        section: expect.stringMatching(/^# One\nNeeds/),
      },
      { language: 'text', detail: '', text: '…\n', line: 8, section: expect.stringMatching(/^## Two\n/) },
    ])
    expect(blocksOf(PAGE)[0]!.section).not.toContain('Two')
  })

  it.each([
    ['a\nb', 'a\nb', true],
    ['\na  \nb\n\n', 'a\nb\n', true],
    ['a\nb', 'a', false],
    ['a\nbc', 'a\nb', false],
    ['a {x} c', 'a … c', true],
    ['a\nc', 'a…c', false],
    ['a\n1\n2\nc', 'a\n…\nc', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['01a213da-5340-77d7-b95c-37941e42489a', '01a213fd-de2a-72ab-bc72-465e1e09019f', false],
    ['01a213da-5340-77d7-b95c-37941e42489a', '01a213da…', true],
    ['at 2026-11-25T18:35:34.442Z', 'at 2026-11-25…', true],
  ])('is told from another by what it prints: %j, written as %j', (output, written, is) => {
    expect(isAsWritten(output, written)).toBe(is)
  })

  it('may show a part of what goes on', () => {
    expect(holdsWritten('id: 1\n\nevent: next\ndata: a\n\nevent', 'event: next\ndata: a')).toBe(true)
    expect(holdsWritten('event: next\ndata: ab', 'event: next\ndata: a')).toBe(false)
  })

  it('leaves out what the next run has otherwise', () => {
    expect(elided('curl/7.88.1 01a213da-5340-77d7-b95c-37941e42489a AQZldmVudHPqrtLTSkBLs4KJP-pcr78ZAQEEdk-ezA')).toBe(
      'curl/… 01a213da… AQZldm…',
    )
  })

  it('changes only lines that are there, once', () => {
    expect(patched('a\nb\nc\n', ' a\n-b\n+B\n+$&\n')).toBe('a\nB\n$&\nc\n')
    expect(() => patched('a\nb\n', '-x\n+y\n')).toThrow('These lines are not there')
    expect(() => patched('a\na\n', '-a\n+b\n')).toThrow('more than once')
  })
})

describe('a terminal', () => {
  let terminal: Terminal
  beforeAll(async () => {
    terminal = await Terminal.open({ replace: { 'kafka:9092': '127.0.0.1:1' } })
  })
  afterAll(() => terminal.close())

  const block = (detail: string, text: string) => ({ language: 'sh', detail, text, line: 1, section: '' })

  it('keeps variables, and begins in a clone', async () => {
    await terminal.run('GUILD=red_foxes')
    expect(await terminal.run('echo $GUILD kafka:9092; ls schema')).toEqual({
      output: 'red_foxes kafka:9092\ngame.graphql\nvocabulary.graphql\n',
      code: 0,
    })
  })

  it('sees a failure in the middle, and output on either stream', async () => {
    expect(await terminal.run('echo out\n(exit 3)\necho err >&2')).toEqual({ output: 'out\nerr\n', code: 3 })
    await expect(perform(terminal, block('', 'false'), null)).rejects.toThrow('exit code 1')
    await expect(perform(terminal, block('exit=2', 'true'), null)).rejects.toThrow('exit code 0')
    await expect(perform(terminal, block('strat', 'true'), null)).rejects.toThrow('sh strat')
  })

  it('ends what goes on, and says what it printed where that is not what was expected', async () => {
    expect(await terminal.follow('echo $GUILD; sleep 100', (output) => output.includes('red'))).toBe('red_foxes\n')
    await expect(terminal.start('echo never', (output) => output.includes('ready'))).rejects.toThrow('never\n')
  })

  it('installs nothing over the packages that it shares', async () => {
    await expect(terminal.run('npm install x')).rejects.toThrow('Nothing is installed here')
  })
})

it('writes down what commands print now, and leaves what still holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'))
  const path = join(folder, 'page.md')
  const page = (now: string) =>
    `# Page\n${FENCE}sh\necho a; echo b\n${FENCE}\n\n${FENCE}text\n${now}${FENCE}\n\n${FENCE}sh\necho c\n${FENCE}\n${FENCE}text\n…\n${FENCE}\n`
  try {
    writeFileSync(path, page('x\n'))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'tools/pages/record.ts', path])
    expect(stdout).toBe(`${path}:6 was recorded\n`)
    expect(readFileSync(path, 'utf8')).toBe(page('a\nb\n'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
