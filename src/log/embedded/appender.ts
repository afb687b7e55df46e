/**
 * Batch, never wait: what is appended while a transaction is under way goes together in the next, in the order
 * of the calls. A batch starts on the turn of the event loop after its first record, or when the callers that the previous
 * batch has answered are in it (gather.ts). Memory is bounded by count and by bytes, what is under way included.
 *
 * A record is answered within 5 s. One that was never given to the disk is taken out of the queue: NOT_WRITTEN.
 * One in a transaction whose end is open is UNKNOWN.
 */
import { HeraldError, type Outcome } from '../../errors.ts'
import type { Appended, Health, NewRecord } from '../event-log.ts'
import { encodeRecord } from './codec.ts'
import { gather } from './gather.ts'
import type { Pending, Store } from './store.ts'

/** Kafka's default `max.message.bytes`. */
const MAX_KAFKA_BYTES = 1_048_588
const MAX_QUEUED_RECORDS = 10_000
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** One transaction takes this many bytes at most: a slow disk then answers the first ones in time. */
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
/** Below the 5 s of the port, with room for a busy event loop. */
const DEADLINE_MS = 4_500
const CLOSE_MS = 5_000
const PROBE_MS = 1_000

interface Waiting extends Pending {
  readonly since: number
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: HeraldError) => void
}

const unavailable = (message: string, outcome: Outcome, cause?: unknown) =>
  new HeraldError('LOG_UNAVAILABLE', message, { outcome, cause })

