/**
 * The log on a Kafka topic: puts the parts together and closes them again. Four kinds of connections, so that
 * none waits for another's parked request: short questions (metadata, offsets, producer ids), publishing,
 * reading (several a broker, one for each read that is under way), and each tail's own.
 */
import { HeraldError } from '../../errors.ts'
import type { Appended, Batch, EventLog, Health, NewRecord, ReadOptions, Take, Vector } from '../event-log.ts'
import { Connector } from './connector.ts'
import type { Address } from './link.ts'
import { Links } from './links.ts'
import type { KafkaLogNotice } from './notice.ts'
import { Offsets } from './offsets.ts'
import { Producer } from './producer.ts'
import { LogReader } from './reader.ts'
import { type KafkaSecurity, PLAINTEXT } from './security.ts'
import { tail } from './tail.ts'
import { anySignal } from './time.ts'
import { Topic } from './topic.ts'

export type { KafkaLogNotice } from './notice.ts'

const CLIENT_ID = 'herald'
const READS_PER_BROKER = 8
const FLUSH_MS = 5_000

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** For a topic that is missing when the cluster is first reached. */
  readonly partitions: number
  readonly replicationFactor: number
  /** Default PLAINTEXT. */
  readonly security?: KafkaSecurity
  /** Told what an operator may want to read. Must not throw. */
  readonly onEvent?: (notice: KafkaLogNotice) => void
  /** Told how many records a broker acknowledged together. Must not throw. */
  readonly onBatch?: (records: number) => void
}

/**
 * Opens the log and returns at once; it connects in the background and never gives up. `ready()` resolves once
 * the topic can be used. Throws Error for a broker that is not `host:port`.
 */
export function openKafkaLog(options: KafkaLogOptions): EventLog {
  return new KafkaLog(options)
}

class KafkaLog implements EventLog {
  readonly topic: string
  readonly #notify: (notice: KafkaLogNotice) => void
  readonly #connector: Connector
  readonly #control: Links
  readonly #publishing: Links
  readonly #reading: Links
  readonly #topic: Topic
  readonly #producer: Producer
  readonly #offsets: Offsets
  readonly #reader: LogReader
  #closing: Promise<void> | null = null

  constructor(options: KafkaLogOptions) {
    const { brokers, topic, partitions, replicationFactor, security = PLAINTEXT, onEvent, onBatch } = options
    this.topic = topic
    this.#notify = onEvent ?? (() => {})
    const bootstrap = brokers.map(parseAddress)
    const notify = this.#notify
    this.#connector = new Connector({ clientId: CLIENT_ID, security, notify })
    this.#control = new Links(this.#connector, 2)
    this.#publishing = new Links(this.#connector, 1)
    this.#reading = new Links(this.#connector, READS_PER_BROKER)
    if (security.sasl?.mechanism === 'PLAIN' && security.tls === null) {
      notify({ level: 'warn', message: 'the password goes to Kafka in the clear: SASL PLAIN without TLS (KAFKA_TLS)' })
    }
    this.#topic = new Topic({ bootstrap, topic, partitions, replicationFactor, links: this.#control, notify })
    this.#offsets = new Offsets(this.#topic, this.#control)
    this.#reader = new LogReader(this.#topic, this.#reading, this.#offsets)
    this.#producer = new Producer({
      topic: this.#topic,
      links: this.#publishing,
      controlLinks: this.#control,
      notify,
      onBatch: onBatch ?? (() => {}),
    })
  }

  incarnation(): Buffer {
    const { view } = this.#topic
    if (view === null) throw this.#topic.unavailable()
    return view.topicId
  }

  ready(): Promise<void> {
    return this.#topic.ready()
  }

  append(record: NewRecord): Promise<Appended> {
    return this.#producer.append(record)
  }

  async ends(): Promise<Vector> {
    this.#failIfClosed()
    return this.#offsets.ends()
  }

  async beginnings(): Promise<Vector> {
    this.#failIfClosed()
    return this.#offsets.beginnings()
  }

  async offsetsAt(timestamp: number): Promise<Vector> {
    this.#failIfClosed()
    return this.#offsets.at(timestamp)
  }

  read(partition: number, from: number, to: number, options: ReadOptions = {}): AsyncGenerator<Batch, void> {
    this.#failIfClosed()
    return this.#reader.read(partition, from, to, options)
  }

  async tail(from: Vector, take: Take, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#failIfClosed()
    const stop = anySignal([signal, this.#topic.closed])
    try {
      await tail({
        topic: this.#topic,
        offsets: this.#offsets,
        connector: this.#connector,
        producer: this.#producer,
        from,
        take,
        signal: stop.signal,
        notify: this.#notify,
      })
    } finally {
      stop.release()
    }
    if (!signal.aborted) this.#failIfClosed()
  }

  queued(): number {
    return this.#producer.queued
  }

  health(): Health {
    return this.#topic.health()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#producer.close(FLUSH_MS)
    const closed = this.#topic.close()
    for (const links of [this.#control, this.#publishing, this.#reading]) links.close()
    await closed
  }

  #failIfClosed(): void {
    if (this.#closing !== null) throw new HeraldError('LOG_UNAVAILABLE', 'The log is closed.')
  }
}

function parseAddress(broker: string): Address {
  const at = broker.lastIndexOf(':')
  const port = Number(broker.slice(at + 1))
  const host = broker.slice(0, at).replace(/^\[(.*)\]$/, '$1')
  if (at < 1 || host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`not a broker's host:port: ${broker}`)
  }
  return { host, port }
}
