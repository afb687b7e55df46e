/**
 * Server-sent events as a client sees them on the wire: one block after another, with nothing interpreted that
 * tests want to look at (bare ids, comments, an end without `complete`).
 */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type ExecutionResult, print } from 'graphql'
import { Queue } from './queue.ts'

/** What an error's extensions may hold. */
export interface ErrorExtensions {
  readonly code?: string
  readonly outcome?: string
  readonly cursor?: string
}

/** What stands between two empty lines. */
export interface Block<Result = unknown> {
  /** The event's name; undefined where it names none. */
  readonly event?: string
  readonly id?: string
  /** As text; '' where the field is there and empty, undefined where it is not. */
  readonly data?: string
  readonly comment?: string
  /** The data, if there is any. */
  readonly result?: ExecutionResult<Result, ErrorExtensions>
}

export interface EventStream<Result = unknown> {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The blocks, in order. Over when the response has ended. */
  readonly blocks: Queue<Block<Result>>
  /** The response itself, for tests that stop reading. */
  readonly response: IncomingMessage
  /** Resolves with the whole body, of an answer that is no stream. */
  body(): Promise<string>
  /** Resolves when the server has ended the response; rejects if it was cut instead. */
  ended(): Promise<void>
  close(): void
}

export interface EventStreamOptions<Variables = unknown> {
  /** By POST, as JSON; else by GET. */
  readonly post?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly variables?: Variables
  readonly operationName?: string
}

/** Asks `/graphql` of the gateway at `url` for a stream; resolves when its head has come. */
export async function openEventStream<Result = unknown, Variables = unknown>(
  url: string,
  document: TypedDocumentNode<Result, Variables> | string,
  { post = false, headers = {}, variables, operationName }: EventStreamOptions<Variables> = {},
): Promise<EventStream<Result>> {
  const query = typeof document === 'string' ? document : print(document)
  const parameters = new URLSearchParams({
    query,
    ...(variables !== undefined && { variables: JSON.stringify(variables) }),
    ...(operationName !== undefined && { operationName }),
  })
  const asked = request(post ? `${url}/graphql` : `${url}/graphql?${parameters}`, {
    method: post ? 'POST' : 'GET',
    agent: false,
    headers: { accept: 'text/event-stream', ...(post && { 'content-type': 'application/json' }), ...headers },
  })
  asked.end(post ? JSON.stringify({ query, variables, operationName }) : undefined)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const blocks = new Queue<Block<Result>>('blocks of the stream')
  let text = ''
  let whole = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    whole += chunk
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop()!
    for (const part of parts) blocks.push(parseBlock(part))
  })
  const ended = new Promise<void>((resolve, reject) => {
    response.once('end', () => {
      blocks.end('the response has ended')
      resolve()
    })
    response.once('error', (error) => {
      blocks.end('the response was cut')
      reject(error)
    })
  })
  ended.catch(() => {})
  return {
    status: response.statusCode!,
    headers: response.headers,
    blocks,
    response,
    async body() {
      await ended
      return whole
    },
    ended: () => ended,
    close: () => asked.destroy(),
  }
}

function parseBlock<Result>(text: string): Block<Result> {
  const block: { [name: string]: string } = {}
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
    block[name === '' ? 'comment' : name] = value
  }
  return block.data ? { ...block, result: JSON.parse(block.data) } : block
}
