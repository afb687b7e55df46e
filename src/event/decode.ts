/**
 * A record becomes an event, whoever wrote it. Decoding never throws: a record that no declared event
 * matches, that lacks a required property or has one of another type, is an UnknownEvent, poison included.
 */
import type { Catalogue, EventType } from '../catalogue/catalogue.ts'
import { fits, fromText, type Json, toText } from '../catalogue/field-type.ts'
import type { LogRecord, Vector } from '../log/event-log.ts'
import type { CursorCodec } from './cursor.ts'
import type { Headers } from './enrich.ts'
import { DecodedEvent, type Properties } from './event.ts'
import { isHeaderName } from './header-name.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

type JsonObject = { readonly [name: string]: unknown }

export class Decoder {
  readonly #topic: string
  readonly #cursors: CursorCodec
  /** Events whose template has no placeholder, by its text. */
  readonly #plain = new Map<string, EventType>()
  readonly #templated: EventType[] = []

  constructor(catalogue: Catalogue, topic: string, cursors: CursorCodec) {
    this.#topic = topic
    this.#cursors = cursors
    for (const event of catalogue.events) {
      if (event.type.names.length === 0) this.#plain.set(event.type.text, event)
      else this.#templated.push(event)
    }
  }

  /** `vector`: the place behind this record. */
  decode(record: LogRecord, vector: Vector): DecodedEvent {
    const text = record.value === null ? null : record.value.toString('utf8')
    const json = text === null ? null : parseObject(text)
    const type = json === null ? undefined : own(json, 'event_type')
    const known = json === null || typeof type !== 'string' ? null : this.#read(type, json)
    return new DecodedEvent(
      {
        event: known?.event ?? null,
        id: idOf(record) ?? `${this.#topic}-${record.partition}-${record.offset}`,
        type: typeof type === 'string' ? type : '',
        timestamp: record.timestamp,
        partition: record.partition,
        offset: record.offset,
        key: record.key === null ? null : record.key.toString('utf8'),
        properties: known?.properties ?? {},
        headers: () => (json === null ? [] : headersOf(json, known?.event ?? null)),
        value: known === null ? text : null,
        vector,
        bytes: sizeOf(record),
      },
      this.#topic,
      this.#cursors,
    )
  }

  #read(type: string, json: JsonObject): { event: EventType; properties: Properties } | null {
    const plain = this.#plain.get(type)
    if (plain !== undefined) return propertiesOf(plain, [], json)
    for (const event of this.#templated) {
      const values = event.type.match(type)
      if (values !== null) return propertiesOf(event, values, json)
    }
    return null
  }
}

/** Size of a record in memory and on the wire, about. */
export function sizeOf(record: LogRecord): number {
  let bytes = 32 + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  for (const [name, value] of record.headers) bytes += name.length + value.length
  return bytes
}

function parseObject(text: string): JsonObject | null {
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

function propertiesOf(
  event: EventType,
  templateValues: readonly string[],
  json: JsonObject,
): { event: EventType; properties: Properties } | null {
  const properties: { [name: string]: Json } = Object.create(null)
  for (const { name, type } of event.fields) {
    const index = event.type.names.indexOf(name)
    let value: unknown
    if (index < 0) {
      value = own(json, name)
    } else {
      const text = templateValues[index]!
      value = fromText(type, text)
      // "level:05" is no text that level 5 would have been written as.
      if (value === undefined || toText(value as Json) !== text) return null
    }
    if (!fits(type, value)) return null
    properties[name] = value ?? null
  }
  return { event, properties }
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

function idOf(record: LogRecord): string | null {
  const id = record.headers.find(([name]) => name === 'ce_id')?.[1].toString('latin1')
  return id !== undefined && UUID.test(id) ? id : null
}
