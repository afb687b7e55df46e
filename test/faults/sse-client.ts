/**
 * One server-sent events connection of a subscriber, as a browser's EventSource makes it: a GET, with
 * Last-Event-ID once there is one. A block with data is an event, a bare `id:` a place.
 */
import { type ClientRequest, get } from 'node:http'
import { type Asked, COMPLETE, type Listener } from './connection.ts'
import { entryOf, requestFor, type StreamResult } from './operations.ts'

/** See `Open` in connection.ts. */
export function openSse(gateway: string, asked: Asked, after: string | null, listener: Listener): () => void {
  let hasEnded = false
  const end = (why: string, code: string | null = null) => {
    if (!hasEnded) listener.ended(why, code)
    hasEnded = true
  }
  let isPinned = false
  const onBlock = (block: Map<string, string>) => {
    if (hasEnded) return
    const id = block.get('id')
    const data = block.get('data')
    if (block.get('event') === 'complete') return end(COMPLETE)
    if (!data) {
      if (id === undefined) return
      if (isPinned) listener.progress(id)
      else listener.pinned(id)
      isPinned = true
      return
    }
    const result = JSON.parse(data) as StreamResult
    const [error] = result.errors ?? []
    if (error) return end(error.message, error.extensions?.code ?? null)
    if (result.data) listener.event(entryOf(result.data.stream), id ?? result.data.stream.cursor)
  }
  const { query, variables } = requestFor(asked, null)
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) })
  const url = `${gateway}/graphql?${parameters}`
  const headers = { accept: 'text/event-stream', ...(after === null ? {} : { 'last-event-id': after }) }
  const request: ClientRequest = get(url, { headers, agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop() ?? ''
      if (response.statusCode === 200) for (const block of blocks) onBlock(parseBlock(block))
    })
    response.on('error', (error) => end(error.message))
    response.on('close', () => {
      // The end of the log was reached before: nothing is left.
      if (response.statusCode === 204) return end(COMPLETE)
      const isRefusal = response.statusCode === 400
      end(isRefusal ? text : `ended (HTTP ${response.statusCode})`, isRefusal ? 'HTTP 400' : null)
    })
  })
  request.on('error', (error) => end(error.message))
  return () => {
    hasEnded = true
    request.destroy()
  }
}

/** The fields of one block; comments fall away. */
function parseBlock(block: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^([a-z]+):? ?(.*)$/.exec(line) ?? []
    if (name !== undefined) fields.set(name, value)
  }
  return fields
}
