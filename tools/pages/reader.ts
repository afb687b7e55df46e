/** Does what a block of a page says, in a terminal. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Block, holdsWritten, patched } from './blocks.ts'
import type { Terminal, TerminalOptions } from './terminal.ts'

const SERVES = /^Herald serves /m
const STREAMS = /^event: next$/m

/** What is not run, by what stands behind `sh`: its section tells the reader why. */
export const NOT_RUN: Readonly<Record<string, RegExp>> = {
  docker: /\bDocker\b/,
  minutes: /\bminutes\b/,
  test: /\btests?\b/,
}

/** Whether a block is done by `perform`. */
export function isDone({ language, detail }: Block): boolean {
  if (language === 'sh') return !(wordsOf(detail)[0]! in NOT_RUN)
  return (language === 'graphql' || language === 'diff') && detail !== ''
}

/** Whether a block needs Kafka. */
export function needsKafka({ detail }: Block): boolean {
  return wordsOf(detail).includes('kafka')
}

/** The address and topic of pages, by those of a Kafka that is there. */
export function onKafka(bootstrap: string, topic: string): NonNullable<TerminalOptions['replace']> {
  return {
    'KAFKA_BROKERS=127.0.0.1:9092': `KAFKA_TOPIC=${topic} KAFKA_BROKERS=${bootstrap}`,
    '-b 127.0.0.1:9092 -t events': `-b ${bootstrap} -t ${topic}`,
  }
}

/**
 * Writes the file, or types the commands; resolves with what they printed. Throws where they end with another exit code
 * than the block says, or never print what is expected of something that goes on.
 */
export async function perform(terminal: Terminal, block: Block, expected: string | null): Promise<string> {
  const { language, detail, text } = block
  if (language === 'graphql') return write(terminal, detail, text)
  if (language === 'diff') {
    return write(terminal, detail, patched(readFileSync(join(terminal.folder, detail), 'utf8'), text))
  }
  const [kind = ''] = wordsOf(detail)
  const until = (otherwise: RegExp) => (output: string) =>
    expected === null ? otherwise.test(output) : holdsWritten(output, expected)
  switch (kind) {
    case 'start':
      await terminal.stop()
      return terminal.start(text, until(SERVES))
    case 'stream':
      return terminal.follow(text, until(STREAMS))
  }
  const wanted = /^(?:exit=(\d+)|kafka|)$/.exec(kind)
  if (wanted === null) throw new Error(`line ${block.line}: what is done with \`sh ${detail}\`?`)
  const { output, code } = await terminal.run(text)
  if (code !== Number(wanted[1] ?? 0)) throw new Error(`line ${block.line}: exit code ${code}:\n${output}`)
  return output
}

function write({ folder }: Terminal, name: string, text: string): string {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
  return ''
}

function wordsOf(detail: string): string[] {
  return detail.split(' ')
}
