/**
 * What tests do to a real Kafka from outside Herald: make topics, write records of any kind, read what is there.
 * Writing goes through kafkajs, or through kcat for the codecs that kafkajs lacks; reading goes through kcat
 * (librdkafka), so that what Herald wrote is judged by a client it shares no code with.
 *
 * Every helper waits for a fact that the broker reports, and takes the address of another cluster (`bootstrap`)
 * for tests that start their own with tools/kafka.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Admin, CompressionTypes, Kafka, logLevel, type Message, type Producer } from 'kafkajs'
import { describe, inject } from 'vitest'
import { whyNoKafka } from '../../tools/kafka/install.ts'

/** The longest that a helper waits for the broker before it fails. */
const PATIENCE_MS = 30_000

/** Parts records in kcat's input. */
const DELIMITER = '\u001e'

/** The address of the run's Kafka (`host:port,…`). Throws where there is none: see `describeKafka`. */
export function kafkaAddress(): string {
  const kafka = inject('kafka')
  if (kafka.bootstrap === null) throw new Error(`There is no Kafka: ${kafka.reason}`)
  return kafka.bootstrap
}

/** `describe` where there is a Kafka; else the suite is skipped, and its name says why. */
export function describeKafka(name: string, suite: () => void): void {
  const kafka = inject('kafka')
  if (!kafka) throw new Error('vitest.config.ts lacks the globalSetup test/support/kafka-setup.ts')
  if (kafka.bootstrap === null) describe.skip(`${name} (skipped, there is no Kafka: ${kafka.reason})`, suite)
  else describe(name, suite)
}

/**
 * `describe` for suites that start brokers of their own with `startKafka`. To be awaited at the top of a test
 * file; skips, with the reason in its name, where no broker can be started, and fails then with CI=true.
 */
export async function describeOwnKafka(name: string, suite: () => void): Promise<void> {
  const reason = await whyNoKafka()
  if (reason === undefined) describe(name, suite)
  else if (process.env.CI === 'true') throw new Error(reason)
  else describe.skip(`${name} (skipped: ${reason})`, suite)
}

/** A silent kafkajs client. */
export function kafkaClient(bootstrap = kafkaAddress()): Kafka {
  return new Kafka({
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 12, initialRetryTime: 50, maxRetryTime: 1_000 },
  })
}

/** Lends an admin client to `use`, and disconnects it. */
export async function withAdmin<T>(use: (admin: Admin) => Promise<T>, bootstrap = kafkaAddress()): Promise<T> {
  const admin = kafkaClient(bootstrap).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

export interface TopicOptions {
  /** Default: a name that is unique. */
  readonly name?: string
  /** Default 1. */
  readonly partitions?: number
  /** Default 1. */
  readonly replicationFactor?: number
  /** The topic's settings, such as `{ 'cleanup.policy': 'compact' }`. */
  readonly config?: Readonly<Record<string, string>>
  readonly bootstrap?: string
}

/** Makes a topic, and returns its name once every partition takes writes and every broker knows it. */
export async function createTopic(options: TopicOptions = {}): Promise<string> {
  const { name = `test-${randomUUID()}`, partitions = 1, replicationFactor = 1, config = {} } = options
  const bootstrap = options.bootstrap ?? kafkaAddress()
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  await withAdmin(async (admin) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
    })
  }, bootstrap)
  await takesWrites(name, partitions, bootstrap)
  return name
}

/** Deletes a topic, and resolves once no broker knows it any more. */
export async function deleteTopic(topic: string, bootstrap = kafkaAddress()): Promise<void> {
  await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }), bootstrap)
  for (const broker of bootstrap.split(',')) {
    await withAdmin(
      (admin) => until(`${topic} to be gone`, async () => !(await admin.listTopics()).includes(topic)),
      broker,
    )
  }
}

/** Raises the number of partitions to `total`, and resolves once all of them take writes. */
export async function addPartitions(topic: string, total: number, bootstrap = kafkaAddress()): Promise<void> {
  await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: total }] }), bootstrap)
  await takesWrites(topic, total, bootstrap)
}

