/**
 * `npm run kafka`: one broker for a person, on 127.0.0.1:9092 or the next free port (`-- --port N` for another).
 * Its data stays in `.cache/kafka-data`, so it can be stopped with Ctrl-C and started again.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type KafkaCluster, startKafka } from './broker.ts'
import { CACHE_DIR, NotInstalledError } from './install.ts'
import { isFree } from './ports.ts'

const DEFAULT_PORT = 9092
const DATA_DIR = join(CACHE_DIR, 'kafka-data')

/** A refusal that one line explains. */
class Refusal extends Error {}

async function choosePort(): Promise<number> {
  const asked = portArgument()
  if (asked !== undefined) {
    if (await isFree(asked)) return asked
    throw new Refusal(`Port ${asked} of 127.0.0.1 is in use: choose another one with --port`)
  }
  let port = DEFAULT_PORT
  while (!(await isFree(port))) port++
  return port
}

function portArgument(): number | undefined {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string' } } })
    if (values.port === undefined) return undefined
    const port = Number(values.port)
    if (/^\d+$/.test(values.port) && port >= 1 && port <= 65_535) return port
  } catch {
    // An unknown argument gets the same answer as a port that is none.
  }
  throw new Refusal('Usage: npm run kafka [-- --port 1..65535]')
}

async function main(): Promise<number> {
  // A terminal's Ctrl-C comes more than once, from the terminal and from npm: only the first one counts.
  const stop = new Promise<'stop'>((resolve) => {
    process.on('SIGINT', () => resolve('stop'))
    process.on('SIGTERM', () => resolve('stop'))
  })
  const port = await choosePort()
  console.log(`Starting Apache Kafka on 127.0.0.1:${port}`)
  const cluster = await Promise.race([stop, start(port)])
  if (cluster === 'stop') return 0
  const broker = cluster.brokers[0]!
  console.log(`Kafka is ready. Its data stays in ${DATA_DIR}; Ctrl-C stops it.

In another terminal:
  KAFKA_BROKERS=${cluster.bootstrap} npm start
  kcat -C -b ${cluster.bootstrap} -t events -o beginning -e
`)
  const first = await Promise.race([stop, broker.ended()])
  if (first === 'stop') console.log('Stopping Kafka')
  else console.error(`Kafka has ended by itself:\n${await broker.log()}`)
  await cluster.close()
  return first === 'stop' ? 0 : 1
}

async function start(port: number): Promise<KafkaCluster> {
  try {
    return await startKafka({ port, dataDir: DATA_DIR, heapMb: 512, progress: console.log })
  } catch (error) {
    if (!/Failed to acquire lock/.test(String(error))) throw error
    throw new Refusal(`Another \`npm run kafka\` of this checkout runs already: its data is in ${DATA_DIR}`)
  }
}

main().then(
  // The explicit exit also ends a start that Ctrl-C has cut short.
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof Refusal || error instanceof NotInstalledError
    console.error(expected ? error.message : error)
    process.exit(1)
  },
)
