/** The partitions of the topic, asked for every two seconds, and how fast each grows. */
import { ApiError, ask } from '../api/graphql.ts'
import { ConsolePartitionsDocument, type ConsolePartitionsQuery } from '../generated/graphql.ts'
import { Store } from './store.ts'

const EVERY_MS = 2_000
/** The rate is the mean over so long. */
const MEAN_MS = 10_000

export type Partition = ConsolePartitionsQuery['partitions'][number]

interface Sample {
  readonly at: number
  readonly partitions: readonly Partition[]
}

export class Partitions extends Store {
  /** Oldest first; the first is at most `MEAN_MS` old, or the only one. */
  #samples: Sample[] = []
  #error: ApiError | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #closed = new AbortController()

  /** In their order; empty before the first answer. */
  get all(): readonly Partition[] {
    return this.#samples.at(-1)?.partitions ?? []
  }

  /** Why the last question was not answered; null where it was. */
  get error(): ApiError | null {
    return this.#error
  }

  /** Records a second that a partition grows by; null before that is known. */
  rate(number: number): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    const [before, after] = [endOf(first, number), endOf(last, number)]
    if (before === null || after === null || first === last) return null
    return Number(after - before) / ((last!.at - first!.at) / 1000)
  }

  /** Asks from now on, until `close`. */
  watch(): void {
    const again = () => {
      this.#timer = setTimeout(() => void this.refresh().then(again), EVERY_MS)
    }
    void this.refresh().then(again)
  }

  /** Asks now. */
  async refresh(): Promise<void> {
    const { signal } = this.#closed
    try {
      const { partitions } = await ask(ConsolePartitionsDocument, {}, { signal })
      const at = performance.now()
      this.#samples.push({ at, partitions })
      while (this.#samples.length > 2 && this.#samples[0]!.at < at - MEAN_MS) this.#samples.shift()
      this.#error = null
    } catch (error) {
      if (!(error instanceof ApiError)) return
      this.#error = error
    }
    this.changed()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#closed.abort()
  }
}

function endOf(sample: Sample | undefined, number: number): bigint | null {
  const partition = sample?.partitions.find((each) => each.number === number)
  return partition === undefined ? null : BigInt(partition.end)
}
