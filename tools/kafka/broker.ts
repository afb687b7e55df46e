/**
 * A real Apache Kafka, without Docker: one broker, or three, as Java processes of this one. Made for tests and
 * for `npm run kafka`. Brokers run in KRaft mode and are their own controllers. A broker can be killed, stopped
 * in its tracks (SIGSTOP) and started again with the same id, port and data.
 *
 * Nothing outlives the process that started it, kill -9 included: see run-folder.ts.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { findJava, kafkaJars } from './install.ts'
import { freePorts } from './ports.ts'
import { type BrokerAddress, type ExtraListener, serverProperties } from './properties.ts'
import { makeRunFolder, type RunFolder } from './run-folder.ts'

const LOG4J2 = fileURLToPath(new URL('./log4j2.properties', import.meta.url))

/** How long a broker may take until it answers; a busy machine needs ten times the usual three seconds. */
const START_MS = 90_000
/** How long an orderly stop may take before the broker is killed. */
const STOP_MS = 15_000

export interface KafkaOptions {
  /** Default 1. */
  readonly brokers?: 1 | 3
  /** The first broker's port on 127.0.0.1; by default every port is a free one. */
  readonly port?: number
  /** Where the data stays after `close`; without it the data goes with the cluster. */
  readonly dataDir?: string
  /** Broker settings, over those of properties.ts. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>
  /** Listeners besides the plain one, by name; of one broker only. Their settings go into `properties`. */
  readonly listeners?: Readonly<Record<string, ExtraListener['protocol']>>
  /** Users who can sign in by SCRAM from the first moment on, as `kafka-storage format --add-scram` takes them. */
  readonly scram?: readonly string[]
  /** The largest heap of each broker in MiB. Default 384. */
  readonly heapMb?: number
  /** Gets a line for a person at what takes time, such as the download. */
  readonly progress?: (line: string) => void
}

export interface KafkaBroker {
  readonly id: number
  /** On 127.0.0.1; stays the same at `restart`. */
  readonly port: number
  /** Process id, undefined while the broker is down. */
  readonly pid: number | undefined
  /** What the broker wrote to its output, over all its lives. */
  log(): Promise<string>
  /** Sends a signal that ends the broker, and resolves when it is gone. Default SIGKILL; SIGTERM is the orderly way. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Freezes the broker (SIGSTOP): its connections stay open, and nothing is answered. */
  stop(): void
  /** Lets a frozen broker go on (SIGCONT). */
  cont(): void
  /** Starts the broker again with its id, port and data, in an orderly way if it still runs; resolves when it answers. */
  restart(): Promise<void>
  /** Resolves when the process has ended, whoever ended it; at once if it does not run. */
  ended(): Promise<void>
}

