/**
 * The examples in PySpark, batch and streaming, in one session of its shell, since each start takes long. The stream is
 * ended by Ctrl-C and started again: by its checkpoint it shows each event once.
 */
import { resolve } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { describeSpark } from '../readers/pyspark.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress } from '../support/kafka.ts'
import { joinAll } from '../support/publish.ts'

/** Spark takes its time. */
const PATIENCE = { timeout: 120_000, interval: 50 }

await describeSpark('the examples in PySpark', (start) => {
  describeKafka('on events that Herald published', () => {
    let herald: Herald
    afterAll(() => herald?.stop())

    it('count by type, and show each event once over an end and a new start', { timeout: 400_000 }, async () => {
      const topic = await createTopic()
      herald = await startHerald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
      await joinAll(herald, ['a', 'a'])
      await (await fetch(`${herald.url}/buy_a_sword`)).text()

      const shell = await start({ KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic, CHECKPOINT: 'checkpoint' })
      const run = (file: string) => shell.type(`exec(open(${JSON.stringify(resolve('examples', file))}).read())`)
      /** The offsets in the stream's tables, which have four columns. */
      const shown = () => [...shell.stdout().matchAll(/^\|0 *\|(\d+) *\|[^|]*\|[^|]*\|$/gm)].map(([, at]) => Number(at))
      const toPrint = (what: string, is: () => boolean) =>
        vi.waitFor(() => is() || Promise.reject(new Error(`No ${what}:\n${shell.stdout()}${shell.stderr()}`)), PATIENCE)
      const toShow = (length: number) => toPrint(`${length} events`, () => shown().length >= length)
      try {
        run('spark_batch.py')
        await toPrint('counts', () => /^\|joined_guild:a *\|2 *\|\n\|purchase_sword *\|1 *\|$/m.test(shell.stdout()))

        run('spark_streaming.py')
        await toShow(3)
        await joinAll(herald, ['live'])
        await toShow(4)
        shell.interrupt()
        shell.type('print("STOPPED")')
        await toPrint('end of the stream', () => shell.stdout().includes('STOPPED'))
        await joinAll(herald, ['while_away'])
        run('spark_streaming.py')
        await toShow(5)
        expect(shown()).toEqual([0, 1, 2, 3, 4])
      } finally {
        await shell.close()
      }
    })
  })
})
