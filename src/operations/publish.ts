/**
 * Publish: a mutation's arguments and the request's headers become a record, and the answer is given when
 * the log has acknowledged it, never before.
 */
import type { EventType } from '../catalogue/catalogue.ts'
import type { CursorCodec } from '../event/cursor.ts'
import { encodeEvent } from '../event/encode.ts'
import type { Enricher, RequestHead } from '../event/enrich.ts'
import { DecodedEvent, type Properties } from '../event/event.ts'
import { newEventId } from '../event/event-id.ts'
import type { EventLog, Vector } from '../log/event-log.ts'
import type { Live } from './live.ts'

export interface PublishDependencies {
  readonly log: EventLog
  readonly live: Live
  readonly cursors: CursorCodec
  readonly enricher: Enricher
  /** CloudEvents' source of what is published here. */
  readonly source: string
}

export interface PublishRequest extends RequestHead {
  readonly idempotencyKey: string | null
  /** W3C Trace Context of the request, if it has a valid one. */
  readonly traceparent: string | null
}

/**
 * Publishes one event; resolves with it when it is durable. Throws BAD_USER_INPUT, RECORD_TOO_LARGE,
 * LOG_UNAVAILABLE, OVERLOADED, each with its outcome.
 */
export async function publish(
  { log, live, cursors, enricher, source }: PublishDependencies,
  event: EventType,
  properties: Properties,
  request: PublishRequest,
): Promise<DecodedEvent> {
  const { idempotencyKey, traceparent } = request
  const id = newEventId()
  const { record, type, headers } = encodeEvent({
    event,
    properties,
    headers: enricher.capture(request),
    id,
    timestamp: Date.now(),
    source,
    idempotencyKey,
    traceparent,
  })
  const beginning = live.begun(record.value.length)
  if (beginning !== null) await beginning
  const { partition, offset, timestamp } = await live.publishing(() => log.append(record))
  const tail = live.vector ?? []
  return new DecodedEvent(
    {
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
    },
    // Made for who asks for the cursor. No accessor of the object's own: each would be a hidden class of its own, old at
    // once, and keep what it closes over until V8 marks the whole heap (2 kB of each event, measured).
    () => behindOwn(tail, partition, offset),
    log.topic,
    cursors,
  )
}

/** Exact in the event's own partition; in the others where the tail is, which is at or before their end. */
function behindOwn(tail: Vector, partition: number, offset: number): Vector {
  const vector = [...tail]
  for (let p = vector.length; p < partition; p++) vector[p] = 0
  vector[partition] = offset + 1
  return vector
}
