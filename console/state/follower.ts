/**
 * The console's one stream: from a place on, through the past if it lies there, then live, and back to its place
 * whenever the connection is lost. The past is read up to the end that the log has (`until: END`), so that the gateway
 * says when it is through; then the same place is followed. Every way on is one request after the last cursor: what
 * was had already does not come again, and nothing between is missed.
 */
import { type Catalogue, parseEvent, withOwnFields } from '../api/catalogue.ts'
import { gatewayNow } from '../api/clock.ts'
import { openEventStream } from '../api/event-stream.ts'
import type { ConsoleEvent } from '../api/events.ts'
import { ApiError, ask } from '../api/graphql.ts'
import {
  ConsoleRecentDocument,
  ConsoleStreamDocument,
  type ConsoleStreamSubscriptionVariables,
} from '../generated/graphql.ts'
import { Store } from './store.ts'

/** Events of the past that are shown before the live ones. */
const RECENT = 1_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000
/** How long events are taken in at a stretch before the browser may paint. */
const STRETCH_MS = 8

/** Where a stream begins; `since` is RFC 3339. */
export type Start =
  | { readonly from: 'now' }
  | { readonly from: 'beginning' }
  | { readonly from: 'time'; readonly since: string }

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'replaying' }
  | { readonly state: 'live' }
  /** Tries again at `retryAt`, in milliseconds since 1970. */
  | { readonly state: 'waiting'; readonly error: ApiError; readonly retryAt: number }
  /** Goes on only when somebody says how. */
  | { readonly state: 'stopped'; readonly error: ApiError }

/** A connection that was lost and taken up again. */
export interface Resumption {
  readonly cursor: string
  /** Milliseconds since 1970. */
  readonly lostAt: number
  readonly resumedAt: number
  /** Events that were published meanwhile, and came afterwards. */
  readonly caughtUp: number
}

/** What hears of the stream. */
export interface Listener {
  /** A stream begins anew: what was heard before does not belong to it. Events before `coveredFrom` are not told of. */
  begun(start: Start, coveredFrom: number): void
  events(events: readonly ConsoleEvent[]): void
  lost(error: ApiError, cursor: string): void
  resumed(resumption: Resumption): void
}

export class Follower extends Store {
  readonly #catalogue: Catalogue
  readonly #listener: Listener
  #connection: Connection = { state: 'connecting' }
  #cursor: string | null = null
  #resumption: Resumption | null = null
  #start: Start = { from: 'now' }
  #running = new AbortController()
  #retryNow: () => void = () => {}

  constructor(catalogue: Catalogue, listener: Listener) {
    super()
    this.#catalogue = catalogue
    this.#listener = listener
  }

  get connection(): Connection {
    return this.#connection
  }

  /** The place behind the last event; null before there is one. */
  get cursor(): string | null {
    return this.#cursor
  }

  /** The last one, null if the connection never was lost. */
  get resumption(): Resumption | null {
    return this.#resumption
  }

  get start(): Start {
    return this.#start
  }

  /** Begins a stream, in the place of the one that there is. */
  begin(start: Start): void {
    this.#take(start, null)
  }

  /** Goes on from its place after it was stopped. */
  goOn(): void {
    this.#take(this.#start, this.#cursor)
  }

  /** Does not wait any longer for the next try. */
  retryNow(): void {
    this.#retryNow()
  }

  close(): void {
    this.#running.abort()
  }

