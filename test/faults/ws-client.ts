/**
 * One WebSocket connection of a subscriber, or of some who share it, by graphql-ws's own client with its retries
 * off. A first connection begins as the contract says: ask for the log's end, then subscribe behind it, so there is
 * no gap.
 */
import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { type Asked, COMPLETE, type Listener } from './connection.ts'
import { entryOf, requestFor, type StreamResult } from './operations.ts'

/** The client takes its listeners off when it is terminated; one that leaves while it connects would end the process. */
class Socket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args)
    this.on('error', () => {})
  }
}

/** What those who share a socket hear of it. */
interface Hearing {
  /** Where no event comes for an operation, pings say how far the log is. */
  progress(id: string, cursor: string): void
  ended(why: string): void
}

interface Connected {
  readonly client: Client
  readonly hearing: Set<Hearing>
  /** Of the operation that was begun last: they are numbered. */
  lastId(): string
}

/** The sockets that are open and shared, by the gateway and their name. */
const shared = new Map<string, Connected>()

/** A client with one socket, which is made at its first operation and never again. */
export function connectOnce(gateway: string, forget: () => void = () => {}): Connected {
  const hearing = new Set<Hearing>()
  let operations = 0
  const client = createClient({
    url: `${gateway.replace('http', 'ws')}/graphql`,
    webSocketImpl: Socket,
    retryAttempts: 0,
    lazy: true,
    lazyCloseTimeout: 1_000,
    generateID: () => String(++operations),
    onNonLazyError: () => {},
    on: {
      ping(received, payload) {
        const { id, cursor } = payload ?? {}
        if (!received || typeof id !== 'string' || typeof cursor !== 'string') return
        for (const { progress } of hearing) progress(id, cursor)
      },
      // A kill -9 of the gateway, or a socket that was never made.
      closed(event) {
        forget()
        for (const { ended } of hearing) ended(`closed ${(event as { code?: number }).code ?? ''}`)
      },
    },
  })
  return { client, hearing, lastId: () => String(operations) }
}

function connect(gateway: string, name: string | null): Connected {
  if (name === null) return connectOnce(gateway)
  const key = `${name} ${gateway}`
  let connected = shared.get(key)
  if (connected === undefined) {
    const made = connectOnce(gateway, () => {
      if (shared.get(key) === made) shared.delete(key)
    })
    connected = made
    shared.set(key, connected)
  }
  return connected
}

/** See `Open` in connection.ts. */
export function openWebSocket(
  gateway: string,
  asked: Asked,
  after: string | null,
  listener: Listener,
  sharedAs: string | null,
): () => void {
  const { client, hearing, lastId } = connect(gateway, sharedAs)
  let hasEnded = false
  const end = (why: string, code: string | null = null) => {
    hearing.delete(heard)
    if (!hasEnded) listener.ended(why, code)
    hasEnded = true
  }
  let complete: () => void = () => {}
  let streamId: string | null = null
  const heard: Hearing = {
    progress(id, cursor) {
      if (id === streamId) listener.progress(cursor)
    },
    ended: end,
  }
  hearing.add(heard)

  function subscribe(place: string | null): void {
    complete = client.subscribe<NonNullable<StreamResult['data']>>(requestFor(asked, place), {
      next(result) {
        const [error] = (result as StreamResult).errors ?? []
        if (error) return end(error.message, error.extensions?.code ?? null)
        if (result.data) listener.event(entryOf(result.data.stream), result.data.stream.cursor)
      },
      error: (error) => end(...reasonOf(error)),
      complete: () => end(COMPLETE),
    })
    streamId = lastId()
  }

  if (after !== null || asked.isArchive) subscribe(after)
  else {
    complete = client.subscribe<{ events: { end: string } }>(
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
    hearing.delete(heard)
    if (sharedAs !== null) return complete()
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
