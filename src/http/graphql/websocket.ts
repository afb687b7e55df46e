/**
 * All WebSockets: ws makes them of upgrade requests and reads their frames; what is said on each is connection.ts.
 * Messages are not compressed: that would cost each connection some 300 kB, and each message its own bytes.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { Operations } from '../../operations/operations.ts'
import { MAX_BODY_BYTES } from '../body.ts'
import type { Gate } from '../gate.ts'
import { ClientSocket, Connection, type Shared } from './connection.ts'
import type { Engine } from './engine.ts'
import type { Wheel } from './wheel.ts'

/** RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001

export class WebSockets implements Shared {
  readonly engine: Engine
  readonly operations: Operations
  readonly wheel: Wheel
  readonly gate: Gate
  isClosing = false
  readonly #server = new WebSocketServer<typeof ClientSocket>({
    WebSocket: ClientSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols,
    maxPayload: MAX_BODY_BYTES,
  })
  readonly #connections = new Set<Connection>()
  /** Queries and mutations under way: they are answered before a socket is closed. */
  #running = 0
  #onChange: () => void = () => {}

  constructor({ engine, operations, wheel, gate }: Pick<Shared, 'engine' | 'operations' | 'wheel' | 'gate'>) {
    this.engine = engine
    this.operations = operations
    this.wheel = wheel
    this.gate = gate
  }

  /** Takes over a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      this.#connections.add(new Connection(this, webSocket, socket, request))
    })
  }

  /** Answers what is under way, then closes every socket with 1001; after `timeoutMs` it cuts them. */
  async close(timeoutMs: number): Promise<void> {
    this.isClosing = true
    await this.#until(() => this.#running === 0, timeoutMs)
    for (const connection of this.#connections) {
      connection.close(GOING_AWAY, 'Herald is stopping; come back', 'stopping')
    }
    await this.#until(() => this.#connections.size === 0, 1_000)
    for (const connection of this.#connections) connection.terminate()
    this.#server.close()
  }

  running(change: 1 | -1): void {
    this.#running += change
    this.#onChange()
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection)
    this.#onChange()
  }

  /** Resolves when something holds of what is open, or after so many milliseconds. */
  #until(holds: () => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, ms).unref()
      this.#onChange = () => {
        if (!holds()) return
        clearTimeout(late)
        resolve()
      }
      this.#onChange()
    })
  }
}