export interface KafkaCluster {
  /** For KAFKA_BROKERS: `host:port`, separated by commas. */
  readonly bootstrap: string
  readonly brokers: readonly KafkaBroker[]
  /** Where each of the `listeners` is, as host:port. */
  readonly listeners: Readonly<Record<string, string>>
  /** Runs one of Kafka's own tools by its class, such as `kafka.admin.ConfigCommand`; rejects with its output. */
  tool(name: string, ...args: string[]): Promise<void>
  /** Ends every broker and removes what was made; data in `dataDir` is left in good order. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a cluster and resolves when topics can be created in it. Throws NotInstalledError where Java or the
 * jars cannot be had, and an Error with the end of the broker's log where a broker does not start.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const java = await findJava()
  const jars = await kafkaJars(options.progress)
  const count = options.brokers ?? 1
  const wanted = Object.entries(options.listeners ?? {})
  if (wanted.length > 0 && count > 1) throw new Error('more listeners are for one broker only')
  const ports = await freePorts(2 * count + wanted.length)
  if (options.port !== undefined) ports[0] = options.port
  const addresses = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[index]!,
    controllerPort: ports[count + index]!,
  }))
  const listeners = wanted.map(([name, protocol], index) => ({ name, protocol, port: ports[2 * count + index]! }))
  const folder = await makeRunFolder()
  const dataDir = options.dataDir ?? join(folder.path, 'data')
  const command = [
    ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', `-Xmx${options.heapMb ?? 384}m`],
    ...[`-Dlog4j2.configurationFile=${LOG4J2}`, '-Dlog4j2.disableJmx=true', '-cp', jars.join(':')],
  ]
  const clusterId = `${randomBytes(16).toString('hex').slice(0, 21)}A`
  const brokers = addresses.map((address) => makeBroker(address, addresses.length))
  let closing: Promise<void> | undefined
  const cluster: KafkaCluster = {
    bootstrap: addresses.map(({ port }) => `127.0.0.1:${port}`).join(','),
    brokers,
    listeners: Object.fromEntries(listeners.map(({ name, port }) => [name, `127.0.0.1:${port}`])),
    async tool(name, ...args) {
      await promisify(execFile)(java, [...command, name, ...args]).catch(
        (error: { stdout: string; stderr: string }) => {
          throw new Error(`${name} failed: ${error.stdout}${error.stderr}`, { cause: error })
        },
      )
    },
    close() {
      closing ??= (async () => {
        if (options.dataDir !== undefined) await Promise.all(brokers.map((broker) => broker.kill('SIGTERM')))
        await Promise.all(brokers.map((broker) => broker.kill('SIGKILL')))
        await folder.close()
      })()
      return closing
    },
  }
  try {
    await Promise.all(brokers.map((broker) => broker.restart()))
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }

  function makeBroker(address: BrokerAddress, clusterSize: number): KafkaBroker {
    const logDir = join(dataDir, String(address.id))
    const config = join(folder.path, `${address.id}.properties`)
    const output = join(folder.path, `${address.id}.log`)
    let child: ChildProcess | undefined
    let gone: Promise<unknown> = Promise.resolve()

    /** Runs a class of Kafka's as this broker's process. */
    function launch(...args: string[]): ChildProcess {
      const file = openSync(output, 'a')
      try {
        // In a session of its own: a Ctrl-C at the terminal is ours to handle, in order.
        const launched = spawn(java, [...command, ...args], { stdio: ['ignore', file, file], detached: true })
        const { pid } = launched
        if (pid !== undefined) guardWhileAlive(folder, pid, launched)
        return launched
      } finally {
        closeSync(file)
      }
    }

    const broker: KafkaBroker = {
      id: address.id,
      port: address.port,
      get pid() {
        return child?.pid
      },
      log: () => readFile(output, 'utf8'),
      async kill(signal = 'SIGKILL') {
        const killed = child
        if (!killed) return
        killed.kill(signal)
        if (signal === 'SIGTERM') {
          const impatience = setTimeout(() => killed.kill('SIGKILL'), STOP_MS)
          await gone
          clearTimeout(impatience)
        }
        await gone
      },
      stop: () => void child?.kill('SIGSTOP'),
      cont: () => void child?.kill('SIGCONT'),
      async restart() {
        await broker.kill('SIGTERM')
        if (!existsSync(config)) {
          await mkdir(logDir, { recursive: true })
          const { properties = {} } = options
          await writeFile(config, serverProperties(address, addresses, logDir, properties, listeners))
        }
        if (!existsSync(join(logDir, 'meta.properties'))) {
          const scram = (options.scram ?? []).flatMap((user) => ['--add-scram', user])
          const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config, ...scram]
          const [code] = await once(launch(...format), 'exit')
          if (code !== 0) throw new Error(`Kafka's data folder cannot be formatted:\n${await endOf(broker)}`)
        }
        const started = launch('kafka.Kafka', config)
        child = started
        gone = once(started, 'exit').then(() => {
          if (child === started) child = undefined
        })
        const deadline = Date.now() + START_MS
        while (!(await answers(address.port, clusterSize))) {
          if (child !== started)
            throw new Error(`Kafka broker ${address.id} ended at its start:\n${await endOf(broker)}`)
          if (Date.now() > deadline) {
            throw new Error(
              `Kafka broker ${address.id} does not answer on port ${address.port}:\n${await endOf(broker)}`,
            )
          }
          await delay(50)
        }
      },
      ended: async () => void (await gone),
    }
    return broker
  }
}

function guardWhileAlive(folder: RunFolder, pid: number, child: ChildProcess): void {
  folder.guard(pid)
  child.once('exit', () => folder.forget(pid))
}

async function endOf(broker: KafkaBroker): Promise<string> {
  return (await broker.log()).split('\n').slice(-30).join('\n')
}

/**
 * Whether this broker knows as many live brokers as it should, and its controller would create a topic: a broker
 * listens, and answers Metadata, well before that.
 */
async function answers(port: number, clusterSize: number): Promise<boolean> {
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    if (brokers.length < clusterSize) return false
    return await admin.createTopics({
      validateOnly: true,
      waitForLeaders: false,
      topics: [{ topic: 'ready', numPartitions: 1, replicationFactor: clusterSize }],
    })
  } catch {
    return false
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
