/**
 * The seed's PySpark snippet, as deploy/README.md gives it, but for the broker's address and the topic, in the real
 * shell: its table holds the seed's rows.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeKafka, kafkaAddress } from '../support/kafka.ts'
import { describeSpark } from './pyspark.ts'
import { playSeed } from './seed.ts'

/** What the seed's author saw. */
const TABLE = `
+--------------------+
|          event_type|
+--------------------+
|             default|
|      purchase_sword|
|joined_guild:test...|
|             default|
|      purchase_sword|
|joined_guild:test...|
+--------------------+
`.trim()

await describeSpark("the seed's PySpark snippet", (start) => {
  describeKafka('on events that Herald published', () => {
    it("prints the seed's table", { timeout: 300_000 }, async () => {
      const topic = `seed-${randomUUID()}`
      await playSeed(topic, 'simple')
      await playSeed(topic, 'complex')
      const [, snippet = ''] = /```python\n(.*?)```/s.exec(readFileSync('deploy/README.md', 'utf8')) ?? []
      const ours = snippet
        .replace('"kafka:29092"', () => JSON.stringify(kafkaAddress()))
        .replace('"subscribe","events"', `"subscribe","${topic}"`)
      expect(ours).toContain(kafkaAddress())
      expect(ours).toContain(topic)

      const shell = await start()
      try {
        shell.type(ours)
        await shell.exit()
        expect(shell.stdout(), shell.stderr()).toContain(TABLE)
      } finally {
        await shell.close()
      }
    })
  })
})
