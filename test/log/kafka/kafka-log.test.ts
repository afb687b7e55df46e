/**
 * The port's suite over the Kafka adapter, with one partition and with six, on a real broker. What another
 * client writes goes in through kafkajs.
 */
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { beginTransaction, createTopic, describeKafka, kafkaAddress, produceRaw } from '../../support/kafka.ts'
import { eventLogSuite, type Fixture, type ForeignRecord } from '../event-log.suite.ts'

function toRaw({ partition = 0, key, value, headers, timestamp }: ForeignRecord) {
  const byName: Record<string, Buffer | Buffer[]> = {}
  for (const [name, bytes] of headers) {
    const earlier = byName[name]
    byName[name] = earlier === undefined ? bytes : Array.isArray(earlier) ? [...earlier, bytes] : [earlier, bytes]
  }
  return { partition, key, value, headers: byName, timestamp }
}

async function openFixture(partitions: number): Promise<Fixture> {
  const topic = await createTopic({ partitions })
  const open = () => openKafkaLog({ brokers: kafkaAddress().split(','), topic, partitions, replicationFactor: 1 })
  let log = open()
  await log.ready()
  const first = log
  return {
    log: first,
    partitions,
    async reopen() {
      await log.close()
      log = open()
      await log.ready()
      return log
    },
    writeForeign: (records) => produceRaw(topic, records.map(toRaw)),
    async writeAborted(count) {
      const transaction = await beginTransaction(topic)
      await transaction.send(Array.from({ length: count }, () => ({ partition: 0, value: '{"n":-1}' })))
      await transaction.abort()
      await transaction.close()
    },
    async writeCommitted(record) {
      const transaction = await beginTransaction(topic)
      await transaction.send([toRaw({ ...record, partition: 0 })])
      await transaction.commit()
      await transaction.close()
    },
    close: () => log.close(),
  }
}

describeKafka('the log on Kafka', () => {
  for (const partitions of [1, 6]) eventLogSuite(`with ${partitions} partitions`, () => openFixture(partitions))
})