/** Removes the records of a partition that lie before `offset`, as retention does. */
export async function deleteRecordsBefore(
  topic: string,
  partition: number,
  offset: number,
  bootstrap = kafkaAddress(),
): Promise<void> {
  const partitions = [{ partition, offset: String(offset) }]
  await withAdmin(async (admin) => {
    // kafkajs looks for the leader in metadata that it does not load by itself.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions })
  }, bootstrap)
}

/**
 * Metadata names leaders before they have opened their logs. ListOffsets is answered by the leader from the log
 * that it would write to, so its success is what a producer needs, and leaves no record behind.
 */
async function takesWrites(topic: string, partitions: number, bootstrap: string): Promise<void> {
  for (const broker of bootstrap.split(',')) {
    await withAdmin(
      (admin) =>
        until(`${topic} to take writes`, async () => (await admin.fetchTopicOffsets(topic)).length === partitions),
      broker,
    )
  }
}

export interface RawRecord {
  readonly key?: string | Buffer | null
  /** null: a tombstone. */
  readonly value: string | Buffer | null
  readonly headers?: Readonly<Record<string, string | Buffer | (string | Buffer)[]>>
  /** Milliseconds since 1970. */
  readonly timestamp?: number
  readonly partition?: number
}

export interface ProduceOptions {
  /** snappy, lz4 and zstd are written by kcat: without timestamps, and without headers of single records. */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** Of the records that name none themselves. */
  readonly partition?: number
  /** Of the records that name none themselves. */
  readonly headers?: RawRecord['headers']
  readonly bootstrap?: string
}

/** Writes records as they are, in one batch where they fit, with acks=all. */
export async function produceRaw(
  topic: string,
  records: readonly RawRecord[],
  options: ProduceOptions = {},
): Promise<void> {
  const { compression = 'none', bootstrap = kafkaAddress() } = options
  if (compression !== 'none' && compression !== 'gzip') return produceByKcat(topic, records, options)
  const producer = kafkaClient(bootstrap).producer()
  try {
    await producer.connect()
    await producer.send({
      topic,
      acks: -1,
      compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
      messages: records.map((record) => toMessage(record, options)),
    })
  } finally {
    await producer.disconnect()
  }
}

