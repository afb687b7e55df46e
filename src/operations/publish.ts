/**
 * Publish: a mutation's arguments and the request's headers become a record, and the answer is given when
 * the log has acknowledged it, never before.
 */
import type { Quota } from '../access/quota.ts'
import type { EventType } from '../catalogue/catalogue.ts'
import { type ErrorCode, HeraldError } from '../errors.ts'
import type { CursorCodec } from '../event/cursor.ts'
import { type EncodedEvent, encodeEvent } from '../event/encode.ts'
import type { Enricher, RequestHead } from '../event/enrich.ts'
import { DecodedEvent, type EventParts, type Properties } from '../event/event.ts'
import { newEventId } from '../event/event-id.ts'
import type { Appended, EventLog, Vector } from '../log/event-log.ts'
import { channels } from '../observability/channels.ts'
import type { PublishSpan, Tracing } from '../observability/tracing.ts'
import type { Live } from './live.ts'

export interface PublishDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly enricher: Enricher
  /** CloudEvents' source of what is published here. */
  readonly source: string
  /** Null: no traces. */
  readonly tracing: Tracing | null
}

export interface PublishRequest extends RequestHead {
  readonly idempotencyKey: string | null
  /** W3C Trace Context of the request, if it has a valid one. */
  readonly traceparent: string | null
}

/** An event that is to be published. */
export interface PublishCall {
  readonly event: EventType
  readonly properties: Properties
  readonly request: PublishRequest
  /** The caller's; undefined: it is not limited. */
  readonly quota: Quota | undefined
}

/**
 * Publishes one event; resolves with it when it is durable. Throws RATE_LIMITED, BAD_USER_INPUT, RECORD_TOO_LARGE,
 * LOG_UNAVAILABLE, OVERLOADED, each with its outcome. Counts, and traces, what became of it. One async function for all
 * of that: each in between would cost as much as the header of a record.
 */
export async function publish(dependencies: PublishDependencies, call: PublishCall): Promise<DecodedEvent> {
  const { live, log, cursors, tracing } = dependencies
  const { event, request, quota } = call
  const begin = performance.now()
  let span: PublishSpan | null = null
  try {
    quota?.take('events')
    span = tracing?.publishing(event.name, request.traceparent) ?? null
    const made = make(dependencies, call, span?.traceparent ?? request.traceparent)
    const beginning = live.begun(made.record.value.length)
    if (beginning !== null) await beginning
    const appended = await live.publishing(() => log.append(made.record))
    const published = new DecodedEvent(
      partsOf(call, made, appended),
      vectorOf(live.vector, appended),
      log.topic,
      cursors,
    )
    span?.end(published.parts, null)
    tell(event, null, begin)
    return published
  } catch (error) {
    span?.end(null, error)
    tell(event, error instanceof HeraldError ? error.code : 'INTERNAL_SERVER_ERROR', begin)
    throw error
  }
}

/** What is going to be appended, and what of it the answer may be asked for. */
interface Made extends EncodedEvent {
  readonly id: string
  readonly traceparent: string | null
}

function make(
  { enricher, source }: PublishDependencies,
  { event, properties, request }: PublishCall,
  traceparent: string | null,
): Made {
  const id = newEventId()
  const { idempotencyKey } = request
  const headers = enricher.capture(request)
  const timestamp = Date.now()
  const encoded = encodeEvent({ event, properties, headers, id, timestamp, source, idempotencyKey, traceparent })
  return { id, traceparent, record: encoded.record, type: encoded.type, headers: encoded.headers }
}

function partsOf(
  { event, properties }: PublishCall,
  { id, type, record, headers, traceparent }: Made,
  { partition, offset, timestamp }: Appended,
): EventParts {
  return {
    event,
    id,
    type,
    timestamp,
    partition,
    offset,
    key: record.key,
    properties,
    headers: () => headers,
    value: null,
    traceparent,
    bytes: record.value.length,
  }
}

/**
 * Made for who asks for the cursor. No accessor of the event's own parts: V8 makes the pair of one in its old half, and
 * that keeps what the accessor closes over until the whole heap is marked (2 kB of each event, measured).
 */
function vectorOf(tail: Vector | null, { partition, offset }: Appended): () => Vector {
  return () => behindOwn(tail ?? [], partition, offset)
}

function tell({ name: event }: EventType, error: ErrorCode | null, begin: number): void {
  if (!channels.published.hasSubscribers) return
  channels.published.publish({ event, error, seconds: (performance.now() - begin) / 1_000 })
}

/** Exact in the event's own partition; in the others where the tail is, which is at or before their end. */
function behindOwn(tail: Vector, partition: number, offset: number): Vector {
  const vector = [...tail]
  for (let p = vector.length; p < partition; p++) vector[p] = 0
  vector[partition] = offset + 1
  return vector
}
