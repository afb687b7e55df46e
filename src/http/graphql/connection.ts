/**
 * One WebSocket that speaks graphql-transport-ws (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md),
 * with that protocol's close codes. Ours because graphql-ws's server costs each subscription a generator, an event
 * loop turn for each message, and each event an execution of its own for each subscriber.
 *
 * What goes out is framed here and written to the connection itself, several messages in one write. A client that
 * does not read is not read from either, so that what waits for it is bounded; when it stays so, its operations end
 * with SUBSCRIBER_TOO_SLOW, and after another minute, in which it may find that, the connection is cut.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType, parseMessage } from 'graphql-ws'
import { type RawData, WebSocket } from 'ws'
import type { Caller } from '../../access/caller.ts'
import type { EndReason } from '../../observability/channels.ts'
import type { Operations } from '../../operations/operations.ts'
import type { PublishRequest } from '../../operations/publish.ts'
import { tooSlow } from '../../operations/subscription.ts'
import type { Gate } from '../gate.ts'
import { packHead, unpackHead } from '../request-head.ts'
import { audienceOf } from './audience.ts'
import { pagePlanOf } from './compiled-page.ts'
import type { Engine, Prepared } from './engine.ts'
import { publicError } from './errors.ts'
import { framesOf } from './frames.ts'
import { hold, holds, letGo } from './memory.ts'
import { Operation } from './operation.ts'
import { parseRequest } from './request.ts'
import { Room } from './room.ts'
import { SocketAccess } from './socket-access.ts'
import { openStream } from './stream.ts'
import type { Ticking, Wheel } from './wheel.ts'

/** How long `connection_init` may take. */
const INIT_S = 3
const PING_S = 12
/** A connection from which nothing came for so long, no answer to a ping either, is dead. */
const SILENCE_S = 75
/** When a client takes nothing of what waits for it: its operations end, the connection is cut. */
const STALL_S = { end: 30, cut: 90 }
/** Past this a connection takes no more events, and is not read from. */
const FULL_BYTES = 128 * 1024
/** How many queries and mutations of one connection run at a time before it is not read from. */
const MAX_RUNNING = 256
/** How often an answer that waits for its client looks whether it may be made. */
const LOOK_MS = 1_000

const PING = Buffer.of(0x89, 0)
const ACK = framesOf(JSON.stringify({ type: MessageType.ConnectionAck }))

/** What all connections share. */
export interface Shared {
  readonly engine: Engine
  readonly operations: Operations
  readonly wheel: Wheel
  readonly gate: Gate
  /** Set while Herald stops: what comes is not looked at. */
  readonly isClosing: boolean
  /** A query or mutation begins (1) or is answered (-1). */
  running(change: 1 | -1): void
  closed(connection: Connection): void
}

/** Knows whose it is, so that its listeners are the same few functions for all: closures are memory of each. */
export class ClientSocket extends WebSocket {
  connection: Connection | null = null
}

export class Connection implements Ticking {
  readonly #shared: Shared
  readonly #webSocket: ClientSocket
  readonly #socket: Duplex & { readonly bytesWritten?: number }
  readonly #operations = new Map<string, Operation>()
  /** Null: everybody may. */
  readonly #access: SocketAccess | null
  readonly #anyone: Caller
  readonly #openedAt: number
  #heardAt: number
  #state: 'new' | 'asking' | 'ready' | 'closed' = 'new'
  #isCorked = false
  #isPaused = false
  #running = 0
  #room: Room | null = null
  /** Of the upgrade request. A key of its would make one event of all that the socket ever publishes. */
  readonly #packedHead: string
  #head: PublishRequest | null = null
  /** Since when the client has taken nothing of what waits; 0: it takes all. */
  #stalledAt = 0
  #taken = 0

