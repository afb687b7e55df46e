/**
 * An event becomes a record: one flat JSON object in the value, with the blanks between members that
 * Python's json.dumps writes, since the topic holds the seed application's records too (text beyond ASCII stays
 * UTF-8, which is the same JSON and readable in kcat); CloudEvents 1.0 attributes in the headers (Kafka
 * protocol binding, binary mode). Nothing is encoded that decode.ts would not give back.
 */
import type { EventField, EventType } from '../catalogue/catalogue.ts'
import { formatDateTime } from '../catalogue/date-time.ts'
import { fits, fromText, type Json, toText } from '../catalogue/field-type.ts'
import type { Template } from '../catalogue/template.ts'
import { HeraldError } from '../errors.ts'
import type { NewRecord } from '../log/event-log.ts'
import type { Headers } from './enrich.ts'
import type { Properties } from './event.ts'

/** What an event is made of at its publication. */
export interface NewEvent {
  readonly event: EventType
  /** Values of the event's fields; null where an optional one is not set. */
  readonly properties: Properties
  readonly headers: Headers
  readonly id: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** CloudEvents' source. */
  readonly source: string
  readonly idempotencyKey: string | null
  readonly traceparent: string | null
}

export interface EncodedEvent {
  readonly record: NewRecord
  /** Its event_type. */
  readonly type: string
  /** Those that the record really holds. */
  readonly headers: Headers
}

/** Throws BAD_USER_INPUT. */
export function encodeEvent(from: NewEvent): EncodedEvent {
  const { event, properties } = from
  for (const field of event.fields) requireRecordable(field, properties[field.name])
  const type = expand(event, event.type, properties)
  const key = event.key === null ? null : expandKey(event, event.key, properties)
  const headers = event.properties.length === 0 ? from.headers : besideProperties(from.headers, event.properties)

  let json = `{"event_type": ${JSON.stringify(type)}`
  for (const { name } of event.properties) {
    const value = properties[name]
    if (value !== null && value !== undefined) json += `, "${name}": ${JSON.stringify(value)}`
  }
  // Names of fields and tokens (RFC 9110, section 5.6.2) hold nothing that JSON would escape.
  for (const [name, value] of headers) json += `, "${name}": ${JSON.stringify(value)}`
  json += '}'

  const attributes: [string, string][] = [
    ['ce_specversion', '1.0'],
    ['ce_id', from.id],
    ['ce_type', type],
    ['ce_source', from.source],
    ['ce_time', formatDateTime(from.timestamp)],
    ['content-type', 'application/json'],
  ]
  if (from.idempotencyKey !== null) attributes.push(['ce_idempotencykey', from.idempotencyKey])
  if (from.traceparent !== null) attributes.push(['traceparent', from.traceparent])
  const record = { key, value: Buffer.from(json), headers: attributes, timestamp: from.timestamp }
  return { record, type, headers }
}

/** A header of the name of a property gives way to it. */
function besideProperties(headers: Headers, properties: readonly EventField[]): Headers {
  return headers.filter(([name]) => !properties.some((property) => property.name === name))
}

function expandKey(event: EventType, key: Template, properties: Properties): string | null {
  const complete = key.names.every((name) => properties[name] !== null && properties[name] !== undefined)
  return complete ? expand(event, key, properties) : null
}

/** Expands a template, and makes sure that it gives every value back. */
function expand(event: EventType, template: Template, properties: Properties): string {
  const text = template.expand((name) => toText(properties[name] ?? null))
  const back = template.match(text)
  for (let i = 0; i < template.names.length; i++) {
    const name = template.names[i]!
    const type = event.fields.find((field) => field.name === name)?.type
    const value = back === null || type === undefined ? undefined : fromText(type, back[i]!)
    if (value === properties[name]) continue
    throw refuse(
      `"${name}" has a value that "${template.text}" could not give back: leave out what stands between its placeholders.`,
    )
  }
  return text
}

/** GraphQL has checked the value already, but for scalars of the user's own, which may hold 1e999 or a deep nest. */
function requireRecordable({ name, type }: EventField, value: Json | undefined): void {
  if (!fits(type, value)) throw refuse(`"${name}" has a value that JSON could not give back.`)
  if (!isUnicode(value)) throw refuse(`"${name}" holds a lone surrogate, which is no Unicode text.`)
}

function refuse(message: string): HeraldError {
  return new HeraldError('BAD_USER_INPUT', message, { outcome: 'NOT_WRITTEN' })
}

function isUnicode(value: Json | undefined): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isUnicode(inner))
}
