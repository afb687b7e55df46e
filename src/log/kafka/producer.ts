/**
 * Publishing: a micro-batcher over idempotent producer ids of its own.
 *
 * Every partition is a lane: a queue, at most one batch whose fate is open, and a producer id with its
 * sequence. Every leader has at most one request in flight, which carries one batch of each of its lanes that
 * has something to send; what is appended meanwhile goes together in the next. There is no timer to linger.
 *
 * Never twice: a batch whose attempt ended without a clear answer is sent again byte for byte, with the same
 * producer id and sequence, to whoever leads the partition then, and the brokers know it again. Until its
 * fate is known its lane sends nothing else. kafkajs's own idempotent producer lets the next send reuse the
 * sequence of one that was given up, and loses acknowledged records that way: so a batch that is given up
 * takes its producer id with it, and the lane goes on with a new one.
 *
 * Outcome: every record has a deadline of its own, and is rejected at it: UNKNOWN if it is part of a batch
 * that may have reached a broker, NOT_WRITTEN otherwise. A batch is only made when it can be sent, and is taken
 * apart again when the broker has surely not taken it, so what was promised not to be written never is.
 */
import { HeraldError, type Outcome } from '../../errors.ts'
import type { Appended, NewRecord } from '../event-log.ts'
import type { Address } from './link.ts'
import type { Links } from './links.ts'
import type { KafkaLogNotice } from './notice.ts'
import { partitionOf } from './partitioner.ts'
import { CODE, PRODUCE, type Produced, type ProducePart, parseProduce, produceRequest } from './protocol.ts'
import { BATCH_HEADER_BYTES, encodeBatch, encodeBody, loneBatchSize, placeBatch, recordSize } from './record-batch.ts'
import { pause } from './time.ts'
import type { Topic } from './topic.ts'

/** The port's bound is 5 s from the call of `append`. */
const DEADLINE_MS = 4_500
const MAX_QUEUED_RECORDS = 10_000
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
const MAX_BATCH_RECORDS = 500
/** Bytes of one request, unless a single batch is larger. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024
const PRODUCE_TIMEOUT_MS = 3_000
const RETRY_MS = 100
const SEQUENCES = 2 ** 31

interface Pending {
  readonly body: Buffer
  readonly timestamp: number
  readonly deadline: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: HeraldError) => void
  /** The batch that may have carried it to a broker. */
  batch: OpenBatch | null
  settled: boolean
}

/** A batch that was sent at least once and whose fate is open. */
interface OpenBatch {
  readonly records: readonly Pending[]
  readonly bytes: Buffer
  attempts: number
}

interface ProducerId {
  readonly producerId: number
  readonly producerEpoch: number
  next: number
}

interface Lane {
  readonly partition: number
  queue: Pending[]
  /** Index of the queue's first record. */
  head: number
  open: OpenBatch | null
  inFlight: boolean
  producer: ProducerId | null
  /** Most records a batch; less than the bound after a broker refused one as a whole. */
  most: number
}

/** Refusals of a whole batch for what is in it: halving it finds the record that is to blame. */
const BAD_CONTENT = new Set<number>([
  CODE.MESSAGE_TOO_LARGE,
  CODE.RECORD_LIST_TOO_LARGE,
  CODE.INVALID_RECORD,
  CODE.INVALID_TIMESTAMP,
])
const TOO_LARGE = new Set<number>([CODE.MESSAGE_TOO_LARGE, CODE.RECORD_LIST_TOO_LARGE])
/** The broker checks these before it writes. NOT_LEADER is not among them: it may come after the write. */
const NOT_TAKEN = new Set<number>([
  CODE.CORRUPT_MESSAGE,
  CODE.NOT_ENOUGH_REPLICAS,
  CODE.TOPIC_AUTHORIZATION_FAILED,
  CODE.CLUSTER_AUTHORIZATION_FAILED,
  CODE.POLICY_VIOLATION,
])
const PRODUCER_LOST = new Set<number>([
  CODE.OUT_OF_ORDER_SEQUENCE,
  CODE.INVALID_PRODUCER_EPOCH,
  CODE.UNKNOWN_PRODUCER_ID,
  CODE.PRODUCER_FENCED,
])

