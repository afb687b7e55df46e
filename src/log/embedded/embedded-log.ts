/**
 * The log that needs nothing installed: one partition on LMDB, in `DATA_DIR`. Acknowledged means synced to disk,
 * nothing is ever removed, and one process at a time has the folder. This file says what the port says; the
 * parts are owner.ts (who may open the folder), store.ts (the tree on disk), codec.ts (the bytes of a record) and
 * appender.ts (batching, bounds and deadlines).
 *
 * Readers touch the file on the event loop, one batch at a time, and give way between two: a long replay starves
 * nobody. Followers sleep until the durable end moves.
 */
import { access, constants, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HeraldError } from '../../errors.ts'
import {
  type Appended,
  type Batch,
  type EventLog,
  type Health,
  LogRefusal,
  type NewRecord,
  type ReadOptions,
  type Take,
  type Vector,
} from '../event-log.ts'
import { fetchSizes } from '../fetch-sizes.ts'
import { Appender } from './appender.ts'
import { makeFolder, syncFolder } from './folder.ts'
import { type Ownership, takeOwnership } from './owner.ts'
import { Store } from './store.ts'

const DEFAULT_BATCH_BYTES = 1024 * 1024

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

class EmbeddedLog implements EventLog {
  readonly topic: string
  readonly #store: Store
  readonly #ownership: Ownership
  readonly #appender: Appender
  readonly #sleepers = new Set<() => void>()
  #closing: Promise<void> | undefined

  constructor(topic: string, store: Store, ownership: Ownership, onBatch: (records: number) => void) {
    this.topic = topic
    this.#store = store
    this.#ownership = ownership
    this.#appender = new Appender(store, (records) => {
      this.#wake()
      onBatch(records)
    })
  }

  incarnation(): Buffer {
    return this.#store.incarnation
  }

  async ready(): Promise<void> {}

  append(record: NewRecord): Promise<Appended> {
    return this.#appender.append(record)
  }

  async ends(): Promise<Vector> {
    this.#assertOpen()
    return [this.#store.end]
  }

  async beginnings(): Promise<Vector> {
    this.#assertOpen()
    return [0]
  }

  async offsetsAt(timestamp: number): Promise<Vector> {
    return [timestamp < 0 ? 0 : this.#reading(() => this.#store.firstAt(timestamp))]
  }

  async *read(partition: number, from: number, to: number, options: ReadOptions = {}): AsyncGenerator<Batch> {
    if (partition !== 0) throw new RangeError(`The embedded log has no partition ${partition}.`)
    const { signal } = options
    const last = Math.min(to, this.#store.end)
    const sizes = fetchSizes(options)
    for (let next = from; next < last && !signal?.aborted; ) {
      const batch = this.#reading(() => this.#store.batch(next, last, sizes.next().value))
      next = batch.next
      yield batch
      await nextTurn()
    }
  }

  async tail(from: Vector, take: Take, signal: AbortSignal): Promise<void> {
    let next = from[0] ?? 0
    while (!signal.aborted) {
      this.#assertOpen()
      // Of a file that is to be opened anew nothing can be read; the end of that wakes us.
      if (next < this.#store.end && this.#store.isOpen) {
        const batch = this.#reading(() => this.#store.batch(next, this.#store.end, DEFAULT_BATCH_BYTES))
        next = batch.next
        await take(batch)
        await nextTurn()
      } else {
        await this.#sleep(signal)
      }
    }
  }

  queued(): number {
    return this.#appender.queued
  }

  health(): Health {
    return this.#appender.health()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#wake()
    const answered = await this.#appender.close()
    // The folder is free only when no transaction of ours can come any more: another owner would take its offsets.
    const released = this.#store.close().then(() => this.#ownership.release())
    if (answered) await released
    else released.catch(() => undefined)
  }

  #wake(): void {
    for (const wake of [...this.#sleepers]) wake()
  }

  #sleep(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#sleepers.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  #assertOpen(): void {
    if (this.#closing) throw new HeraldError('LOG_UNAVAILABLE', 'The log is closed.')
  }

  #reading<T>(read: () => T): T {
    this.#assertOpen()
    if (!this.#store.isOpen) throw new HeraldError('LOG_UNAVAILABLE', 'The log is being opened anew.')
    try {
      return read()
    } catch (cause) {
      throw new HeraldError('LOG_UNAVAILABLE', 'The log cannot be read there: its file is damaged.', { cause })
    }
  }
}

/** In one line; what the system refused needs no further word, anything else means the file. */
function wordsOf(error: unknown): string {
  const words = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')
  const system = error instanceof Error && 'syscall' in error
  return system ? words : `its file log.mdb is damaged, or not this Herald's: ${words}`
}

export interface EmbeddedLogOptions {
  readonly dataDir: string
  readonly topic: string
  /** Told how many records were made durable together. Must not throw. */
  readonly onBatch?: (records: number) => void
}

/**
 * Opens the log of `topic` in the folder `dataDir`, and makes the folder and the log if they are missing.
 * Rejects with a `LogRefusal` of one line that names DATA_DIR: the folder cannot be made or written, another process
 * has it, or its file is damaged or not Herald's. The log has the folder to itself until it is closed.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EventLog> {
  const { dataDir, topic, onBatch = () => {} } = options
  let folder: string
  let ownership: Ownership | undefined
  try {
    await makeFolder(dataDir)
    folder = await realpath(dataDir)
    await access(folder, constants.W_OK)
    ownership = await takeOwnership(folder)
  } catch (cause) {
    throw new LogRefusal(`DATA_DIR: the folder '${dataDir}' cannot be used: ${wordsOf(cause)}`, { cause })
  }
  if (!ownership) {
    throw new LogRefusal(
      `DATA_DIR: the folder '${dataDir}' is in use by another process, and one at a time may have it; stop that one, or set DATA_DIR to another folder`,
    )
  }
  try {
    const store = await Store.open(folder, topic)
    await syncFolder(folder)
    await syncFolder(dirname(folder))
    return new EmbeddedLog(topic, store, ownership, onBatch)
  } catch (cause) {
    await ownership.release()
    throw new LogRefusal(`DATA_DIR: the log in '${dataDir}' cannot be opened: ${wordsOf(cause)}`, { cause })
  }
}
