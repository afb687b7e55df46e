/**
 * One WebSocket connection of a subscriber, by graphql-ws's own client with its retries off. A first connection
 * begins as the contract says: ask for the log's end, then subscribe behind it, so there is no gap.
 */
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { COMPLETE, type Field, type Listener } from './connection.ts'
import { entryOf, type StreamResult, SUBSCRIPTIONS } from './operations.ts'

/** The client takes its listeners off when it is terminated; one that leaves while it connects would end the process. */
class Socket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args)
    this.on('error', () => {})
  }
}

/** See `Open` in connection.ts. */
export function openWebSocket(gateway: string, field: Field, after: string | null, listener: Listener): () => void {
  let hasEnded = false
  const end = (why: string, code: string | null = null) => {
    if (!hasEnded) listener.ended(why, code)
    hasEnded = true
  }
  const client = createClient({
    url: `${gateway.replace('http', 'ws')}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    lazy: true,
    onNonLazyError: () => {},
    on: {
      // Where no event comes, pings say how far the log is.
      ping(received, payload) {
        if (received && typeof payload?.cursor === 'string') listener.progress(payload.cursor)
      },
      // A kill -9 of the gateway, or a socket that was never made.
      closed: (event) => end(`closed ${(event as { code?: number }).code ?? ''}`),
    },
  })

  function subscribe(place: string): void {
    client.subscribe<NonNullable<StreamResult['data']>>(
      { query: SUBSCRIPTIONS[field], variables: { after: place } },
      {
        next(result) {
          const [error] = (result as StreamResult).errors ?? []
          if (error) return end(error.message, error.extensions?.code ?? null)
          if (result.data) listener.event(entryOf(result.data.stream), result.data.stream.cursor)
        },
        error: (error) => end(...reasonOf(error)),
        complete: () => end(COMPLETE),
      },
    )
  }

  if (after !== null) subscribe(after)
  else {
    client.subscribe<{ events: { end: string } }>(
      { query: '{ events(first: 0) { end } }' },
      {
        next({ data, errors }) {
          if (!data) return end(errors?.[0]?.message ?? 'no data', (errors?.[0]?.extensions?.code as string) ?? null)
          listener.pinned(data.events.end)
          subscribe(data.events.end)
        },
        error: (error) => end(...reasonOf(error)),
        complete: () => {},
      },
    )
  }
  return () => {
    hasEnded = true
    client.terminate()
    void client.dispose()
  }
}

/** What graphql-ws's client gives: the operation's errors, or what ended the socket. */
function reasonOf(error: unknown): [why: string, code: string | null] {
  if (Array.isArray(error)) {
    const [first] = error as { message: string; extensions?: { code?: string } }[]
    return [first?.message ?? 'an error', first?.extensions?.code ?? null]
  }
  if (error instanceof Error) return [error.message, null]
  return [`closed ${(error as { code?: number } | null)?.code ?? ''}`, null]
}