/** Told of each batch that was acknowledged, as a fetch will bring it. */
export type Written = (partition: number, baseOffset: number, batch: Buffer) => void

export interface ProducerOptions {
  readonly topic: Topic
  /** For produce requests, one connection a broker. */
  readonly links: Links
  /** For short questions (producer ids). */
  readonly controlLinks: Links
  readonly notify: (notice: KafkaLogNotice) => void
  /** Told how many records were acknowledged together. */
  readonly onBatch: (records: number) => void
}

export class Producer {
  readonly #options: ProducerOptions
  readonly #topic: Topic
  readonly #lanes: Lane[] = []
  readonly #sending = new Set<number>()
  readonly #stop = new AbortController()
  readonly #listeners = new Set<Written>()
  /** Records that came before the topic was first reached, and so have no partition yet. */
  #unplaced: { readonly key: string | null; readonly pending: Pending }[] = []
  /** All that are not settled, in the order of their deadlines; `#oldest` is the first of them, nothing is before it. */
  #pending: (Pending | undefined)[] = []
  #oldest = 0
  #expiry: NodeJS.Timeout | undefined
  #queuedRecords = 0
  #queuedBytes = 0
  #sticky = 0
  #closing = false
  #drained: (() => void) | null = null

  constructor(options: ProducerOptions) {
    this.#options = options
    this.#topic = options.topic
    options.topic.onRefresh(() => this.#onRefresh())
  }

  /**
   * Has a listener told of what is written, after those who wait for it were; not where the broker sets the timestamps.
   * Returns how to leave.
   */
  onWritten(listener: Written): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Records that are not settled. */
  get queued(): number {
    return this.#queuedRecords
  }

  /** See the port's `append`. */
  append(record: NewRecord): Promise<Appended> {
    if (this.#closing) return Promise.reject(this.#topic.unavailable({ outcome: 'NOT_WRITTEN' }))
    const body = encodeBody(record)
    if (loneBatchSize(body.length) > this.#topic.settings.maxMessageBytes) return Promise.reject(this.#tooLarge())
    if (this.#queuedRecords >= MAX_QUEUED_RECORDS || this.#queuedBytes + body.length > MAX_QUEUED_BYTES) {
      const message = 'Too many events wait for the log; try again.'
      return Promise.reject(new HeraldError('OVERLOADED', message, { outcome: 'NOT_WRITTEN' }))
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + DEADLINE_MS
      const timestamp = Math.floor(record.timestamp)
      const pending: Pending = { body, timestamp, deadline, resolve, reject, batch: null, settled: false }
      this.#queuedRecords++
      this.#queuedBytes += body.length
      this.#pending.push(pending)
      if (this.#expiry === undefined) this.#armExpiry()
      if (this.#topic.view === null) this.#unplaced.push({ key: record.key, pending })
      else this.#place(record.key, pending)
    })
  }

  /** Takes no more, waits for what is queued (`ms` at most), rejects the rest. */
  async close(ms: number): Promise<void> {
    this.#closing = true
    if (this.#queuedRecords > 0) {
      const drained = new AbortController()
      this.#drained = () => drained.abort()
      await pause(ms, drained.signal)
    }
    this.#stop.abort()
    for (const pending of this.#pending.slice(this.#oldest)) this.#giveUp(pending!)
    clearTimeout(this.#expiry)
  }

  #onRefresh(): void {
    const view = this.#topic.view
    if (view === null) return
    const waiting = this.#unplaced
    this.#unplaced = []
    for (const { key, pending } of waiting) if (!pending.settled) this.#place(key, pending)
    this.#kickAll()
  }

  #place(key: string | null, pending: Pending): void {
    const lane = this.#lane(key === null ? this.#stickyPartition() : partitionOf(Buffer.from(key), this.#partitions()))
    lane.queue.push(pending)
    this.#kick(this.#topic.leader(lane.partition))
  }

  #partitions(): number {
    return this.#topic.view?.leaders.length ?? 1
  }

  /** Records without a key stay on one partition until a batch is made of them; partitions in trouble are passed over. */
  #stickyPartition(): number {
    const count = this.#partitions()
    for (let i = 0; i < count; i++) {
      const partition = (this.#sticky + i) % count
      if (this.#topic.leader(partition) >= 0 && (this.#lane(partition).open?.attempts ?? 0) <= 1) {
        this.#sticky = partition
        break
      }
    }
    return this.#sticky % count
  }

  #lane(partition: number): Lane {
    for (let i = this.#lanes.length; i <= partition; i++) {
      this.#lanes.push({
        partition: i,
        queue: [],
        head: 0,
        open: null,
        inFlight: false,
        producer: null,
        most: MAX_BATCH_RECORDS,
      })
    }
    return this.#lanes[partition]!
  }

