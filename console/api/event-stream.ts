/**
 * A subscription over server-sent events, read from a fetch. A WebSocket client would keep the connection, but not the
 * place: the gateway's SSE gives the cursor as `id:` with each event and between them, and takes it back as
 * Last-Event-ID, which wins over whatever the variables say; so coming back is the same request with one header, and
 * exact. The browser's own EventSource does that too, but hides why it was refused (401, 410), waits as long as it
 * likes, and has the operation in its address, which a large schema makes longer than servers take.
 */
import type { TypedDocumentString } from '../generated/graphql.ts'
import { ApiError, errorOf, type GraphQLResult, post, readResult } from './graphql.ts'

/** The gateway sends a comment every 12 s: who hears nothing for so long has lost the connection. */
const SILENCE_MS = 30_000

/** What came in one piece of the stream. */
export interface Batch<Data> {
  readonly results: readonly Data[]
  /** The place behind all that has come; resume here. */
  readonly cursor: string | null
}

/**
 * Opens a subscription, after `cursor` where one is given. Yields at once when it is open (the place that is pinned),
 * then as the stream comes. Returns when it has completed. Throws `ApiError`: `UNREACHABLE` where it was cut.
 */
export async function* openEventStream<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<Batch<Data>, void, void> {
  const own = new AbortController()
  const options = {
    headers: cursor === null ? {} : { 'last-event-id': cursor },
    signal: AbortSignal.any([signal, own.signal]),
  }
  let silence = setTimeout(() => own.abort(), SILENCE_MS)
  const blocks = new BlockReader()
  let last = cursor
  try {
    const response = await post(document, variables, 'text/event-stream', options)
    // Nothing is left of a stream that was to end at the end.
    if (response.status === 204) return
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw errorOf(await readResult(response)) ?? new ApiError('REFUSED', `Status ${response.status} and no stream.`)
    }
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      clearTimeout(silence)
      silence = setTimeout(() => own.abort(), SILENCE_MS)
      const results: Data[] = []
      let refusal: ApiError | null = null
      let isComplete = false
      for (const { id, event, data } of blocks.push(value)) {
        last = id ?? last
        if (event === 'complete') isComplete = true
        if (event !== 'next') continue
        const result = JSON.parse(data) as GraphQLResult<Data>
        refusal = errorOf(result)
        if (result.data != null) results.push(result.data)
      }
      yield { results, cursor: last }
      if (refusal !== null) throw refusal
      if (isComplete) return
    }
    throw new ApiError('UNREACHABLE', 'The gateway ended the connection.')
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ApiError) throw error
    const message = own.signal.aborted ? 'Nothing was heard from the gateway.' : 'The connection was cut.'
    throw new ApiError('UNREACHABLE', message)
  } finally {
    clearTimeout(silence)
    own.abort()
  }
}

interface Block {
  /** Undefined where it names none. */
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Takes a stream's text apart into blocks (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class BlockReader {
  #rest = ''

  /** The blocks that a piece of text completes. */
  push(text: string): Block[] {
    const parts = (this.#rest + text).split('\n\n')
    this.#rest = parts.pop()!
    return parts.map(parseBlock)
  }
}

function parseBlock(text: string): Block {
  let id: string | undefined
  let event = ''
  let data = ''
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1)
    if (name === 'id') id = value
    else if (name === 'event') event = value
    else if (name === 'data') data += value
  }
  return { id, event, data }
}
