/**
 * An event as GraphQL hands it out. What costs something to make (cursor, headers) is made when it is asked
 * for: most operations select a few fields.
 */
import type { EventType } from '../catalogue/catalogue.ts'
import { formatDateTime } from '../catalogue/date-time.ts'
import type { Json } from '../catalogue/field-type.ts'
import type { Vector } from '../log/event-log.ts'
import type { CursorCodec, Place } from './cursor.ts'
import type { Headers } from './enrich.ts'

/** Values of an event's own fields, by name. Made without a prototype: fields may be named as anything. */
export type Properties = { readonly [name: string]: Json }

export interface EventParts {
  /** The declared event; null: an UnknownEvent. */
  readonly event: EventType | null
  readonly id: string
  readonly type: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly properties: Properties
  headers(): Headers
  /** An UnknownEvent's value; null also for declared events. */
  readonly value: string | null
  /** W3C Trace Context of its publishing, as the record says it; null: none, or not read from a record. */
  readonly traceparent: string | null
  /** Size of its record, about. */
  readonly bytes: number
}

export class DecodedEvent {
  readonly parts: EventParts
  readonly #topic: string
  readonly #cursors: CursorCodec
  #vector: Vector | (() => Vector)

  /** `vector`: next offset of every partition, behind this event, or what knows it when it is asked. */
  constructor(parts: EventParts, vector: Vector | (() => Vector), topic: string, cursors: CursorCodec) {
    this.parts = parts
    this.#vector = vector
    this.#topic = topic
    this.#cursors = cursors
  }

  get __typename(): string {
    return this.parts.event?.name ?? 'UnknownEvent'
  }

  get id(): string {
    return this.parts.id
  }

  get type(): string {
    return this.parts.type
  }

  get timestamp(): string {
    return formatDateTime(this.parts.timestamp)
  }

  get headers(): { name: string; value: string }[] {
    return this.parts.headers().map(([name, value]) => ({ name, value }))
  }

  get place(): Place {
    return { vector: this.vector, partition: this.parts.partition }
  }

  get vector(): Vector {
    if (typeof this.#vector === 'function') this.#vector = this.#vector()
    return this.#vector
  }

  /** The same event with another place behind it: `vector` must be exact in the event's own partition. */
  at(vector: Vector): DecodedEvent {
    return new DecodedEvent(this.parts, vector, this.#topic, this.#cursors)
  }

  get cursor(): string {
    return this.#cursors.encode(this.place)
  }

  get record(): { topic: string; partition: number; offset: string; key: string | null } {
    const { partition, offset, key } = this.parts
    return { topic: this.#topic, partition, offset: String(offset), key }
  }

  get value(): string | null {
    return this.parts.value
  }
}
