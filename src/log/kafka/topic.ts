/**
 * What is known of the topic: its id, its leaders, its settings, and whether it can be used. One loop asks for
 * it every 2 s (4 times a second while something is wrong) and everybody who meets an error asks at once; all
 * share one request. The request goes to one broker, and if that one keeps silent to the next as well, since a
 * stopped broker accepts connections and answers nothing.
 *
 * The topic is created only if it is missing when the cluster is first reached. Later a missing topic means
 * that somebody deleted it: then it has no leaders until somebody makes it again.
 */
import { setMaxListeners } from 'node:events'
import { HeraldError } from '../../errors.ts'
import type { Health } from '../event-log.ts'
import type { Address, Link } from './link.ts'
import type { Links } from './links.ts'
import type { KafkaLogNotice } from './notice.ts'
import { CODE, METADATA, metadataRequest, parseMetadata, type TopicMetadata } from './protocol.ts'
import { Refused } from './security.ts'
import { pause, within } from './time.ts'

const REFRESH_MS = 2_000
const REFRESH_WHILE_DOWN_MS = 250
const METADATA_TIMEOUT_MS = 1_500
/** A broker that has not answered after so long is joined by the next. */
const HEDGE_MS = 300
const SETTINGS_MS = 30_000
/** A cursor holds an offset for each partition, and must stay short enough for a header (Last-Event-ID). */
const MAX_PARTITIONS = 512
/** Kafka's default of max.message.bytes, for a topic whose settings may not be read. */
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588

/** The topic as the cluster last described it. */
export interface View {
  readonly topicId: Buffer
  readonly leaders: readonly number[]
  readonly brokers: TopicMetadata['brokers']
}

export interface Settings {
  readonly maxMessageBytes: number
  /** Whether the log sets the timestamps; null where the settings could not be read. */
  readonly logAppendTime: boolean | null
  /** Whether retention alone removes records, so that a hole between two batches is a loss. */
  readonly deleteOnly: boolean
}

export interface TopicOptions {
  readonly bootstrap: readonly Address[]
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly links: Links
  readonly notify: (notice: KafkaLogNotice) => void
}

export class Topic {
  readonly name: string
  readonly #options: TopicOptions
  readonly #listeners = new Set<() => void>()
  readonly #stop = new AbortController()
  readonly #ready: Promise<void>
  #becomeReady: () => void = () => {}
  #view: View | null = null
  #settings: Settings = { maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES, logAppendTime: null, deleteOnly: false }
  #settingsAt = Number.NEGATIVE_INFINITY
  #down: string | null = 'the Kafka cluster has not been reached yet'
  #refreshing: Promise<View> | null = null
  readonly #loop: Promise<void>