  #kickAll(): void {
    for (const lane of this.#lanes) if (this.#hasWork(lane)) this.#kick(this.#topic.leader(lane.partition))
  }

  #kick(node: number): void {
    if (node < 0 || this.#sending.has(node) || this.#stop.signal.aborted) return
    this.#sending.add(node)
    // Past what the event loop has at hand, so that records of requests that came in together are sent together: a
    // microtask would send the first of them alone, and make twice as many batches at 64 connections (measured).
    setImmediate(() => {
      this.#serve(node)
        .catch((error) => this.#options.notify({ level: 'warn', message: 'the producer failed', error: String(error) }))
        .finally(() => {
          this.#sending.delete(node)
          // A lane that was in flight elsewhere when this ended may be ours now.
          this.#kickAll()
        })
    })
  }

  #hasWork(lane: Lane): boolean {
    return !lane.inFlight && (lane.open !== null || lane.queue.length > lane.head)
  }

  /** Sends what the lanes of one leader have, one request after the other, until they have nothing. */
  async #serve(node: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const lane of this.#lanes) this.#forget(lane)
      const lanes = this.#lanes.filter((lane) => this.#topic.leader(lane.partition) === node && this.#hasWork(lane))
      if (lanes.length === 0) return
      const address = this.#topic.view?.brokers.get(node)
      const sent = address !== undefined && (await this.#sendOnce(node, address, lanes))
      if (!sent) {
        await pause(RETRY_MS, this.#stop.signal)
        await this.#topic.refresh().catch(() => {})
      }
    }
  }

  /** One request. Resolves to false if something is to be asked anew before the next one. */
  async #sendOnce(node: number, address: Address, lanes: readonly Lane[]): Promise<boolean> {
    try {
      await Promise.all(lanes.map((lane) => this.#equip(lane, address)))
      return await this.#options.links.use(address, async (link) => {
        // Nothing is sent then, and no batch must believe that it was.
        if (link.closed) return false
        const parts = this.#fill(node, lanes)
        if (parts.length === 0) return true
        let produced: Map<number, Produced>
        try {
          const request = produceRequest(this.#topic.name, parts, PRODUCE_TIMEOUT_MS)
          produced = await link.send(PRODUCE, request, parseProduce, PRODUCE_TIMEOUT_MS)
        } finally {
          for (const { partition } of parts) this.#lanes[partition]!.inFlight = false
        }
        let fine = true
        for (const { partition } of parts) {
          const answer = produced.get(partition)
          if (answer === undefined || !this.#settle(this.#lanes[partition]!, answer)) fine = false
        }
        return fine
      })
    } catch (error) {
      this.#options.notify({ level: 'debug', message: 'a send failed', node, error: String(error) })
      return false
    }
  }

  async #equip(lane: Lane, address: Address): Promise<void> {
    if (lane.producer !== null) return
    const id = await this.#options.controlLinks.use(address, (link) => link.initProducerId())
    lane.producer ??= { ...id, next: 0 }
  }

