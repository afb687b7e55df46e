/** Run by kafka.test.ts to be killed: starts a broker and prints what outlives it if anything does, as JSON. */
import { startKafka } from '../../tools/kafka/broker.ts'

const cluster = await startKafka()
console.log(JSON.stringify({ pid: cluster.brokers[0]!.pid }))
