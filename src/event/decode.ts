/**
 * A record becomes an event, whoever wrote it. Decoding never throws: a record that no declared event
 * matches, that lacks a required property or has one of another type, is an UnknownEvent, poison included.
 *
 * A decoded event reads its record when it is asked, and only for that: a page of ids never looks into the values.
 */
import type { Catalogue, EventType } from '../catalogue/catalogue.ts'
import { fits, fromText, type Json, toText } from '../catalogue/field-type.ts'
import type { LogRecord, Vector } from '../log/event-log.ts'
import type { CursorCodec } from './cursor.ts'
import type { Headers } from './enrich.ts'
import { DecodedEvent, type EventParts, type Properties } from './event.ts'
import { FlatJson } from './flat-json.ts'
import { isHeaderName } from './header-name.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const CE_ID = Buffer.from('ce_id')
const TRACEPARENT = Buffer.from('traceparent')
const NO_PROPERTIES: Properties = Object.create(null)

type JsonObject = { readonly [name: string]: unknown }

/** What a value's JSON says, by name; undefined where it says nothing. */
type Read = (name: string) => unknown

/** What a record's value is. */
interface Known {
  /** The declared event; null: it is an UnknownEvent. */
  readonly event: EventType | null
  /** The `event_type` as recorded; "" where there is none. */
  readonly type: string
  readonly properties: Properties
}

export class Decoder {
  readonly #topic: string
  readonly #cursors: CursorCodec
  /** Events whose template has no placeholder, by its text. */
  readonly #plain = new Map<string, EventType>()
  readonly #templated: EventType[] = []
  readonly #flat = new FlatJson()

  constructor(catalogue: Catalogue, topic: string, cursors: CursorCodec) {
    this.#topic = topic
    this.#cursors = cursors
    for (const event of catalogue.events) {
      if (event.type.names.length === 0) this.#plain.set(event.type.text, event)
      else this.#templated.push(event)
    }
  }

  /** `vector`: next offset of every partition, behind this record, or what knows it when it is asked. */
  decode(record: LogRecord, vector: Vector | (() => Vector), cursors = this.#cursors): DecodedEvent {
    return new DecodedEvent(new RecordParts(this, this.#topic, record), vector, this.#topic, cursors)
  }

  /** What the value of a record is. */
  read(record: LogRecord): Known {
    const { bytes, valueAt, valueLength } = record
    if (this.#flat.read(bytes, valueAt, valueAt + valueLength)) return this.#match((name) => this.#flat.get(name))
    const json = parseObject(record.text)
    return json === null ? UNREADABLE : this.#match((name) => own(json, name))
  }

  #match(read: Read): Known {
    const type = read('event_type')
    if (typeof type !== 'string') return UNREADABLE
    return this.#declared(type, read) ?? { event: null, type, properties: NO_PROPERTIES }
  }

  #declared(type: string, read: Read): Known | null {
    const plain = this.#plain.get(type)
    if (plain !== undefined) return propertiesOf(plain, type, [], read)
    for (const event of this.#templated) {
      const values = event.type.match(type)
      if (values !== null) return propertiesOf(event, type, values, read)
    }
    return null
  }
}

/** A value that is no object, or has no `event_type`. */
const UNREADABLE: Known = { event: null, type: '', properties: NO_PROPERTIES }

/** An event's parts, out of its record. */
class RecordParts implements EventParts {
  readonly #decoder: Decoder
  readonly #topic: string
  readonly #record: LogRecord
  #known: Known | null = null

  constructor(decoder: Decoder, topic: string, record: LogRecord) {
    this.#decoder = decoder
    this.#topic = topic
    this.#record = record
  }

  get #value(): Known {
    this.#known ??= this.#decoder.read(this.#record)
    return this.#known
  }

  get event(): EventType | null {
    return this.#value.event
  }

  get type(): string {
    return this.#value.type
  }

  get properties(): Properties {
    return this.#value.properties
  }

  /** Of an UnknownEvent. */
  get value(): string | null {
    return this.event === null ? this.#record.text : null
  }

  get id(): string {
    const id = this.#record.header(CE_ID)
    return id !== null && UUID.test(id) ? id : `${this.#topic}-${this.partition}-${this.offset}`
  }

  get timestamp(): number {
    return this.#record.timestamp
  }

  get partition(): number {
    return this.#record.partition
  }

  get offset(): number {
    return this.#record.offset
  }

  get key(): string | null {
    return this.#record.key?.toString('utf8') ?? null
  }

  get traceparent(): string | null {
    return this.#record.header(TRACEPARENT)
  }

  get bytes(): number {
    return this.#record.size
  }

  headers(): Headers {
    const json = parseObject(this.#record.text)
    return json === null ? [] : headersOf(json, this.event)
  }
}

function parseObject(text: string | null): JsonObject | null {
  if (text === null) return null
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : null
  } catch {
    return null
  }
}

/** Only what the object itself holds: a field may be named `constructor`. */
function own(json: JsonObject, name: string): unknown {
  return Object.hasOwn(json, name) ? json[name] : undefined
}

function propertiesOf(event: EventType, text: string, templateValues: readonly string[], read: Read): Known | null {
  if (event.fields.length === 0) return { event, type: text, properties: NO_PROPERTIES }
  const properties: { [name: string]: Json } = Object.create(null)
  for (const { name, type } of event.fields) {
    const index = event.type.names.indexOf(name)
    let value: unknown
    if (index < 0) {
      value = read(name)
      if (!fits(type, value)) return null
    } else {
      const text = templateValues[index]!
      value = fromText(type, text)
      // "level:05" is no text that level 5 would have been written as.
      if (value === undefined || toText(value as Json) !== text) return null
    }
    properties[name] = (value as Json | undefined) ?? null
  }
  return { event, type: text, properties }
}

/** What can only be captured headers: text under a name in Title-Case that the event does not declare. */
function headersOf(json: JsonObject, event: EventType | null): Headers {
  return Object.entries(json).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      isHeaderName(entry[0]) &&
      !event?.properties.some(({ name }) => name === entry[0]),
  )
}