  #take(start: Start, cursor: string | null): void {
    this.#running.abort()
    this.#running = new AbortController()
    this.#start = start
    this.#cursor = cursor
    this.#resumption = null
    this.#set({ state: 'connecting' })
    const { signal } = this.#running
    this.#run(start, signal).catch((error: unknown) => {
      if (signal.aborted) return
      const refusal = error instanceof ApiError ? error : new ApiError('INTERNAL_SERVER_ERROR', String(error))
      this.#set({ state: 'stopped', error: refusal })
    })
  }

  /** Returns never; throws `ApiError` for what trying again does not mend. */
  async #run(start: Start, signal: AbortSignal): Promise<never> {
    const isToBegin = this.#cursor === null
    if (isToBegin && start.from !== 'now') {
      this.#listener.begun(start, start.from === 'time' ? Date.parse(start.since) : 0)
    }
    let isPast = start.from !== 'now' && isToBegin
    let wait = FIRST_WAIT_MS
    let lostAt: number | null = null
    for (;;) {
      try {
        if (this.#cursor === null && start.from === 'now') await this.#readRecent(signal)
        const variables = isPast ? pastOf(start) : {}
        await this.#read(variables, isPast, lostAt, signal, () => {
          wait = FIRST_WAIT_MS
          lostAt = null
        })
        if (!isPast) throw new ApiError('UNREACHABLE', 'The gateway ended the stream.')
        isPast = false
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ApiError) || !error.isPassing) throw error
        if (lostAt === null && this.#cursor !== null) {
          lostAt = Date.now()
          this.#listener.lost(error, this.#cursor)
        }
        this.#set({ state: 'waiting', error, retryAt: Date.now() + wait })
        await this.#wait(wait, signal)
        wait = Math.min(wait * 2, LONGEST_WAIT_MS)
      }
    }
  }

  async #readRecent(signal: AbortSignal): Promise<void> {
    const { events } = await ask(withOwnFields(ConsoleRecentDocument, this.#catalogue), { last: RECENT }, { signal })
    const recent = events.nodes.map((node) => parseEvent(node, this.#catalogue))
    this.#listener.begun({ from: 'now' }, events.pageInfo.hasPreviousPage ? (recent[0]?.time ?? 0) : 0)
    this.#listener.events(recent)
    this.#cursor = events.end
  }

  /** Reads one connection's stream to its end. */
  async #read(
    variables: ConsoleStreamSubscriptionVariables,
    isPast: boolean,
    lostAt: number | null,
    signal: AbortSignal,
    onOpen: () => void,
  ): Promise<void> {
    const document = withOwnFields(ConsoleStreamDocument, this.#catalogue)
    const resumedAfter = this.#cursor
    let isOpen = false
    let paintedAt = performance.now()
    for await (const { results, cursor } of openEventStream(document, variables, this.#cursor, signal)) {
      const events = results.map(({ events }) => parseEvent(events, this.#catalogue))
      if (!isOpen) {
        isOpen = true
        onOpen()
        if (lostAt !== null && resumedAfter !== null) {
          this.#resumption = { cursor: resumedAfter, lostAt, resumedAt: gatewayNow(), caughtUp: 0 }
          this.#listener.resumed(this.#resumption)
        }
        this.#set({ state: isPast ? 'replaying' : 'live' })
      }
      // One step: the events and their place, so that no reconnection comes between the two.
      this.#listener.events(events)
      this.#cursor = cursor
      this.#countMissed(events)
      if (performance.now() - paintedAt > STRETCH_MS) {
        await new Promise((resolve) => setTimeout(resolve))
        paintedAt = performance.now()
      }
    }
  }

  /** Counts what was published while the connection was lost. */
  #countMissed(events: readonly ConsoleEvent[]): void {
    const resumption = this.#resumption
    if (resumption === null) return
    const missed = events.filter(({ time }) => time <= resumption.resumedAt).length
    if (missed > 0) this.#resumption = { ...resumption, caughtUp: resumption.caughtUp + missed }
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        resolve()
      }
      const stop = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(go, ms)
      signal.addEventListener('abort', stop, { once: true })
      this.#retryNow = go
    })
  }

  #set(connection: Connection): void {
    this.#connection = connection
    this.changed()
  }
}

function pastOf(start: Start): ConsoleStreamSubscriptionVariables {
  return start.from === 'time' ? { since: start.since, until: 'END' } : { from: 'EARLIEST', until: 'END' }
}
