/**
 * A page for people, read as a reader would: its files are written, its commands typed, one after the other, into one
 * terminal (tools/pages), and what it says that they print is what they print. Each block is a test, so none is left out;
 * what cannot be run here says why where the reader sees it.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Block, blocksOf, elided, isAsWritten } from '../../tools/pages/blocks.ts'
import { isDone, NOT_RUN, needsKafka, onKafka, perform } from '../../tools/pages/reader.ts'
import { Terminal, type TerminalOptions } from '../../tools/pages/terminal.ts'
import { createTopic, kafkaAddress } from './kafka.ts'

/** A start of npm and of Node each, on a busy machine. */
const TIMEOUT_MS = 120_000

/** Makes a test of each block of a page. `options` is asked when they begin; more after a block is told to `after`. */
export function readPage(
  path: string,
  options: () => TerminalOptions | Promise<TerminalOptions> = () => ({}),
  after: (block: Block, terminal: Terminal, output: string) => void | Promise<void> = () => {},
): void {
  const blocks = blocksOf(readFileSync(path, 'utf8'))
  const kafka = inject('kafka')
  let terminal: Terminal
  const isTyped = blocks.some(isDone)
  beforeAll(async () => {
    if (!isTyped) return
    const { env = {}, replace = {} } = await options()
    const known = kafka.bootstrap !== null && blocks.some(needsKafka)
    const addresses = known ? onKafka(kafkaAddress(), await createTopic()) : {}
    terminal = await Terminal.open({ env, replace: { ...addresses, ...replace } })
  })
  afterAll(() => terminal?.close())

  for (const [index, block] of blocks.entries()) {
    const { language, detail, text, line, section } = block
    const name = `${path}:${line} ${text.split('\n')[0]}`
    const next = blocks[index + 1]
    const expected = next?.language === 'text' ? next.text : null
    if (language === 'sh' && !isDone(block)) {
      it(`${name} (not run)`, () => expect(section, 'why it is not run').toMatch(NOT_RUN[detail]!))
    } else if (isDone(block) && needsKafka(block) && kafka.bootstrap === null) {
      it.skip(`${name} (skipped, there is no Kafka: ${kafka.reason})`)
    } else if (isDone(block)) {
      it(
        name,
        async () => {
          const output = await perform(terminal, block, expected)
          // What goes on was waited for until it had printed that.
          const isOver = !/^(?:start|stream)\b/.test(detail)
          if (expected !== null && isOver && !isAsWritten(output, expected)) {
            expect(elided(output).trim()).toBe(expected.trim())
          }
          await after(block, terminal, output)
        },
        TIMEOUT_MS,
      )
    }
  }
}
