/**
 * `npm run kafka`: one broker for a person, on 127.0.0.1:9092 or the next free port (`-- --port N` for another).
 * Its data stays in `.cache/kafka-data` (`-- --data FOLDER`), so it can be stopped with Ctrl-C and started again.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type KafkaCluster, startKafka } from './broker.ts'
import { CACHE_DIR, NotInstalledError } from './install.ts'
import { isFree } from './ports.ts'

const DEFAULT_PORT = 9092
const DATA_DIR = join(CACHE_DIR, 'kafka-data')

/** A refusal that one line explains. */
class Refusal extends Error {}

interface Arguments {
  readonly port: number | undefined
  readonly dataDir: string
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } })
    const port = values.port === undefined ? undefined : Number(values.port)
    const sound = port === undefined || (/^\d+$/.test(values.port!) && port >= 1 && port <= 65_535)
    if (sound) return { port, dataDir: resolve(values.data ?? DATA_DIR) }
  } catch {
    // An unknown argument gets the same answer as a port that is none.
  }
  throw new Refusal('Usage: npm run kafka [-- [--port 1..65535] [--data FOLDER]]')
}

async function choosePort(asked: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (await isFree(asked)) return asked
    throw new Refusal(`Port ${asked} of 127.0.0.1 is in use: choose another one with --port`)
  }
  let port = DEFAULT_PORT
  while (!(await isFree(port))) port++
  return port
}

async function main(): Promise<number> {
  // A terminal's Ctrl-C comes more than once, from the terminal and from npm: only the first one counts.
  const stop = new Promise<'stop'>((stopped) => {
    process.on('SIGINT', () => stopped('stop'))
    process.on('SIGTERM', () => stopped('stop'))
  })
  const { port: asked, dataDir } = readArguments()
  const port = await choosePort(asked)
  console.log(`Starting Apache Kafka on 127.0.0.1:${port}`)
  const cluster = await Promise.race([stop, start(port, dataDir)])
  if (cluster === 'stop') return 0
  const broker = cluster.brokers[0]!
  console.log(`Kafka is ready. Its data stays in ${dataDir}; Ctrl-C stops it.

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

async function start(port: number, dataDir: string): Promise<KafkaCluster> {
  try {
    return await startKafka({ port, dataDir, heapMb: 512, progress: console.log })
  } catch (error) {
    if (!/Failed to acquire lock/.test(String(error))) throw error
    throw new Refusal(`Another \`npm run kafka\` runs already: it holds ${dataDir}`)
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
