/**
 * The events that the page keeps: the last `KEPT`, in the order of the log, and between them notices of where the
 * connection was lost and taken up again. What is older is dropped from the page (never from the log), so that memory
 * stays bounded however long it is open.
 */
import type { ConsoleEvent } from '../api/events.ts'
import { Store } from './store.ts'

export const KEPT = 10_000

export interface Notice {
  readonly notice: string
  /** Milliseconds since 1970. */
  readonly time: number
}

export type Entry = ConsoleEvent | Notice

export class History extends Store {
  #entries: Entry[] = []
  /** Events that have come since the list was cleared. */
  #count = 0
  #hasOlder = false

  /** Oldest first. May change with the next event: copy it to keep it. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** How many events have come since the list was begun, kept or not. */
  get count(): number {
    return this.#count
  }

  /** Whether the log has events before those that have come. */
  get hasOlder(): boolean {
    return this.#hasOlder
  }

  push(events: readonly ConsoleEvent[]): void {
    this.#count += events.length
    this.#add(events)
  }

  note(notice: string): void {
    this.#add([{ notice, time: Date.now() }])
  }

  clear(hasOlder: boolean): void {
    this.#entries = []
    this.#count = 0
    this.#hasOlder = hasOlder
    this.changed()
  }

  #add(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.push(entry)
    // Not at every event: to move ten thousand entries for each would be the page's main work.
    if (this.#entries.length > KEPT * 1.2) this.#entries = this.#entries.slice(-KEPT)
    this.changed()
  }
}

/** Whether an entry of the list is an event. */
export function isEvent(entry: Entry): entry is ConsoleEvent {
  return 'id' in entry
}
