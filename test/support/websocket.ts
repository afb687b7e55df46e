/** A WebSocket that speaks graphql-transport-ws by hand, so that tests see every message and every close code. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type ExecutionResult, type GraphQLFormattedError, print } from 'graphql'
import { WebSocket } from 'ws'
import { Queue } from './queue.ts'
import type { ErrorExtensions } from './sse.ts'

/** A message of graphql-transport-ws that belongs to no operation. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A message of graphql-transport-ws that belongs to an operation. */
export type OperationMessage<Result> =
  | { readonly type: 'next'; readonly payload: ExecutionResult<Result, ErrorExtensions> }
  | {
      readonly type: 'error'
      readonly payload: readonly (GraphQLFormattedError & { readonly extensions: ErrorExtensions })[]
    }
  | { readonly type: 'complete' }

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface GraphQLSocket {
  readonly socket: WebSocket
  /** What the server sent that belongs to no operation, in order. */
  readonly messages: Queue<Message>
  send(message: Message): void
  /** Begins an operation of any kind; returns what the server sends about it, in order. */
  subscribe<Result = unknown, Variables = unknown>(
    id: string,
    document: TypedDocumentNode<Result, Variables> | string,
    variables?: Variables,
  ): Queue<OperationMessage<Result>>
  /** Resolves when the connection is closed. */
  closed(): Promise<Closed>
  /** Reads nothing more from the network, as a client that has stalled. */
  stall(): void
  /** Reads on. */
  goOn(): void
  close(): Promise<void>
}

export interface SocketOptions {
  readonly protocol?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** Whether to send `connection_init` and wait for its answer; default true. */
  readonly init?: boolean
}

/** Connects to `/graphql` of the gateway at `url`. Rejects with the status where the upgrade is refused. */
export async function openSocket(
  url: string,
  { protocol = 'graphql-transport-ws', headers = {}, init = true }: SocketOptions = {},
): Promise<GraphQLSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol ?? [], { headers })
  const messages = new Queue<Message>('messages of the WebSocket')
  const operations = new Map<string, Queue<OperationMessage<never>>>()
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Message
    const operation = operations.get(message.id ?? '')
    if (operation === undefined) messages.push(message)
    else operation.push(message as OperationMessage<never>)
  })
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => {
      for (const queue of [messages, ...operations.values()]) queue.end(`closed with ${code}`)
      resolve({ code, reason: String(reason) })
    })
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  const raw = (socket as unknown as { _socket: Socket })._socket
  const send = (message: Message) => socket.send(JSON.stringify(message))
  if (init) {
    send({ type: 'connection_init' })
    await messages.until(({ type }) => type === 'connection_ack')
  }
  return {
    socket,
    messages,
    send,
    subscribe(id, document, variables) {
      const query = typeof document === 'string' ? document : print(document)
      const queue = new Queue<OperationMessage<never>>(`messages of operation ${id}`)
      operations.set(id, queue)
      send({ type: 'subscribe', id, payload: { query, variables } })
      return queue as Queue<OperationMessage<unknown>> as never
    },
    closed: () => closed,
    stall: () => raw.pause(),
    goOn: () => raw.resume(),
    async close() {
      socket.close()
      raw.resume()
      await closed
    },
  }
}
