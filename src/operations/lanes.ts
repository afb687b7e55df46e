/**
 * All lanes, and which of them an event may be for. A game has a guild for every hundred players: were each event held
 * against the filter of each guild, the filters would cost more than all deliveries. So a lane whose filter wants a
 * field to have one value (filter.ts, `pivot`) is found by that value, and only the others are asked one by one.
 */
import type { EventType } from '../catalogue/catalogue.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { Pivot } from './filter.ts'
import type { Lane } from './lane.ts'

/** Lanes by the value that they want a field to have. */
type ByValue = Map<Pivot['value'], Set<Lane>>

export class Lanes {
  /** By the key of their audience. */
  readonly #all = new Map<string, Lane>()
  readonly #withoutPivot = new Set<Lane>()
  readonly #byField = new Map<EventType, Map<string, ByValue>>()

  get size(): number {
    return this.#all.size
  }

  get(key: string): Lane | undefined {
    return this.#all.get(key)
  }

  values(): Iterable<Lane> {
    return this.#all.values()
  }

  add(lane: Lane): void {
    this.#all.set(lane.key, lane)
    if (lane.pivot === undefined) this.#withoutPivot.add(lane)
    else {
      const { type, field, value } = lane.pivot
      const byValue = entry(
        entry(this.#byField, type, newMap<string, ByValue>),
        field,
        newMap<Pivot['value'], Set<Lane>>,
      )
      entry(byValue, value, () => new Set<Lane>()).add(lane)
    }
  }

  delete(lane: Lane): void {
    this.#all.delete(lane.key)
    this.#withoutPivot.delete(lane)
    if (lane.pivot === undefined) return
    const { type, field, value } = lane.pivot
    const fields = this.#byField.get(type)
    const byValue = fields?.get(field)
    const lanes = byValue?.get(value)
    lanes?.delete(lane)
    if (lanes?.size === 0) byValue?.delete(value)
    if (byValue?.size === 0) fields?.delete(field)
    if (fields?.size === 0) this.#byField.delete(type)
  }

  /** Gives each lane those of the events that may be for it, in their order. */
  deal(events: readonly DecodedEvent[], give: (lane: Lane, own: readonly DecodedEvent[]) => void): void {
    for (const lane of this.#withoutPivot) give(lane, events)
    if (this.#byField.size === 0) return
    const found = new Map<Lane, DecodedEvent[]>()
    for (const event of events) {
      const { event: type, properties } = event.parts
      const fields = type === null ? undefined : this.#byField.get(type)
      if (fields === undefined) continue
      for (const [field, byValue] of fields) {
        const value = properties[field] ?? null
        if (typeof value === 'object' && value !== null) continue
        for (const lane of byValue.get(value) ?? []) entry(found, lane, () => [] as DecodedEvent[]).push(event)
      }
    }
    for (const [lane, own] of found) give(lane, own)
  }
}

function newMap<Key, Value>(): Map<Key, Value> {
  return new Map()
}

/** The entry under a key, made where there is none. */
function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