/** The system's name of what went wrong (ENOSPC), or lmdb's words. */
const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export class Appender {
  readonly #store: Store
  readonly #onBatch: (records: number) => void
  #queue: Waiting[] = []
  #underWay: readonly Waiting[] = []
  #bytes = 0
  #running = false
  #closed = false
  #broken = false
  #fault: string | undefined
  #deadline: NodeJS.Timeout | undefined
  #probe: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined

  /** `onBatch` is told how many records were made durable together: the end has moved by as many. */
  constructor(store: Store, onBatch: (records: number) => void) {
    this.#store = store
    this.#onBatch = onBatch
  }

  /** Records that wait for the disk, those under way included. */
  get queued(): number {
    return this.#queue.length + this.#underWay.length
  }

  /** As the port's `append`. */
  append(record: NewRecord): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw unavailable('The log is closed.', 'NOT_WRITTEN')
      if (this.#broken) throw unavailable('The log cannot be written.', 'NOT_WRITTEN')
      const bytes = encodeRecord(record, MAX_KAFKA_BYTES)
      if (!bytes) {
        const limit = `The event is larger than the log's limit of ${MAX_KAFKA_BYTES} bytes.`
        throw new HeraldError('RECORD_TOO_LARGE', limit, { outcome: 'NOT_WRITTEN' })
      }
      const full = this.#queue.length + this.#underWay.length >= MAX_QUEUED_RECORDS
      if (full || this.#bytes + bytes.length > MAX_QUEUED_BYTES) {
        throw new HeraldError('OVERLOADED', 'Too many events wait to be written.', { outcome: 'NOT_WRITTEN' })
      }
      const { timestamp } = record
      const waiting = { bytes, timestamp, since: performance.now(), resolve, reject }
      this.#queue.push(waiting)
      this.#bytes += bytes.length
      if (!this.#deadline) this.#watch(waiting)
      if (!this.#running) {
        this.#running = true
        setImmediate(() => this.#run())
      }
    })
  }

  /** Whether the last thing known of the disk is good. */
  health(): Health {
    const [oldest] = this.#underWay
    if (this.#closed) return { up: false, reason: 'the log is closed' }
    if (this.#fault !== undefined) return { up: false, reason: this.#fault }
    if (oldest && performance.now() - oldest.since > DEADLINE_MS) {
      return { up: false, reason: 'the disk does not answer' }
    }
    return { up: true }
  }

  /**
   * Takes nothing more, and resolves when what is queued is answered, 5 s later at most. Resolves to false if a
   * transaction is still open then.
   */
  async close(): Promise<boolean> {
    this.#closed = true
    clearTimeout(this.#probe)
    let timer: NodeJS.Timeout | undefined
    if (this.#running) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
        timer = setTimeout(resolve, CLOSE_MS)
      })
    }
    clearTimeout(timer)
    clearTimeout(this.#deadline)
    for (const waiting of this.#queue.splice(0)) waiting.reject(unavailable('The log is closed.', 'NOT_WRITTEN'))
    for (const waiting of this.#underWay) waiting.reject(unavailable('The log is closed.', 'UNKNOWN'))
    return !this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take()
      this.#underWay = batch
      const first = this.#store.end
      const failure = await this.#store.write(batch)
      this.#underWay = []
      for (const { bytes } of batch) this.#bytes -= bytes.length
      if (failure) {
        this.#fault = `the log cannot be written: ${wordsOf(failure.cause)}`
        this.#broken = failure.broken
        const outcome = failure.written === false ? 'NOT_WRITTEN' : 'UNKNOWN'
        const error = () => unavailable('The log could not be written.', outcome, failure.cause)
        for (const waiting of batch) waiting.reject(error())
        if (failure.broken) this.#refuseQueued()
        this.#probeLater()
      } else {
        this.#fault = undefined
        for (const [index, waiting] of batch.entries()) {
          waiting.resolve({ partition: 0, offset: first + index, timestamp: waiting.timestamp })
        }
        this.#onBatch(batch.length)
      }
      await gather(() => this.#queue.length)
    }
    this.#running = false
    this.#idle?.()
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes.length
      if (count > 0 && bytes > MAX_TRANSACTION_BYTES) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  #refuseQueued(): void {
    for (const waiting of this.#queue.splice(0)) {
      this.#bytes -= waiting.bytes.length
      waiting.reject(unavailable('The log cannot be written.', 'NOT_WRITTEN'))
    }
  }

  /** One timer for all: it is set for the oldest record, and does nothing while records are answered in time. */
  #watch({ since }: Waiting): void {
    this.#deadline = setTimeout(() => this.#expire(), Math.max(0, since + DEADLINE_MS - performance.now()))
    this.#deadline.unref()
  }

  #expire(): void {
    this.#deadline = undefined
    const limit = performance.now() - DEADLINE_MS
    const late = 'The log did not answer in time.'
    for (const waiting of this.#underWay) if (waiting.since <= limit) waiting.reject(unavailable(late, 'UNKNOWN'))
    const inTime = this.#queue.findIndex((waiting) => waiting.since > limit)
    for (const waiting of this.#queue.splice(0, inTime < 0 ? this.#queue.length : inTime)) {
      this.#bytes -= waiting.bytes.length
      waiting.reject(unavailable(late, 'NOT_WRITTEN'))
    }
    const next = this.#underWay.find((waiting) => waiting.since > limit) ?? this.#queue[0]
    if (next) this.#watch(next)
  }

  /** Without a probe a gateway that is taken out of service for its health would never learn that it is well. */
  #probeLater(): void {
    clearTimeout(this.#probe)
    this.#probe = setTimeout(async () => {
      if (this.#running || this.#closed) return this.#probeLater()
      this.#running = true
      const cause = await this.#mend()
      this.#fault = cause === undefined ? undefined : `the log cannot be written: ${wordsOf(cause)}`
      if (cause !== undefined && !this.#closed) this.#probeLater()
      await this.#run()
    }, PROBE_MS)
    this.#probe.unref()
  }

  /** Opens the file anew if it has to be, and tries the disk. Resolves to what hinders, or undefined. */
  async #mend(): Promise<unknown> {
    if (this.#broken) {
      const before = this.#store.end
      const cause = await this.#store.reopen()
      if (cause !== undefined) return cause
      this.#broken = false
      // The transaction that broke it is there after all, or is not; in both cases followers may go on.
      this.#onBatch(this.#store.end - before)
    }
    const failure = await this.#store.probe()
    this.#broken = failure?.broken ?? false
    return failure?.cause
  }
}
