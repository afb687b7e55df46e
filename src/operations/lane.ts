/**
 * Execute once, send to many. Subscribers who asked for the same (document, variables, rights) share a lane: each
 * event is matched and rendered once for all of them, and each is handed the same bytes. A subscriber that does not
 * keep up leaves the fast path by itself (subscription.ts); the lane waits for nobody.
 */
import type { Place } from '../event/cursor.ts'
import type { DecodedEvent } from '../event/event.ts'
import type { Vector } from '../log/event-log.ts'
import { channels } from '../observability/channels.ts'
import type { Matches, Pivot } from './filter.ts'
import { isAhead, later } from './places.ts'
import type { Subscription } from './subscription.ts'

/** Those who are sent the same, as their protocol knows them. */
export interface Audience {
  /** Two with the same key are matched, rendered and allowed exactly alike. */
  readonly key: string
  /** What an event is for them, as they are sent it. Throws nothing. */
  render(event: DecodedEvent): Buffer
}

/** An event with what it is rendered as. */
export interface Rendered {
  readonly event: DecodedEvent
  readonly payload: Buffer
}

/** Some events in the order of the log, at least one, as they are handed over at once. Shared: never changed. */
export class Delivery {
  readonly items: readonly Rendered[]
  /** What it holds in memory, about. */
  readonly bytes: number
  /** Behind its last event. */
  readonly place: Place

  constructor(items: readonly Rendered[]) {
    this.items = items
    this.bytes = items.reduce((sum, { event, payload }) => sum + event.parts.bytes + payload.length, 0)
    this.place = items.at(-1)!.event.place
  }
}

export class Lane {
  readonly key: string
  readonly #matches: Matches | null
  readonly #render: Audience['render']
  readonly #members = new Set<Subscription>()
  /** How many subscriptions may join: while there is one, it is this lane that others of the audience get. */
  users = 0
  /** How far its members know the log to be. */
  #told: Vector
  /** Whether something matched since it was last asked to tell. */
  #hasDelivered = false

  /** `at`: where the log is now. */
  constructor({ key, render }: Audience, matches: Matches | null, at: Vector) {
    this.key = key
    this.#matches = matches
    this.#render = render
    this.#told = at
  }

  /** As its filter has it. */
  get pivot(): Pivot | undefined {
    return this.#matches?.pivot
  }

  /** How many it feeds now. */
  get size(): number {
    return this.#members.size
  }

  add(member: Subscription): void {
    this.#members.add(member)
  }

  delete(member: Subscription): void {
    this.#members.delete(member)
  }

  /** The event if it is for this audience, rendered; else null. `subscribers`: how many of them get it now. */
  rendered(event: DecodedEvent, subscribers = 1): Rendered | null {
    if (this.#matches !== null && !this.#matches(event)) return null
    if (channels.delivering.hasSubscribers) tellOfDelivery(event, subscribers)
    return { event, payload: this.#render(event) }
  }

  /** Hands what the tail brought to every member. */
  deliver(events: readonly DecodedEvent[]): void {
    if (this.#members.size === 0) return
    const items: Rendered[] = []
    for (const event of events) {
      const item = this.rendered(event, this.#members.size)
      if (item !== null) items.push(item)
    }
    if (items.length === 0) return
    const delivery = new Delivery(items)
    this.#told = delivery.place.vector
    this.#hasDelivered = true
    for (const member of this.#members) {
      try {
        member.take(delivery)
      } catch (error) {
        member.end(error)
      }
    }
  }

  /**
   * What of a delivery is for one who has come to `pin`. Who comes from a gateway whose tail is ahead of ours has had
   * some of it already, and must get no cursor that is behind its own place: that would give it again what it has had.
   */
  behind(delivery: Delivery, pin: Vector): Delivery | null {
    const items: Rendered[] = []
    for (const item of delivery.items) {
      const { vector } = item.event
      const { partition, offset } = item.event.parts
      if (offset < (pin[partition] ?? 0)) continue
      if (!isAhead(pin, vector)) items.push(item)
      else {
        const event = item.event.at(later(pin, vector))
        items.push({ event, payload: this.#render(event) })
      }
    }
    return items.length === 0 ? null : new Delivery(items)
  }

  /**
   * Tells the members how far the log is, if they do not know it. False where something matched since it was asked
   * last: it may go on so, and there is time to tell when it is quiet.
   */
  moveOn(vector: Vector): boolean {
    if (!isAhead(vector, this.#told)) return true
    if (this.#hasDelivered) {
      this.#hasDelivered = false
      return false
    }
    this.#told = vector
    const place = { vector, partition: null }
    for (const member of this.#members) member.moveOn(place)
    return true
  }

  /** Ends every member. */
  fail(error: unknown): void {
    for (const member of this.#members) member.end(error)
  }
}

/** An event without a trace begins none: nobody asked for it. */
function tellOfDelivery({ parts: { traceparent, partition, offset } }: DecodedEvent, subscribers: number): void {
  if (traceparent !== null) channels.delivering.publish({ traceparent, partition, offset, subscribers })
}
