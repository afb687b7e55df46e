/**
 * What fetches brought lately, kept for a short while within bounds. A broker sends whole batches, so a small page
 * needs a part of what comes for it, and its next page asks for the rest: pages of 100 out of batches of 1,000 would
 * else fetch and unpack each batch ten times. Committed records do not change, and whether retention has removed
 * some is asked before each read; the age is bounded all the same, for the memory.
 */
import { decompress } from './codecs.ts'
import type { AbortedTransaction } from './record-batch.ts'

const MAX_BYTES = 8 * 1024 * 1024
const MAX_AGE_MS = 5_000

/** A run of batches as one fetch brought them. */
export class FetchedRun {
  readonly partition: number
  /** Holds what is committed from here on. */
  readonly from: number
  /** Behind its last whole batch. */
  readonly next: number
  readonly batches: Buffer
  readonly aborted: readonly AbortedTransaction[]
  readonly topicId: Buffer
  readonly at = performance.now()
  #unpackedAt = -1
  #unpacked: Buffer | null = null

  constructor(run: Pick<FetchedRun, 'topicId' | 'partition' | 'from' | 'next' | 'batches' | 'aborted'>) {
    this.topicId = run.topicId
    this.partition = run.partition
    this.from = run.from
    this.next = run.next
    this.batches = run.batches
    this.aborted = run.aborted
  }

  /** Unpacks a batch's body; the one that was unpacked last is at hand. */
  readonly plainOf = (codec: number, body: Buffer): Buffer => {
    if (this.#unpacked === null || this.#unpackedAt !== body.byteOffset) {
      this.#unpacked = decompress(codec, body)
      this.#unpackedAt = body.byteOffset
    }
    return this.#unpacked
  }
}

export class FetchedRuns {
  /** The one that was used last at the end. */
  #runs: FetchedRun[] = []
  #bytes = 0

  keep(run: FetchedRun): void {
    if (run.batches.length > MAX_BYTES / 2) return
    this.#runs.push(run)
    this.#bytes += run.batches.length
    const now = performance.now()
    while (this.#bytes > MAX_BYTES || now - (this.#runs[0]?.at ?? now) > MAX_AGE_MS) {
      this.#bytes -= this.#runs.shift()!.batches.length
    }
  }

  /** The run that holds an offset. */
  holding(topicId: Buffer, partition: number, offset: number): FetchedRun | null {
    return this.#find(topicId, partition, (run) => run.from <= offset && offset < run.next)
  }

  /** The run that ends right before an offset: who reads on there reads the log through. */
  before(topicId: Buffer, partition: number, offset: number): FetchedRun | null {
    return this.#find(topicId, partition, (run) => run.next === offset)
  }

  #find(topicId: Buffer, partition: number, isIt: (run: FetchedRun) => boolean): FetchedRun | null {
    const oldest = performance.now() - MAX_AGE_MS
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]!
      if (run.partition !== partition || run.at < oldest || !isIt(run) || !run.topicId.equals(topicId)) continue
      return run
    }
    return null
  }
}