  /** Makes the batches of one request and marks their lanes. Without a pause: nothing can expire meanwhile. */
  #fill(node: number, lanes: readonly Lane[]): ProducePart[] {
    const parts: ProducePart[] = []
    let bytes = 0
    // From another one each time: where not all fit into a request, none must starve.
    const start = Math.floor(Math.random() * lanes.length)
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(start + i) % lanes.length]!
      this.#forget(lane)
      if (lane.inFlight || lane.producer === null || this.#topic.leader(lane.partition) !== node) continue
      if (parts.length > 0 && bytes >= MAX_REQUEST_BYTES) break
      lane.open ??= this.#makeBatch(lane, lane.producer)
      if (lane.open === null) continue
      lane.open.attempts++
      lane.inFlight = true
      bytes += lane.open.bytes.length
      parts.push({ partition: lane.partition, batch: lane.open.bytes })
    }
    return parts
  }

  #makeBatch(lane: Lane, producer: ProducerId): OpenBatch | null {
    const limit = this.#topic.settings.maxMessageBytes
    const records: Pending[] = []
    let bytes = BATCH_HEADER_BYTES
    for (; lane.head < lane.queue.length && records.length < lane.most; lane.head++) {
      const pending = lane.queue[lane.head]!
      if (pending.settled) continue
      if (loneBatchSize(pending.body.length) > limit) {
        this.#reject(pending, this.#tooLarge())
        continue
      }
      const delta = pending.timestamp - (records[0] ?? pending).timestamp
      const size = recordSize(pending.body.length, delta, records.length)
      if (bytes + size > limit) break
      bytes += size
      records.push(pending)
    }
    if (lane.head === lane.queue.length) {
      lane.queue = []
      lane.head = 0
    } else if (lane.head > 4_096) {
      lane.queue = lane.queue.slice(lane.head)
      lane.head = 0
    }
    if (records.length === 0) return null
    if (this.#sticky === lane.partition) this.#sticky = (lane.partition + 1) % this.#partitions()
    const sequence = { producerId: producer.producerId, producerEpoch: producer.producerEpoch, first: producer.next }
    const batch: OpenBatch = { records, bytes: encodeBatch(records, sequence), attempts: 0 }
    for (const pending of records) pending.batch = batch
    return batch
  }

  /** Takes one partition's answer. Resolves to whether all is well with the leader. */
  #settle(lane: Lane, { errorCode, baseOffset, logAppendTime }: Produced): boolean {
    const batch = lane.open
    if (batch === null) return true
    if (errorCode === CODE.NONE && baseOffset >= 0) {
      lane.open = null
      lane.most = Math.min(MAX_BATCH_RECORDS, lane.most * 2)
      lane.producer!.next = (lane.producer!.next + batch.records.length) % SEQUENCES
      // For a batch that it had already, a broker answers with its last timestamp whatever the topic's setting is.
      const fixed = logAppendTime >= 0 && (this.#topic.settings.logAppendTime ?? batch.attempts === 1)
      batch.records.forEach((pending, index) => {
        const timestamp = fixed ? logAppendTime : pending.timestamp
        if (!this.#done(pending)) return
        pending.resolve({ partition: lane.partition, offset: baseOffset + index, timestamp })
      })
      this.#skipSettled()
      this.#options.onBatch(batch.records.length)
      if (logAppendTime < 0) this.#tell(lane.partition, baseOffset, batch.bytes)
      return true
    }
    const { notify } = this.#options
    notify({ level: 'debug', message: 'a broker refused a batch', partition: lane.partition, errorCode })
    const mayBeWritten = batch.attempts > 1
    const content = BAD_CONTENT.has(errorCode)
    if (content || PRODUCER_LOST.has(errorCode)) {
      if (!content || mayBeWritten) lane.producer = null
      if (mayBeWritten) {
        lane.open = null
        for (const pending of batch.records) this.#giveUp(pending)
      } else {
        this.#takeApart(lane, batch)
        if (content) {
          lane.most = Math.ceil(batch.records.length / 2)
          this.#topic.distrustSettings()
          if (batch.records.length === 1) this.#refuse(batch.records[0]!, errorCode)
        }
      }
      return false
    }
    if (NOT_TAKEN.has(errorCode) && !mayBeWritten) this.#takeApart(lane, batch)
    return false
  }

  #tell(partition: number, baseOffset: number, batch: Buffer): void {
    if (this.#listeners.size === 0) return
    placeBatch(batch, baseOffset)
    // Who asked for it is answered first.
    setImmediate(() => {
      for (const listener of this.#listeners) listener(partition, baseOffset, batch)
    })
  }

  /** Back into the queue: the broker has surely not taken the batch, its sequence is free again. */
  #takeApart(lane: Lane, batch: OpenBatch): void {
    lane.open = null
    for (const pending of batch.records) pending.batch = null
    lane.queue = [...batch.records, ...lane.queue.slice(lane.head)]
    lane.head = 0
  }

  /** Drops an open batch that nobody waits for any more, and its producer id with it. */
  #forget(lane: Lane): void {
    if (lane.open === null || lane.inFlight || lane.open.records.some((pending) => !pending.settled)) return
    lane.open = null
    lane.producer = null
  }

  #refuse(pending: Pending, errorCode: number): void {
    const message = `The log refuses the event with Kafka's error code ${errorCode}.`
    const other = () => new HeraldError('LOG_UNAVAILABLE', message, { outcome: 'NOT_WRITTEN' })
    this.#reject(pending, TOO_LARGE.has(errorCode) ? this.#tooLarge() : other())
  }

  #giveUp(pending: Pending): void {
    const outcome: Outcome = pending.batch === null ? 'NOT_WRITTEN' : 'UNKNOWN'
    this.#reject(pending, this.#topic.unavailable({ outcome }))
  }

  #reject(pending: Pending, error: HeraldError): void {
    if (this.#done(pending)) pending.reject(error)
  }

  #done(pending: Pending): boolean {
    if (pending.settled) return false
    pending.settled = true
    this.#queuedRecords--
    this.#queuedBytes -= pending.body.length
    if (this.#queuedRecords === 0) {
      this.#pending = []
      this.#oldest = 0
      this.#drained?.()
    }
    return true
  }

  /** One timer, for the oldest record that waits. */
  #armExpiry(): void {
    this.#expiry = undefined
    const now = performance.now()
    let oldest = this.#skipSettled()
    while (oldest !== undefined && oldest.deadline <= now) {
      this.#giveUp(oldest)
      oldest = this.#skipSettled()
    }
    if (oldest === undefined) return
    this.#expiry = setTimeout(() => this.#armExpiry(), Math.ceil(oldest.deadline - now))
  }

  /** Lets go of what is settled at the front of the list, and returns the oldest record that waits. */
  #skipSettled(): Pending | undefined {
    // Let go at once: thousands of settled records, each with its answer, would be moved about by every collection.
    while (this.#pending[this.#oldest]?.settled === true) this.#pending[this.#oldest++] = undefined
    if (this.#oldest > 4_096) {
      this.#pending = this.#pending.slice(this.#oldest)
      this.#oldest = 0
    }
    return this.#pending[this.#oldest]
  }

  #tooLarge(): HeraldError {
    const message = `The event is larger than its topic takes (${this.#topic.settings.maxMessageBytes} bytes).`
    return new HeraldError('RECORD_TOO_LARGE', message, { outcome: 'NOT_WRITTEN' })
  }
}