  constructor(options: TopicOptions) {
    this.name = options.topic
    this.#options = options
    // Every read and tail listens to it.
    setMaxListeners(0, this.#stop.signal)
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
    this.#loop = this.#run()
  }

  /** The last known description, null while the topic was never reached. */
  get view(): View | null {
    return this.#view
  }

  get settings(): Settings {
    return this.#settings
  }

  ready(): Promise<void> {
    return this.#ready
  }

  health(): Health {
    return this.#down === null ? { up: true } : { up: false, reason: this.#down }
  }

  /** The node that leads a partition, -1 if none is known. */
  leader(partition: number): number {
    return this.#view?.leaders[partition] ?? -1
  }

  /** Calls `listener` after every refresh; returns what stops that. */
  onRefresh(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Aborts when the log is closed. */
  get closed(): AbortSignal {
    return this.#stop.signal
  }

  /** Asks the cluster anew; callers at the same time share one request. Rejects if the topic cannot be used. */
  refresh(): Promise<View> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  /** The view, waited for until `deadline` (performance.now). Throws LOG_UNAVAILABLE. */
  async usable(deadline: number): Promise<View> {
    if (this.#view !== null) return this.#view
    await within(this.#ready, deadline - performance.now(), () => this.unavailable())
    return this.#view ?? fail(this.unavailable())
  }

  /** The error that says why the log cannot be used. */
  unavailable(options: { outcome?: 'NOT_WRITTEN' | 'UNKNOWN'; cause?: unknown } = {}): HeraldError {
    return new HeraldError('LOG_UNAVAILABLE', `The log is unavailable: ${this.#down ?? 'it does not answer'}.`, options)
  }

  /** Asks for the settings again with the next refresh. */
  distrustSettings(): void {
    this.#settingsAt = Number.NEGATIVE_INFINITY
  }

  /** Stops the loop. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#down = 'it is closed'
    this.#listeners.clear()
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.refresh().catch(() => {})
      await pause(this.#down === null ? REFRESH_MS : REFRESH_WHILE_DOWN_MS, this.#stop.signal)
    }
  }

  async #refresh(): Promise<View> {
    try {
      const view = await this.#describe()
      const leaderless = view.leaders.indexOf(-1)
      this.#setDown(leaderless < 0 ? null : `partition ${leaderless} of topic ${this.name} has no leader`)
      if (leaderless < 0) this.#becomeReady()
      return view
    } catch (error) {
      this.#setDown(error instanceof TopicError || error instanceof Refused ? error.message : 'no Kafka broker answers')
      throw error
    } finally {
      for (const listener of this.#listeners) listener()
    }
  }

  async #describe(): Promise<View> {
    const { metadata, link } = await this.#ask()
    const known = this.#view
    if (metadata.errorCode === CODE.UNKNOWN_TOPIC_OR_PARTITION) {
      if (known === null) {
        await this.#create(link)
        throw new TopicError(`topic ${this.name} is being created`)
      }
      this.#view = { ...known, leaders: known.leaders.map(() => -1) }
      throw new TopicError(`topic ${this.name} does not exist any more`)
    }
    if (metadata.leaders.length === 0) {
      throw new TopicError(`Kafka refuses topic ${this.name} with error code ${metadata.errorCode}`)
    }
    if (metadata.leaders.length > MAX_PARTITIONS) {
      throw new TopicError(`topic ${this.name} has more partitions than the ${MAX_PARTITIONS} that a cursor holds`)
    }
    const view = { topicId: metadata.topicId, leaders: metadata.leaders, brokers: metadata.brokers }
    if (known !== null && !known.topicId.equals(view.topicId)) {
      this.distrustSettings()
      this.#options.notify({ level: 'warn', message: `topic ${this.name} is another one now: deleted and made again` })
    }
    if (performance.now() - this.#settingsAt > SETTINGS_MS) await this.#readSettings(link)
    this.#view = view
    return view
  }

  async #create(link: Link): Promise<void> {
    const { topic, partitions, replicationFactor, notify } = this.#options
    try {
      await link.createTopic({ topic, numPartitions: partitions, replicationFactor })
      notify({ level: 'info', message: `topic ${topic} was created`, partitions, replicationFactor })
    } catch (error) {
      throw new TopicError(`topic ${topic} is missing and cannot be created: ${reasonOf(error)}`)
    }
  }

  async #readSettings(link: Link): Promise<void> {
    this.#settingsAt = performance.now()
    try {
      const values = await link.topicConfig(this.name, [
        'max.message.bytes',
        'message.timestamp.type',
        'cleanup.policy',
      ])
      this.#settings = {
        maxMessageBytes: Number(values.get('max.message.bytes') ?? DEFAULT_MAX_MESSAGE_BYTES),
        logAppendTime: values.get('message.timestamp.type') === 'LogAppendTime',
        deleteOnly: values.get('cleanup.policy') === 'delete',
      }
    } catch (error) {
      this.#options.notify({ level: 'warn', message: `the topic's settings cannot be read: ${reasonOf(error)}` })
    }
  }

  /** The first answer of any broker: the known ones in random order, then those that were configured. */
  #ask(): Promise<{ metadata: TopicMetadata; link: Link }> {
    const known = [...(this.#view?.brokers.values() ?? [])].sort(() => Math.random() - 0.5)
    const isKnown = ({ host, port }: Address) => known.some((other) => other.host === host && other.port === port)
    const candidates = [...known, ...this.#options.bootstrap.filter((address) => !isKnown(address))]
    const ask = (address: Address) =>
      this.#options.links.use(address, async (link) => ({
        metadata: await link.send(METADATA, metadataRequest(this.name), parseMetadata, METADATA_TIMEOUT_MS),
        link,
      }))
    return new Promise((resolve, reject) => {
      let started = 0
      let failed = 0
      let refused: Refused | null = null
      let timer: NodeJS.Timeout | undefined
      const start = () => {
        clearTimeout(timer)
        const address = candidates[started]
        if (address === undefined) return
        started++
        timer = setTimeout(start, HEDGE_MS)
        ask(address).then(
          (answer) => {
            clearTimeout(timer)
            started = candidates.length
            resolve(answer)
          },
          (error: unknown) => {
            failed++
            // One that does not let us in says more than one that is away.
            if (error instanceof Refused) refused = error
            if (failed >= candidates.length) {
              clearTimeout(timer)
              reject(refused ?? error)
            } else start()
          },
        )
      }
      start()
    })
  }

  #setDown(reason: string | null): void {
    if (reason === this.#down || this.#stop.signal.aborted) return
    this.#down = reason
    const message = reason === null ? 'the log can be used' : `the log is unavailable: ${reason}`
    this.#options.notify({ level: reason === null ? 'info' : 'warn', message })
  }
}

/** The topic's own trouble, in words that may be shown. */
class TopicError extends Error {}

function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors)) {
    return error.errors.map(reasonOf).join(', ')
  }
  return error instanceof Error ? error.message : String(error)
}

function fail(error: Error): never {
  throw error
}
