/**
 * WebSockets: graphql-ws's server over ws. What is ours: the socket's flow control (an operation's next
 * result is made when the one before has left the process), the documents' limits and codes, pings that
 * carry the cursor, and an end that tells clients to come back.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, handleProtocols, MessageType, makeServer, type Server, stringifyMessage } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ErrorCode } from '../../errors.ts'
import { channels, type EndReason } from '../../observability/channels.ts'
import { counts } from '../../observability/counts.ts'
import type { Operations } from '../../operations/operations.ts'
import { MAX_BODY_BYTES } from '../body.ts'
import type { RequestContext } from '../context.ts'
import type { Gate } from '../gate.ts'
import { publishRequest } from '../request-head.ts'
import type { Engine } from './engine.ts'
import { publicError } from './errors.ts'
import { parseRequest } from './request.ts'
import { SocketAccess } from './socket-access.ts'
import { openStream } from './stream.ts'

const PING_MS = 12_000
/**
 * A socket that was silent for so long is dead. A client that only does not read cannot answer pings either;
 * it is given 60 s to find the error that tells it why, so this must be longer.
 */
const SILENCE_MS = 75_000
/** RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001

interface Extra {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  readonly access: SocketAccess
}

export class WebSockets {
  readonly #server = new WebSocketServer({ noServer: true, handleProtocols, maxPayload: MAX_BODY_BYTES })
  readonly #protocol: Server<Extra>
  readonly #engine: Engine
  readonly #operations: Operations
  readonly #gate: Gate
  /** Queries and mutations under way: they are answered before a socket is closed. */
  readonly #underWay = new Set<Promise<unknown>>()
  #isClosing = false

  constructor(engine: Engine, operations: Operations, gate: Gate) {
    this.#engine = engine
    this.#operations = operations
    this.#gate = gate
    this.#protocol = makeServer<Record<string, unknown> | undefined, Extra>({
      onConnect: ({ extra, connectionParams }) => extra.access.connect(connectionParams),
      onSubscribe: ({ extra }, id, payload) => this.#prepare(extra, id, payload),
      execute: (args) => this.#execute(args as PreparedArgs),
      subscribe: (args) => this.#subscribe(args as PreparedArgs),
    })
  }

  /** Takes over a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, request))
  }

  /** Answers what is under way, then closes every socket with 1001; after `timeoutMs` it cuts them. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true
    const deadline = new Promise((resolve) => setTimeout(resolve, timeoutMs).unref())
    await Promise.race([Promise.allSettled(this.#underWay), deadline])
    const sockets = [...this.#server.clients]
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of sockets) socket.close(GOING_AWAY, 'Herald is stopping; come back')
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    let heardAt = Date.now()
    const heard = () => {
      heardAt = Date.now()
    }
    const ping = setInterval(() => {
      if (Date.now() - heardAt > SILENCE_MS) socket.terminate()
      else if (socket.readyState === socket.OPEN && socket.bufferedAmount === 0) socket.ping()
    }, PING_MS)
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => send(socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (listener) =>
          socket.on('message', (data) => {
            heard()
            if (this.#isClosing) return
            listener(String(data)).catch((error: unknown) => {
              channels.fault.publish({ error })
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          }),
      },
      { socket, request, access: new SocketAccess(this.#gate, request, socket) },
    )
    socket.on('pong', heard)
    // One listener for each subscription that is open: however many there are, none has leaked.
    socket.setMaxListeners(0)
    // A message that is too large, or no frame at all: ws closes the socket with the right code by itself.
    socket.on('error', () => {})
    socket.once('close', (code, reason) => {
      clearInterval(ping)
      void closed(code, String(reason)).catch((error: unknown) => channels.fault.publish({ error }))
    })
  }

  #prepare({ socket, request, access }: Extra, id: string, payload: unknown): PreparedArgs | readonly GraphQLError[] {
    const abort = new AbortController()
    // A key of the upgrade request would make one event of all that the socket ever publishes.
    const head = { ...publishRequest(request), idempotencyKey: null }
    try {
      const context: RequestContext = { caller: access.caller, head, signal: abort.signal, lastEventId: null }
      const prepared = this.#engine.prepare(parseRequest(payload), context)
      if ('errors' in prepared) return prepared.errors
      return Object.assign(prepared.args, { herald: { abort, socket, id } })
    } catch (error) {
      return [publicError(error)]
    }
  }

  async #execute(args: PreparedArgs): Promise<ExecutionResult> {
    const result = this.#engine.execute(args)
    const answered = result.then(() => new Promise((resolve) => setImmediate(resolve)))
    this.#underWay.add(answered)
    try {
      return await result
    } finally {
      void answered.finally(() => this.#underWay.delete(answered))
    }
  }

  async #subscribe(args: PreparedArgs): Promise<ExecutionResult | AsyncGenerator<ExecutionResult, void, void>> {
    const { abort, socket, id } = args.herald
    const stop = () => abort.abort()
    socket.once('close', stop)
    const stream = await openStream(args, this.#operations)
    if ('errors' in stream) {
      socket.off('close', stop)
      return stream
    }
    channels.subscribed.publish({ transport: 'ws' })
    let isOpen = true
    const over = (reason: EndReason) => {
      if (!isOpen) return
      isOpen = false
      socket.off('close', stop)
      channels.unsubscribed.publish({ transport: 'ws', reason: this.#isClosing ? 'stopping' : reason })
    }
    const results = (async function* () {
      try {
        for await (const { result, cursor } of stream.items) {
          if (abort.signal.aborted) return over('client')
          if (result !== undefined) {
            counts.delivered.ws++
            yield result
          } else await send(socket, stringifyMessage({ type: MessageType.Ping, payload: { id, cursor } }))
        }
        over(abort.signal.aborted ? 'client' : 'complete')
      } catch (error) {
        over((error as GraphQLError).extensions.code as ErrorCode)
        throw error
      }
    })()
    // A generator that waits at its source hears `return` only when the source has brought something, so the
    // signal ends the wait first; one that was never asked for anything runs no `finally` at all.
    const end = results.return.bind(results)
    results.return = (value) => {
      stop()
      over('client')
      return end(value)
    }
    return results
  }
}

/** What an operation's execution needs beyond graphql-js's arguments. */
interface PreparedArgs extends ExecutionArgs {
  readonly herald: { readonly abort: AbortController; readonly socket: WebSocket; readonly id: string }
}

/** Resolves when the message has left the process, so that whoever makes messages goes at the client's pace. */
function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve()
    else socket.send(data, () => resolve())
  })
}