function toMessage(record: RawRecord, defaults: ProduceOptions): Message {
  const partition = record.partition ?? defaults.partition
  const headers = record.headers ?? defaults.headers
  return {
    key: record.key ?? null,
    value: record.value,
    ...(partition === undefined ? {} : { partition }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(record.timestamp === undefined ? {} : { timestamp: String(record.timestamp) }),
  }
}

async function produceByKcat(topic: string, records: readonly RawRecord[], options: ProduceOptions): Promise<void> {
  const partitions = new Set(records.map((record) => record.partition ?? options.partition))
  if (partitions.size > 1) throw new Error('kcat writes to one partition at a time')
  const values = records.map(({ value, key, headers, timestamp }) => {
    if (value === null || key || headers || timestamp !== undefined) throw new Error('kcat writes plain values only')
    return Buffer.from(value)
  })
  if (values.some((value) => value.length === 0 || value.includes(DELIMITER))) {
    throw new Error('A value is empty or holds the delimiter')
  }
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const [partition] = partitions
  const place = partition === undefined ? [] : ['-p', String(partition)]
  const codec = ['-z', options.compression ?? 'none', '-X', 'linger.ms=100', '-X', 'acks=all']
  const input = Buffer.concat(values.flatMap((value, index) => (index ? [Buffer.from(DELIMITER), value] : [value])))
  await kcat(['-P', '-t', topic, '-D', DELIMITER, ...codec, ...place, ...headers], {
    input,
    ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
  })
}

/** A transaction of a producer of its own. One that is neither committed nor aborted stays open until its timeout. */
export interface OpenTransaction {
  /** Writes within the transaction. */
  send(records: readonly RawRecord[]): Promise<void>
  /** Resolves once read-committed readers are past the transaction. */
  commit(): Promise<void>
  /** Resolves once read-committed readers are past the transaction. */
  abort(): Promise<void>
  /** Disconnects; a transaction that is still open stays so until its timeout. */
  close(): Promise<void>
}

/** Begins a transaction on a topic. `timeoutMs`: when the broker aborts it by itself, default 60 s. */
export async function beginTransaction(
  topic: string,
  options: { readonly timeoutMs?: number; readonly bootstrap?: string } = {},
): Promise<OpenTransaction> {
  const { timeoutMs = 60_000, bootstrap = kafkaAddress() } = options
  const producer: Producer = kafkaClient(bootstrap).producer({
    transactionalId: `test-${randomUUID()}`,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: timeoutMs,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  const last = new Map<number, number>()
  /** The coordinator answers before the markers stand in the partitions. */
  const passed = () =>
    until(`readers to pass the transaction on ${topic}`, async () => {
      const ends = await Promise.all([...last.keys()].map((partition) => committedEnd(topic, partition, bootstrap)))
      return [...last.values()].every((offset, index) => ends[index]! > offset)
    })
  return {
    async send(records) {
      const written = await transaction.send({
        topic,
        acks: -1,
        messages: records.map((record) => toMessage(record, {})),
      })
      for (const { partition, baseOffset } of written) last.set(partition, Number(baseOffset))
    },
    async commit() {
      await transaction.commit()
      await passed()
    },
    async abort() {
      await transaction.abort()
      await passed()
    },
    close: () => producer.disconnect(),
  }
}

/** Where read-committed readers of a partition stop: before the first record of an open transaction. */
export async function committedEnd(topic: string, partition: number, bootstrap = kafkaAddress()): Promise<number> {
  const answer = await kcat(['-Q', '-t', `${topic}:${partition}:-1`, '-X', 'isolation.level=read_committed'], {
    bootstrap,
  })
  const offset = /offset (\d+)/.exec(answer)?.[1]
  if (offset === undefined) throw new Error(`kcat gave no offset: ${answer}`)
  return Number(offset)
}

/** A record as kcat prints it. Bytes that are no UTF-8 have become U+FFFD. */
export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Every committed record of a topic, sorted by partition and offset. */
export async function readAll(topic: string, bootstrap = kafkaAddress()): Promise<ReadRecord[]> {
  const impatient = ['-X', 'fetch.wait.max.ms=10', '-X', 'fetch.error.backoff.ms=10']
  const printed = await kcat(['-C', '-q', '-t', topic, '-o', 'beginning', '-e', '-J', ...impatient], { bootstrap })
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toReadRecord(JSON.parse(line) as KcatRecord))
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** A line of `kcat -J`. */
interface KcatRecord {
  readonly partition: number
  readonly offset: number
  readonly ts: number
  readonly key: string | null
  readonly payload: string | null
  readonly headers?: readonly string[]
}

function toReadRecord({ partition, offset, ts, key, payload, headers = [] }: KcatRecord): ReadRecord {
  const pairs = headers.flatMap((name, index) => (index % 2 ? [] : [[name, headers[index + 1] ?? ''] as const]))
  return { partition, offset, timestamp: ts, key, value: payload, headers: pairs }
}

/** Runs kcat on the cluster and returns what it printed. Throws with what it complained of where it fails. */
export async function kcat(
  args: readonly string[],
  options: { readonly input?: Buffer | string; readonly bootstrap?: string } = {},
): Promise<string> {
  const child = spawn('kcat', ['-b', options.bootstrap ?? kafkaAddress(), ...args])
  const out: Buffer[] = []
  const complaints: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(new Error('kcat cannot be run: install it (apt-get install kcat)', { cause })))
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} failed (${code}): ${Buffer.concat(complaints)}`)
  return Buffer.concat(out).toString('utf8')
}

/** Asks until the answer is true, for 30 s; an error counts as no, and is told if a yes never comes. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  let cause: unknown
  while (
    !(await ask().catch((error: unknown) => {
      cause = error
      return false
    }))
  ) {
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS} ms in vain for ${what}`, { cause })
    await delay(20)
  }
}