  /** `request`: of the upgrade. */
  constructor(shared: Shared, webSocket: ClientSocket, socket: Duplex, request: IncomingMessage) {
    this.#shared = shared
    this.#webSocket = webSocket
    this.#socket = socket
    this.#packedHead = packHead(request)
    this.#access = shared.gate.isOpen ? null : new SocketAccess(shared.gate, request, this)
    this.#anyone = shared.gate.anyone(request)
    this.#openedAt = shared.wheel.now
    this.#heardAt = shared.wheel.now
    webSocket.connection = this
    webSocket.on('message', Connection.#onMessage)
    webSocket.on('pong', Connection.#onSign)
    webSocket.on('ping', Connection.#onSign)
    webSocket.on('error', ignore)
    webSocket.on('close', Connection.#onClose)
    socket.on('drain', () => this.#drained())
    shared.wheel.add(this)
    if (webSocket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      this.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
    }
  }

  static readonly #onMessage = function (this: WebSocket, data: RawData): void {
    connectionOf(this).#hear(data)
  }

  static readonly #onSign = function (this: WebSocket): void {
    const connection = connectionOf(this)
    connection.#heardAt = connection.#shared.wheel.now
    connection.#hold()
  }

  static readonly #onClose = function (this: WebSocket): void {
    connectionOf(this).#over('client')
  }

  /** What is published is enriched with. */
  get head(): PublishRequest {
    this.#head ??= unpackHead(this.#packedHead)
    return this.#head
  }

  /** Who asks. Throws UNAUTHENTICATED where nobody was let in, or not any more. */
  get caller(): Caller {
    return this.#access === null ? this.#anyone : this.#access.caller
  }

  /** Whether so much waits that no more events should be written for now. */
  get isFull(): boolean {
    return this.#socket.writableLength > FULL_BYTES
  }

  /** Writes frames at once; buffers that others are written too. */
  write(frames: readonly Buffer[]): void {
    if (this.#state !== 'ready') return
    if (frames.length === 1) {
      this.#socket.write(frames[0]!)
      return
    }
    this.#socket.cork()
    for (const frame of frames) this.#socket.write(frame)
    this.#socket.uncork()
  }

  /** Writes frames together with whatever else is written in this turn. */
  send(frames: Buffer): void {
    if (this.#state === 'closed') return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(uncork, this)
    }
    this.#socket.write(frames)
  }

  /** For `process.nextTick`. */
  uncork(): void {
    this.#isCorked = false
    this.#socket.uncork()
    this.#hold()
  }

  /** Resolves when events may be written again, or after so many milliseconds. */
  room(ms: number): Promise<void> {
    this.#room ??= new Room()
    return this.#room.wait(ms)
  }

  /** The operation's id may be used again. */
  forget(id: string): void {
    this.#operations.delete(id)
  }

  /** Ends every subscription; each hears why, with its own cursor. Who publishes is still told what became of it. */
  endStreams(error: unknown): void {
    for (const operation of this.#operations.values()) operation.endStream(error)
  }

  /** Says nothing more to any operation, and closes. */
  close(code: number, reason: string, why: EndReason = 'client'): void {
    this.#silence(why)
    this.#webSocket.close(code, reason)
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  tick(now: number): void {
    if (this.#state === 'new' && now - this.#openedAt > INIT_S) {
      this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
    }
    if (this.#socket.writableLength > 0) return this.#lookAtStall(now)
    this.#stalledAt = 0
    if (now - this.#heardAt > SILENCE_S) this.terminate()
    else if (this.#state === 'ready' && (now - this.#openedAt) % PING_S === 0) this.#socket.write(PING)
  }

  #lookAtStall(now: number): void {
    const taken = (this.#socket.bytesWritten ?? 0) - this.#socket.writableLength
    if (this.#stalledAt === 0 || taken !== this.#taken) this.#stalledAt = now
    this.#taken = taken
    // It takes something, or cannot answer pings before it has: no silence is held against it.
    this.#heardAt = now
    const stalled = now - this.#stalledAt
    if (stalled >= STALL_S.cut) this.terminate()
    else if (stalled >= STALL_S.end) this.endStreams(tooSlow())
  }

  #hear(data: RawData): void {
    this.#heardAt = this.#shared.wheel.now
    if (this.#state === 'closed' || this.#shared.isClosing) return
    let message: ReturnType<typeof parseMessage>
    try {
      message = parseMessage(String(data))
    } catch {
      return this.close(CloseCode.BadRequest, 'Invalid message received')
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        return this.#initialise(message.payload)
      case MessageType.Ping: {
        const { payload } = message
        return this.send(framesOf(JSON.stringify({ type: MessageType.Pong, ...(payload && { payload }) })))
      }
      case MessageType.Pong:
        return
      case MessageType.Subscribe:
        return this.#subscribe(message.id, message.payload, sizeOf(data))
      case MessageType.Complete:
        return this.#operations.get(message.id)?.close('client')
      default:
        // What only a server says.
        return this.close(CloseCode.BadRequest, 'Invalid message received')
    }
  }

  #initialise(payload: unknown): void {
    if (this.#state !== 'new') {
      return this.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
    }
    const acknowledge = () => {
      if (this.#state === 'closed') return
      this.#state = 'ready'
      this.send(ACK)
    }
    if (this.#access === null) return acknowledge()
    this.#state = 'asking'
    void this.#access.connect(payload).then((isAdmitted) => {
      if (isAdmitted) acknowledge()
    })
  }

  #subscribe(id: string, payload: unknown, bytes: number): void {
    if (this.#state !== 'ready') return this.close(CloseCode.Unauthorized, 'Unauthorized')
    if (this.#operations.has(id)) {
      const reason = `Subscriber for ${id} already exists`
      // What a close frame can hold.
      const fits = Buffer.byteLength(reason) <= 123
      return this.close(CloseCode.SubscriberAlreadyExists, fits ? reason : 'Subscriber already exists')
    }
    const operation = new Operation(this, id)
    this.#operations.set(id, operation)
    this.#run(operation, payload, bytes).catch((error: unknown) => operation.refuse([publicError(error)]))
  }

  /** `bytes`: the size of the message that it came in. */
  async #run(operation: Operation, payload: unknown, bytes: number): Promise<void> {
    const { quota } = operation.caller
    quota?.take('requests')
    quota?.take('bytes', bytes)
    const prepared = this.#shared.engine.prepare(parseRequest(payload), operation)
    if ('errors' in prepared) return operation.refuse(prepared.errors)
    if (prepared.operation === 'subscription') {
      const subscription = await openStream(prepared.args)
      if ('errors' in subscription) operation.answer(JSON.stringify(subscription))
      else operation.stream(subscription, audienceOf(prepared.args))
      return
    }
    this.#running++
    this.#hold()
    this.#shared.running(1)
    try {
      // An answer that would only wait is not made yet; one that nobody waits for any more, not at all.
      await this.#whenRoom()
      if (prepared.operation === 'query') {
        await this.#whenDue()
        if (this.#state === 'closed') return
      }
      operation.answer(await this.#answer(prepared, operation))
    } finally {
      if (holds(operation)) void this.#whenRoom().then(() => letGo(operation))
      this.#running--
      this.#shared.running(-1)
      this.#goOn()
    }
  }

  /** The result of a query or a mutation. A page is written in pieces, between which others get their turn. */
  async #answer(prepared: Prepared, operation: Operation): Promise<string> {
    const { engine, operations } = this.#shared
    const page = prepared.operation === 'query' ? pagePlanOf(prepared.args)?.(operations, operation) : undefined
    if (page === undefined) return (await engine.answer(prepared)).text
    let text = ''
    for (;;) {
      const { done, value } = await page.next()
      text += value
      if (done) return text
      try {
        hold(operation, value.length)
      } catch (error) {
        await page.return('')
        return JSON.stringify({ errors: [publicError(error)] })
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Resolves when it is a query's turn and the client takes answers, or is gone. */
  async #whenDue(): Promise<void> {
    do {
      await this.#whenRoom()
      await this.#shared.engine.turn()
    } while (this.isFull && this.#state === 'ready')
  }

  /** Resolves when the client has taken what waits for it, or is gone. */
  async #whenRoom(): Promise<void> {
    while (this.isFull && this.#state === 'ready') await this.room(LOOK_MS)
  }

  /** Reads nothing more while too much waits, or runs. */
  #hold(): void {
    if (this.#isPaused || (!this.isFull && this.#running < MAX_RUNNING)) return
    this.#isPaused = true
    this.#webSocket.pause()
  }

  #goOn(): void {
    if (!this.#isPaused || this.isFull || this.#running >= MAX_RUNNING) return
    this.#isPaused = false
    this.#webSocket.resume()
  }

  #drained(): void {
    this.#stalledAt = 0
    this.#heardAt = this.#shared.wheel.now
    this.#goOn()
    this.#room?.open()
  }

  #silence(why: EndReason): void {
    this.#state = 'closed'
    for (const operation of this.#operations.values()) operation.close(why)
    this.#room?.open()
  }

  #over(why: EndReason): void {
    this.#silence(why)
    this.#access?.close()
    this.#shared.wheel.delete(this)
    this.#shared.closed(this)
  }
}

function connectionOf(webSocket: WebSocket): Connection {
  return (webSocket as ClientSocket).connection!
}

/** A message that is too large, or no frame at all: ws closes with the right code by itself. */
function ignore(): void {}

function sizeOf(data: RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.length, 0) : data.byteLength
}

function uncork(connection: Connection): void {
  connection.uncork()
}
