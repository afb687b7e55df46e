/**
 * The three operations and what they share, made once from the catalogue and a log: the whole semantics of
 * the product, with no HTTP and no Kafka in sight.
 */
import type { Caller } from '../access/caller.ts'
import type { Catalogue, MutationField } from '../catalogue/catalogue.ts'
import { HeraldError } from '../errors.ts'
import { CursorCodec, type Place } from '../event/cursor.ts'
import { Decoder } from '../event/decode.ts'
import type { Enricher } from '../event/enrich.ts'
import type { DecodedEvent, Properties } from '../event/event.ts'
import type { EventLog } from '../log/event-log.ts'
import type { TailPlace } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import { forbiddenToPublish, readableBy } from './access.ts'
import { both, readableFilter } from './filter.ts'
import { Idempotency } from './idempotency.ts'
import { Live } from './live.ts'
import { type PublishRequest, publish } from './publish.ts'
import { type OpenPage, openPage, type Page, type ReplayArguments, replay } from './replay.ts'
import { type SubscribeArguments, subscribe } from './subscribe.ts'
import type { Subscription } from './subscription.ts'

export interface PartitionExtent {
  readonly number: number
  /** Decimal offsets. */
  readonly beginning: string
  readonly end: string
}

/** A mutation that is to be done. */
export interface MutationCall {
  readonly mutation: MutationField
  /** The root field as the answer names it: one `Idempotency-Key` serves each field of a document apart. */
  readonly field: string
  readonly properties: Properties
  readonly request: PublishRequest
  readonly caller: Caller
}

export interface Operations {
  /** Publishes the event of a mutation, once for each `Idempotency-Key` of a caller. Throws FORBIDDEN, too. */
  publish(call: MutationCall): Promise<DecodedEvent>
  /** Events that the caller may not read are left out. Throws FORBIDDEN for who may read nothing at all. */
  replay(args: ReplayArguments, caller: Caller, signal?: AbortSignal): Promise<Page>
  /** The same, while it is read. */
  openPage(args: ReplayArguments, caller: Caller, signal?: AbortSignal): Promise<OpenPage>
  /** As `replay`: left out are the same, and the cursor moves on over them. */
  subscribe(args: SubscribeArguments, caller: Caller, asking: { readonly signal: AbortSignal }): Promise<Subscription>
  partitions(caller: Caller): Promise<PartitionExtent[]>
  cursorOf(place: Place): string
  /** Where the tail is that feeds all subscribers. */
  tail(): TailPlace
  /** Stops the tail. */
  close(): Promise<void>
}

export function createOperations(options: {
  readonly catalogue: Catalogue
  readonly log: EventLog
  readonly enricher: Enricher
  readonly source: string
  /** How long an answer is remembered by its `Idempotency-Key`. */
  readonly idempotencyWindowSeconds: number
  /** Of all clients together; more are OVERLOADED. */
  readonly maxSubscriptions: number
  /** Null: no traces. */
  readonly tracing: Tracing | null
}): Operations {
  const { catalogue, log, enricher, source, tracing } = options
  const idempotency = new Idempotency(options.idempotencyWindowSeconds)
  const cursors = new CursorCodec(log.topic, () => log.incarnation())
  const decoder = new Decoder(catalogue, log.topic, cursors)
  const live = new Live({ log, decoder })
  live.start()
  let subscriptions = 0
  const closed = () => {
    subscriptions--
  }
  /** Counts a subscription; returns what counts its end. */
  function opening({ quota }: Caller): () => void {
    if (subscriptions >= options.maxSubscriptions) {
      throw new HeraldError('OVERLOADED', 'There are as many subscriptions as this gateway takes. Try again.')
    }
    const closedOfClient = quota?.open('subscriptions')
    subscriptions++
    return closedOfClient === undefined
      ? closed
      : () => {
          closedOfClient()
          closed()
        }
  }
  const shared = { log, live, cursors, decoder, enricher, source, tracing }
  return {
    publish({ mutation: { name, event }, field, properties, request, caller }) {
      if (!caller.rights.mayPublish(event.name)) return Promise.reject(forbiddenToPublish(event.name))
      const call = { event, properties, request, quota: caller.quota }
      const key = request.idempotencyKey
      if (key === null) return publish(shared, call)
      return idempotency.once({ key, caller: caller.name, field, operation: name, properties }, () =>
        publish(shared, call),
      )
    },
    async replay(args, caller, signal) {
      return replay(shared, { ...args, readable: readableBy(caller) }, signal)
    },
    async openPage(args, caller, signal) {
      return openPage(shared, { ...args, readable: readableBy(caller) }, signal)
    },
    async subscribe(args, caller, asking) {
      const matches = both(readableFilter(readableBy(caller)), args.matches)
      const onClose = opening(caller)
      try {
        const subscription = await subscribe(shared, { ...args, matches }, asking)
        subscription.onClose = onClose
        return subscription
      } catch (error) {
        onClose()
        throw error
      }
    },
    async partitions(caller) {
      readableBy(caller)
      await live.begun()
      const [beginnings, ends] = await Promise.all([log.beginnings(), log.ends()])
      return ends.map((end, number) => ({ number, beginning: String(beginnings[number] ?? 0), end: String(end) }))
    },
    cursorOf: (place) => cursors.encode(place),
    tail: () => live,
    close: () => live.close(),
  }
}
