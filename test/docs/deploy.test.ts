/**
 * deploy/README.md: what of its commands needs no Docker is typed, against the Herald that its Docker would have started.
 * The others are held against docker-compose.yml by test/deploy/compose.test.ts.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onKafka } from '../../tools/pages/reader.ts'
import { Terminal } from '../../tools/pages/terminal.ts'
import { createTopic, describeKafka, kafkaAddress } from '../support/kafka.ts'
import { readPage } from '../support/page.ts'
import { commandsIn } from './commands.ts'

const PAGE = 'deploy/README.md'

readPage(PAGE)

describeKafka('without Docker', () => {
  let terminal: Terminal
  beforeAll(async () => {
    terminal = await Terminal.open({ replace: onKafka(kafkaAddress(), await createTopic()) })
    await terminal.start('KAFKA_BROKERS=127.0.0.1:9092 npm start', (output) => output.includes('Herald serves'))
  }, 120_000)
  afterAll(() => terminal.close())

  const commands = [...new Set(commandsIn(readFileSync(PAGE, 'utf8')))].filter((command) =>
    /^(curl|kcat) /.test(command),
  )

  it('are the paths of the game, whether Kafka is reached, and its reader', () => {
    expect(commands).toHaveLength(5)
  })

  it.each(commands)('%s', async (command) => {
    const { output, code } = await terminal.run(command)
    expect({ output, code }).toEqual({
      output: expect.stringMatching(command.startsWith('kcat') ? /"event_type"/ : /\w/),
      code: 0,
    })
    expect(output).not.toContain('404')
  })
})
