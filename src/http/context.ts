/** What a GraphQL operation knows of the request that it came with. */
import type { Caller } from '../access/caller.ts'
import type { PublishRequest } from '../operations/publish.ts'

export interface RequestContext {
  readonly caller: Caller
  /** What events that are published are enriched with; over a WebSocket the upgrade request's. */
  readonly head: PublishRequest
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** SSE's Last-Event-ID, which wins over `after`; null elsewhere. */
  readonly lastEventId: string | null
}
