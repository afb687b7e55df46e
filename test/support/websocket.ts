/** A WebSocket that speaks graphql-transport-ws by hand, so that tests see every message and every close code. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { Queue } from './queue.ts'

/** A message of graphql-transport-ws. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface GraphQLSocket {
  readonly socket: WebSocket
  /** What the server sent, in order. */
  readonly messages: Queue<Message>
  send(message: Message): void
  subscribe(id: string, query: string, variables?: unknown): void
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
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message))
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => {
      messages.end(`closed with ${code}`)
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
    subscribe: (id, query, variables) => send({ type: 'subscribe', id, payload: { query, variables } as unknown }),
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
