/**
 * Who asks, and what that one may. Everything behind the edge (HTTP, REST, SSE, WebSocket) gets a `Caller` with
 * the request and looks at nothing else: no operation knows a token. With AUTH=none everybody is `ANYONE`.
 */
import type { Quota } from './quota.ts'

/** What a caller may. Two callers with the same `key` may exactly the same, so what is made for one fits the other. */
export interface Rights {
  readonly key: string
  /** `event`: the name of the event's object type, `GuildJoined`. */
  mayPublish(event: string): boolean
  /** Whether the log may be read at all: without it, replays, subscriptions and partitions are FORBIDDEN. */
  readonly mayRead: boolean
  /** Names of the object types that may be read; null: every one, and `UnknownEvent`. Others are left out. */
  readonly readable: ReadonlySet<string> | null
}

export interface Caller {
  /** Tells callers apart where answers are remembered or limits counted; null: nobody in particular. */
  readonly name: string | null
  readonly rights: Rights
  /** When its credentials end, in milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
  /** What ends its credentials before that time; null: nothing does. */
  readonly revocation: Revocation | null
  /** What it has used of what one client may; absent where nothing is limited. */
  readonly quota?: Quota
}

/** Everybody, where there is no authentication. */
export const ANYONE: Caller = {
  name: null,
  rights: { key: '', mayPublish: () => true, mayRead: true, readable: null },
  expiresAt: null,
  revocation: null,
}

/** Credentials that were taken back while streams by them may be open. */
export class Revocation {
  /** A Set, and no AbortSignal: ten thousand streams may hang on one token. */
  readonly #listeners = new Set<() => void>()
  #isRevoked = false

  get isRevoked(): boolean {
    return this.#isRevoked
  }

  revoke(): void {
    this.#isRevoked = true
    for (const listener of [...this.#listeners]) listener()
    this.#listeners.clear()
  }

  /** Calls once, when it is revoked. Returns what takes the listener away. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** The longest that Node's timers wait. */
const LONGEST_MS = 2 ** 31 - 1

/**
 * Calls once, when the caller's credentials end, by time or by being taken back; never for who has none that
 * end. Returns what calls it off: whoever is done must.
 */
export function whenEnded({ expiresAt, revocation }: Caller, ended: () => void): () => void {
  if (expiresAt === null && revocation === null) return () => {}
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const unlisten = revocation?.listen(end)
  if (revocation?.isRevoked) setImmediate(end)
  wait()
  return callOff

  function wait(): void {
    if (expiresAt === null) return
    const left = expiresAt - Date.now()
    timer = left > LONGEST_MS ? setTimeout(wait, LONGEST_MS) : setTimeout(end, Math.max(0, left))
    timer.unref()
  }
  function end(): void {
    if (isOver) return
    callOff()
    ended()
  }
  function callOff(): void {
    isOver = true
    clearTimeout(timer)
    unlisten?.()
  }
}
