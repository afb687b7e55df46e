/**
 * `npm run record [-- page…]`: types the commands of the pages for people, and writes under each what it prints now, where
 * that is not what stands there. What differs from run to run is left out (`…`). Tests hold the pages to it; pages whose
 * addresses only a test can stand in for are not recorded.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { startKafka } from '../kafka/broker.ts'
import { blocksOf, elided, holdsWritten } from './blocks.ts'
import { isDone, needsKafka, onKafka, perform } from './reader.ts'
import { Terminal } from './terminal.ts'

const PAGES = ['README.md', 'docs/guide.md']

const given = process.argv.slice(2)
for (const page of given.length > 0 ? given : PAGES) await record(page)

async function record(page: string): Promise<void> {
  const text = readFileSync(page, 'utf8')
  const blocks = blocksOf(text)
  const kafka = blocks.some(needsKafka) ? await startKafka() : null
  const terminal = await Terminal.open({ replace: kafka === null ? {} : onKafka(kafka.bootstrap, 'events') })
  const lines = text.split('\n')
  let shift = 0
  try {
    for (const [index, block] of blocks.entries()) {
      if (!isDone(block)) continue
      const next = blocks[index + 1]
      const written = next?.language === 'text' ? next : null
      // What goes on is waited for by what stands there; where nothing does yet, by its first sign.
      const output = await perform(terminal, block, written?.text || null)
      if (written === null || (written.text !== '' && holdsWritten(output, written.text))) continue
      const now = elided(output).trim().split('\n')
      const before = written.text.split('\n').length - 1
      lines.splice(written.line + shift, before, ...now)
      shift += now.length - before
      console.log(`${page}:${written.line} was recorded`)
    }
  } finally {
    await terminal.close()
    await kafka?.close()
  }
  writeFileSync(page, lines.join('\n'))
}
