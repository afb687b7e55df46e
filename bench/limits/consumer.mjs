/**
 * The limit of reading: a bare kafkajs consumer, told over IPC what to do. `{ read: topic, count, parse }` reads the
 * topic from its beginning and answers `{ read: n }` when it has `count` records, parsed by JSON.parse if that is
 * asked for. `{ follow: topic }` has it follow the topic, and `{ report: true }` then asks for `{ latenciesNs }`: how
 * long ago each record's moment (the guild's name, nanoseconds of the machine's clock) was.
 */
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'

const kafka = new Kafka({ brokers: process.env.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING })
let latencies = []

async function read(topic, count, parse) {
  const consumer = kafka.consumer({ groupId: randomUUID(), maxBytesPerPartition: 1024 * 1024 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let seen = 0
  await new Promise((done) => {
    consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      async eachBatch({ batch }) {
        if (parse) for (const { value } of batch.messages) JSON.parse(value.toString())
        seen += batch.messages.length
        if (seen >= count) done()
      },
    })
  })
  process.send({ read: seen })
  await consumer.disconnect()
}

async function follow(topic) {
  const consumer = kafka.consumer({ groupId: randomUUID() })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: false })
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch }) {
      const now = process.hrtime.bigint()
      for (const { value } of batch.messages) {
        const [, sent] = JSON.parse(value.toString()).event_type.split(':')
        latencies.push(Number(now - BigInt(sent)))
      }
    },
  })
}

process.on('message', ({ read: readTopic, follow: followTopic, report, count, parse }) => {
  if (readTopic !== undefined) read(readTopic, count, parse)
  if (followTopic !== undefined) follow(followTopic)
  if (report) {
    process.send({ latenciesNs: latencies })
    latencies = []
  }
})
process.on('SIGTERM', () => process.exit(0))
// It serves nothing; whoever starts it waits for a URL.
console.log('http://127.0.0.1:0')
