/**
 * A graphql-ws client whose subscriptions lose nothing and see nothing twice when their connection is lost: each goes
 * on behind the last event that it saw. It stands wherever a graphql-ws client does (Apollo's GraphQLWsLink, urql's
 * subscriptionExchange), and adds `follow`, typed by the document, for use on its own. Copy it.
 *
 * A subscription must declare the variable `$after` and select `cursor`. Give `$after` from the start (`end` of the
 * query `events` is where the log ends), or begin at the beginning: what begins "now" has no place to come back to
 * before its first event. Send mutations by HTTP, never by this client: graphql-ws sends again whatever a lost
 * connection left unanswered, and an event would be published twice.
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import {
  type Client,
  type ClientOptions,
  createClient,
  type FormattedExecutionResult as Result,
  type SubscribePayload,
} from 'graphql-ws'

/** Errors that pass: the same subscription may succeed a moment later. */
const PASSING = ['LOG_UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED', 'SUBSCRIBER_TOO_SLOW']
/** So many events wait for a loop that is slow; the log keeps the rest. */
const MAX_WAITING = 1_000

export interface ResumingClient extends Client {
  /**
   * Iterates over a subscription's events until it completes or the loop is left. Throws what does not pass: the
   * gateway's error (CURSOR_EXPIRED), or a close event that graphql-ws takes for fatal.
   */
  follow<Data extends Followed<Data>, Variables extends { readonly after?: unknown }>(
    document: TypedDocumentNode<Data, Variables>,
    variables: string extends keyof Variables ? never : Variables,
  ): AsyncGenerator<Data>
}

/** Data whose every field tells its place. */
type Followed<Data> = { [Field in keyof Data]: Field extends '__typename' ? unknown : { readonly cursor: string } }

/** Takes graphql-ws's options. Unless they say otherwise it comes back for ever, at most 10 s apart. */
export function createResumingClient({ keepAlive = 10_000, ...options }: ClientOptions): ResumingClient {
  /** The variables of the subscriptions under way, by operation id. */
  const underWay = new Map<unknown, Record<string, unknown>>()
  let count = 0
  const client = createClient({
    // By default a refused connection, as while a gateway restarts, would be the end.
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => delay(Math.min(500 * 2 ** retries, 10_000) * (0.5 + Math.random() / 2)),
    ...options,
    keepAlive,
    generateID: () => String(++count),
  })

  // A connection that was cut without a word (a laptop that slept) is noticed by a ping that nobody answers.
  let silence: ReturnType<typeof setTimeout>
  client.on('pong', (isReceived) => isReceived && clearTimeout(silence))
  client.on('closed', () => clearTimeout(silence))
  client.on('ping', (isReceived, payload) => {
    if (!isReceived) silence = setTimeout(() => client.terminate(), keepAlive)
    // Where a filter matches seldom, the gateway's own pings tell how far it has looked.
    const variables = underWay.get(payload?.id)
    if (variables !== undefined) variables.after = payload?.cursor
  })

  const subscribe: Client['subscribe'] = (payload, sink) => {
    // graphql-ws sends this very object whenever it connects: the place in it is where the subscription goes on.
    const variables = { ...payload.variables }
    let stop = () => {}
    let isOver = false
    let retry: ReturnType<typeof setTimeout> | undefined
    const begin = () => {
      retry = undefined
      let mustRetry = false
      stop = client.subscribe(
        { ...payload, variables },
        {
          next(result) {
            // An error at the start is a result without data; `complete` follows.
            mustRetry = !result.data && isPassing(result.errors)
            if (mustRetry || isOver) return
            moveOn(variables, result)
            sink.next(result as never)
          },
          error(error) {
            underWay.delete(id)
            if (isOver) sink.complete()
            else if (isPassing(error)) retry = setTimeout(begin, 1_000)
            else sink.error(error)
          },
          complete() {
            underWay.delete(id)
            if (mustRetry && !isOver) retry = setTimeout(begin, 1_000)
            else sink.complete()
          },
        },
      )
      const id = String(count)
      underWay.set(id, variables)
    }
    begin()
    return () => {
      isOver = true
      // Not at once: ws hands on all frames of a chunk in one turn, and were the gateway's own `complete` among them,
      // graphql-ws would count this end twice and never again close a connection.
      if (retry === undefined) return queueMicrotask(() => stop())
      clearTimeout(retry)
      sink.complete()
    }
  }

  async function* iterate<Data, Extensions>(payload: SubscribePayload): AsyncGenerator<Result<Data, Extensions>> {
    const variables = { ...payload.variables }
    let stop: (() => void) | null = null
    let failure: { readonly error: unknown } | null = null
    // What waits is bounded: a full stream gives the subscription up, an empty one takes it up again.
    const pull = (results: ReadableStreamDefaultController<Result<Data, Extensions>>) => {
      if (stop !== null || results.desiredSize! < MAX_WAITING) return
      const own = subscribe<Data, Extensions>(
        { ...payload, variables },
        {
          next(result) {
            if (stop !== own) return
            moveOn(variables, result)
            results.enqueue(result)
            if (results.desiredSize! > 0) return
            stop = null
            own()
          },
          error(error) {
            if (stop !== own) return
            failure = { error }
            results.close()
          },
          complete() {
            if (stop === own) results.close()
          },
        },
      )
      stop = own
    }
    const reader = new ReadableStream({ pull }, { highWaterMark: MAX_WAITING }).getReader()
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
      if (failure !== null) throw (failure as { readonly error: unknown }).error
    } finally {
      const last = stop as (() => void) | null
      stop = null
      last?.()
    }
  }

  return {
    ...client,
    subscribe,
    iterate,
    async *follow(document, variables) {
      for await (const { data, errors } of iterate<never, unknown>({
        query: print(document),
        variables: { ...variables },
      })) {
        if (!data) throw new AggregateError(errors ?? [], errors?.[0]?.message)
        yield data
      }
    },
  }
}

/** The place behind an event, in the variables. */
function moveOn(variables: Record<string, unknown>, { data }: Result<unknown, unknown>): void {
  for (const event of Object.values(data ?? {})) if (event?.cursor) variables.after = event.cursor
}

function isPassing(errors: unknown): boolean {
  return Array.isArray(errors) && PASSING.includes(errors[0]?.extensions?.code)
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
