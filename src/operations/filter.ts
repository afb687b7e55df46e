/** Which events an operation is about: by event type, by the recorded type's text, by equality of fields. */
import type { EventType } from '../catalogue/catalogue.ts'
import type { Json } from '../catalogue/field-type.ts'
import type { DecodedEvent } from '../event/event.ts'

export interface Matches {
  (event: DecodedEvent): boolean
  /** What every event has that matches, where that is known: who has many filters finds them by it (lanes.ts). */
  readonly pivot?: Pivot
}

/** A field of a type of event has this value; null: it is not set. */
export interface Pivot {
  readonly type: EventType
  readonly field: string
  readonly value: string | number | boolean | null
}

/** The vocabulary's StringFilter; what is null or left out does not restrict. */
export interface StringFilter {
  readonly eq?: string | null | undefined
  readonly in?: readonly string[] | null | undefined
  readonly startsWith?: string | null | undefined
}

/** The vocabulary's EventFilter. */
export interface EventFilter {
  readonly type?: StringFilter | null | undefined
}

/** Null where every event matches, so that nothing need be asked. */
export function eventFilter(filter: EventFilter | null | undefined): Matches | null {
  const type = filter?.type
  if (!type) return null
  const { eq, startsWith } = type
  const among = type.in ? new Set(type.in) : null
  if (eq == null && startsWith == null && among === null) return null
  return (event) =>
    (eq == null || event.type === eq) &&
    (among === null || among.has(event.type)) &&
    (startsWith == null || event.type.startsWith(startsWith))
}

/** Only events of these object types, an `UnknownEvent` not among them; null, as in `Rights`: every event. */
export function readableFilter(readable: ReadonlySet<string> | null): Matches | null {
  return readable && (({ parts }) => parts.event !== null && readable.has(parts.event.name))
}

/** Only events of one type whose fields have these values. */
export function fieldFilter(type: EventType, values: readonly (readonly [name: string, value: Json])[]): Matches {
  const matches: Matches = ({ parts }) =>
    parts.event === type && values.every(([name, value]) => isEqual(parts.properties[name] ?? null, value))
  for (const [field, value] of values) {
    if (typeof value !== 'object' || value === null) return Object.assign(matches, { pivot: { type, field, value } })
  }
  return matches
}

/** Both, or null where neither restricts. */
export function both(first: Matches | null, second: Matches | null): Matches | null {
  if (first === null || second === null) return first ?? second
  const matches: Matches = (event) => first(event) && second(event)
  const pivot = first.pivot ?? second.pivot
  return pivot === undefined ? matches : Object.assign(matches, { pivot })
}

function isEqual(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || a === null) return a === b
  return JSON.stringify(a) === JSON.stringify(b)
}
