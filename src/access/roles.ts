/**
 * From roles to rights. `publish` and `read` open the two ways; an event with `@allow(roles: …)` asks for one of
 * those roles as well. Rights are made once for all who have the same.
 */
import type { Rights } from './caller.ts'

export const PUBLISH = 'publish'
export const READ = 'read'

/** An event, as far as rights go. */
export interface GuardedEvent {
  /** The object type's name. */
  readonly name: string
  /** One of these is needed; null: the event asks for none. */
  readonly roles: readonly string[] | null
}

/** Tokens may bring any mix of the roles that count: how many mixes are remembered. */
const REMEMBERED = 1_000

export class Roles {
  readonly #events: readonly GuardedEvent[]
  /** Roles that make a difference here. */
  readonly #known: ReadonlySet<string>
  readonly #rights = new Map<string, Rights>()

  constructor(events: readonly GuardedEvent[]) {
    this.#events = events
    this.#known = new Set([PUBLISH, READ, ...events.flatMap(({ roles }) => roles ?? [])])
  }

  rightsOf(roles: readonly string[]): Rights {
    const had = new Set(roles.filter((role) => this.#known.has(role)))
    const mix = JSON.stringify([...had].sort())
    const known = this.#rights.get(mix)
    if (known !== undefined) return known
    const rights = this.#make(had)
    if (this.#rights.size < REMEMBERED) this.#rights.set(mix, rights)
    return rights
  }

  #make(had: ReadonlySet<string>): Rights {
    const open = this.#events.filter(({ roles }) => roles?.some((role) => had.has(role)) ?? true)
    const names = new Set(open.map(({ name }) => name))
    const isAll = open.length === this.#events.length
    const mayRead = had.has(READ)
    const mayPublish = had.has(PUBLISH)
    const readable = !mayRead ? new Set<string>() : isAll ? null : names
    return {
      key: JSON.stringify([mayPublish, mayRead, isAll ? null : [...names]]),
      mayPublish: (event) => mayPublish && names.has(event),
      mayRead,
      readable,
    }
  }
}
