/**
 * The tree on disk: one LMDB environment a data folder (`log.mdb`), in it two databases a topic and one for the
 * folder. `records` maps the first offset of a chunk (see codec.ts) to the chunk. `times` maps the running
 * maximum of the timestamps to the first chunk that reached it: whatever comes before that chunk is older, so the
 * first record at or after a time is in the first chunk whose maximum is; that is exact though timestamps may run
 * backwards. `herald` holds the version of this format, and the incarnation of every topic.
 *
 * LMDB is opened without `overlappingSync`: a transaction is synced first and becomes visible afterwards, so
 * whoever can read a record reads a durable one, and a transaction whose sync fails has not happened.
 */
import { randomUUID } from 'node:crypto'
import { access, constants, open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { Batch, LogRecord } from '../event-log.ts'
import { ChunkReader, countRecords, makeChunk } from './codec.ts'
import { checkHeader, fillUp } from './header.ts'

const FORMAT = 'herald-log 1'

/** A chunk holds about this much: small enough for a small page, large enough to make the tree cheap. */
const CHUNK_BYTES = 64 * 1024

/** What a failed transaction left behind. */
export type Failure = { readonly written: false | 'unknown'; readonly cause: unknown; readonly broken: boolean }

/** An encoded record that waits for its offset. */
export interface Pending {
  readonly bytes: Buffer
  readonly timestamp: number
}

/** lmdb rejects with an error whose details come in a promise of their own, which must not go unhandled. */
async function causeOf(error: unknown): Promise<unknown> {
  const details: unknown = error instanceof Error && 'commitError' in error ? error.commitError : undefined
  if (!(details instanceof Promise)) return error
  const cause = details.then(
    () => error,
    (reason: unknown) => reason,
  )
  return Promise.race([cause, new Promise((resolve) => setImmediate(resolve, error))])
}

/** An open file. */
interface Tree {
  readonly root: RootDatabase<string, string>
  readonly folder: Database<string, string>
  readonly records: Database<Buffer, number>
  readonly times: Database<number, number>
}

async function openTree(path: string, topic: string): Promise<Tree> {
  await checkHeader(path)
  // LMDB would open a file that it may not write, too, and fail at the first record.
  await (await openFile(path, 'a')).close()
  await access(path, constants.R_OK | constants.W_OK)
  await fillUp(path)
  const root = open<string, string>({ path, noSubdir: true, overlappingSync: false, eventTurnBatching: false })
  try {
    const names = [...root.getKeys()]
    if (names.length > 0 && !names.includes('herald')) throw new Error('it was not made by Herald')
    const folder = root.openDB<string, string>('herald', { encoding: 'string' })
    const format = folder.get('format')
    if (format === undefined && names.length > 1) throw new Error('it was not made by Herald')
    if (format === undefined) folder.putSync('format', FORMAT)
    else if (format !== FORMAT) throw new Error(`its format is '${format}', and this version reads '${FORMAT}'`)
    const records = root.openDB<Buffer, number>(`records:${topic}`, { encoding: 'binary' })
    const times = root.openDB<number, number>(`times:${topic}`, { encoding: 'ordered-binary' })
    return { root, folder, records, times }
  } catch (error) {
    await root.close()
    throw error
  }
}

export class Store {
  readonly #path: string
  readonly #topic: string
  readonly incarnation: Buffer
  #tree: Tree
  #end: number
  #newest: number
  #isOpen = true

  private constructor(path: string, topic: string, tree: Tree) {
    this.#path = path
    this.#topic = topic
    this.#tree = tree
    this.incarnation = incarnationOf(tree, topic)
    this.#end = endOf(tree)
    this.#newest = newestOf(tree)
  }

  /**
   * Opens the topic's log in `dataDir`, and makes it if it is missing. The caller owns the folder.
   * Rejects with an Error that says what is wrong with the file.
   */
  static async open(dataDir: string, topic: string): Promise<Store> {
    const path = join(dataDir, 'log.mdb')
    const tree = await openTree(path, topic)
    try {
      return new Store(path, topic, tree)
    } catch (error) {
      await tree.root.close()
      throw error
    }
  }

  /** False from a failure that broke LMDB until `reopen` has mended it: nothing can be read or written. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The next offset; every record before it is on disk. */
  get end(): number {
    return this.#end
  }

  /**
   * Writes records from `end` on in one transaction, in their order, and resolves once they are on disk.
   * One call at a time. On failure `end` stays where it was.
   */
  async write(records: readonly Pending[]): Promise<Failure | undefined> {
    let newest = this.#newest
    let next = this.#end
    try {
      await this.#tree.root.batch(() => {
        for (let from = 0; from < records.length; ) {
          const to = chunkEnd(records, from)
          const chunk = records.slice(from, to)
          this.#tree.records.put(next, makeChunk(chunk.map((record) => record.bytes)))
          const before = newest
          for (const { timestamp } of chunk) if (timestamp > newest) newest = timestamp
          if (newest > before) this.#tree.times.put(newest, next)
          next += to - from
          from = to
        }
      })
    } catch (error) {
      return this.#failure(await causeOf(error))
    }
    this.#newest = newest
    this.#end = next
    return undefined
  }

  /** Whether the disk takes data: writes some, beside the log. */
  async probe(): Promise<Failure | undefined> {
    try {
      await this.#tree.folder.put('probe', 'x'.repeat(CHUNK_BYTES))
      return undefined
    } catch (error) {
      return this.#failure(await causeOf(error))
    }
  }

  /**
   * Closes the file and opens it again, after a failure that LMDB does not forgive. What was open then is decided: the
   * transaction is there and `end` behind it, or it is not and never will be. Resolves to what hinders, or undefined.
   */
  async reopen(): Promise<unknown> {
    try {
      await this.#tree.root.close()
      const tree = await openTree(this.#path, this.#topic)
      const end = endOf(tree)
      if (!incarnationOf(tree, this.#topic).equals(this.incarnation) || end < this.#end) {
        await tree.root.close()
        throw new Error('its file was replaced')
      }
      this.#tree = tree
      this.#end = end
      this.#newest = newestOf(tree)
      this.#isOpen = true
      return undefined
    } catch (error) {
      return causeOf(error)
    }
  }

  /**
   * The records from `from` on, before `to`, of about `bytes`, at least one. `to` is at most `end`.
   * Throws an Error when the file is damaged there.
   */
  batch(from: number, to: number, bytes: number): Batch {
    const records: LogRecord[] = []
    let size = 0
    let next = from
    for (const { key: first, value: chunk } of this.#tree.records.getRange({ start: this.#chunkOf(from) })) {
      const reader = new ChunkReader(chunk)
      let offset = first
      for (; offset < next && !reader.done; offset++) reader.skip()
      if (offset !== next) throw new Error(`offset ${next} is missing`)
      const before = reader.position
      for (; !reader.done && next < to; next++) {
        if (records.length > 0 && size + reader.position - before >= bytes) break
        records.push(reader.next(next))
      }
      size += reader.position - before
      if (next >= to || size >= bytes) break
    }
    if (records.length === 0) throw new Error(`offset ${next} is missing`)
    return { partition: 0, records, next, bytes: size }
  }

  /** Offset of the first record whose timestamp is at or after `timestamp`; `end` if there is none. */
  firstAt(timestamp: number): number {
    for (const { value: first } of this.#tree.times.getRange({ start: timestamp, limit: 1 })) {
      const reader = new ChunkReader(this.#tree.records.get(first) ?? Buffer.alloc(0))
      for (let offset = first; !reader.done; offset++) {
        if (reader.peekTimestamp() >= timestamp) return offset
        reader.skip()
      }
      throw new Error(`the index of times is wrong at offset ${first}`)
    }
    return this.#end
  }

  /** Closes the file; a transaction under way is waited for. */
  async close(): Promise<void> {
    await this.#tree.root.close()
  }

  #chunkOf(offset: number): number {
    const [first] = this.#tree.records.getKeys({ start: offset, reverse: true, limit: 1 })
    if (first === undefined) throw new Error(`offset ${offset} is missing`)
    return first
  }

  /**
   * LMDB refuses every further transaction when the last write of a commit failed, the one that makes it valid:
   * only then is it open whether the transaction will be there after a restart.
   */
  #failure(cause: unknown): Failure {
    try {
      this.#tree.root.transactionSync(() => undefined)
      this.#tree.root.resetReadTxn()
      if (endOf(this.#tree) === this.#end) return { written: false, cause, broken: false }
    } catch {
      // Answered below.
    }
    this.#isOpen = false
    return { written: 'unknown', cause, broken: true }
  }
}

function endOf({ records }: Tree): number {
  for (const { key, value } of records.getRange({ reverse: true, limit: 1 })) return key + countRecords(value)
  return 0
}

function newestOf({ times }: Tree): number {
  const [newest] = times.getKeys({ reverse: true, limit: 1 })
  return newest ?? Number.NEGATIVE_INFINITY
}

/** The topic's stored incarnation, made here for a topic that is new. */
function incarnationOf({ folder }: Tree, topic: string): Buffer {
  const key = `incarnation:${topic}`
  const stored = folder.get(key)
  const id = stored ?? randomUUID()
  if (stored === undefined) folder.putSync(key, id)
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new Error('its incarnation is damaged')
  return bytes
}

/** Where the chunk that begins at `from` ends: it has one record at least. */
function chunkEnd(records: readonly Pending[], from: number): number {
  let bytes = 0
  for (let at = from; at < records.length; at++) {
    bytes += records[at]!.bytes.length
    if (bytes > CHUNK_BYTES) return Math.max(at, from + 1)
  }
  return records.length
}
