/**
 * Who asks, and what that one may. Everything behind the edge (HTTP, REST, SSE, WebSocket) gets a `Caller` with
 * the request and looks at nothing else: no operation knows a token. With AUTH=none everybody is `ANYONE`.
 */

/** What a caller may. Two callers with the same `key` may exactly the same, so what is made for one fits the other. */
export interface Rights {
  readonly key: string
  /** `event`: the name of the event's object type, `GuildJoined`. */
  mayPublish(event: string): boolean
  /** Names of the object types that may be read; null: every one, and `UnknownEvent`. Empty: nothing may be read. */
  readonly readable: ReadonlySet<string> | null
}

export interface Caller {
  /** Tells callers apart where answers are remembered or limits counted; null: nobody in particular. */
  readonly name: string | null
  readonly rights: Rights
  /** When its credentials end, in milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
}

/** Everybody, where there is no authentication. */
export const ANYONE: Caller = {
  name: null,
  rights: { key: '', mayPublish: () => true, readable: null },
  expiresAt: null,
}
