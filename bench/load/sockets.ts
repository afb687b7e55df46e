/**
 * Clients that cost little, since they share two cores with the server that they measure: HTTP/1.1 and WebSocket over
 * node:net, keep-alive, no pipelining, only as much of both protocols as the servers of this bench speak.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKED = /transfer-encoding: *chunked/i
const LENGTH = /content-length: *(\d+)/i

export interface HttpAnswer {
  readonly status: number
  readonly body: Buffer
}

/** One keep-alive connection with at most one request under way. */
export class HttpConnection {
  readonly #socket: Socket
  #received: Buffer | null = null
  #waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed a connection')))
  }

  static async open(port: number): Promise<HttpConnection> {
    return new HttpConnection(await openSocket(port))
  }

  /** Sends a whole request, head and body, and resolves to its answer. */
  send(request: Buffer | string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#waiting = null
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    const received = this.#received === null ? chunk : Buffer.concat([this.#received, chunk])
    const answer = parseAnswer(received)
    if (answer === null) {
      this.#received = received
      return
    }
    this.#received = null
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.reject(error)
  }
}

/** A whole answer, null while it is not complete. */
function parseAnswer(bytes: Buffer): HttpAnswer | null {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return null
  const head = bytes.toString('latin1', 0, end)
  const status = Number(head.slice(9, 12))
  const begin = end + HEAD_END.length
  const length = LENGTH.exec(head)?.[1]
  if (length !== undefined) {
    const stop = begin + Number(length)
    return bytes.length < stop ? null : { status, body: bytes.subarray(begin, stop) }
  }
  if (!CHUNKED.test(head)) return { status, body: Buffer.alloc(0) }
  const parts: Buffer[] = []
  for (let at = begin; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    at = line + 2 + size + 2
    if (at > bytes.length) return null
    if (size === 0) return { status, body: Buffer.concat(parts) }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
  }
}

/** How graphql-transport-ws asks whether a client lives. */
const PROTOCOL_PING = '{"type":"ping"'

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 }

/** A WebSocket of graphql-transport-ws. Text frames go to `onText`, whole, as a view that is good during the call. */
export class WebSocketConnection {
  onText: (payload: Buffer) => void = () => {}
  onClose: (reason: string) => void = () => {}
  readonly #socket: Socket
  #rest: Buffer | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Opens the socket. Rejects with the server's status line where it is no WebSocket. */
  static async open(port: number, path = '/graphql'): Promise<WebSocketConnection> {
    const socket = await openSocket(port)
    socket.setNoDelay(true)
    const opened = new WebSocketConnection(socket)
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
    )
    let head = Buffer.alloc(0)
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer) => {
        head = Buffer.concat([head, chunk])
        const end = head.indexOf(HEAD_END)
        if (end < 0) return
        socket.off('data', take)
        socket.off('close', refuse)
        if (head.toString('latin1', 9, 12) !== '101') return reject(new Error(head.toString('latin1', 0, end)))
        socket.on('data', (more) => opened.#take(more))
        if (head.length > end + 4) opened.#take(head.subarray(end + 4))
        resolve()
      }
      const refuse = () => reject(new Error('the server closed a socket instead of opening it'))
      socket.on('data', take)
      socket.on('close', refuse)
      socket.on('error', reject)
    })
    socket.on('close', () => opened.onClose('cut'))
    return opened
  }

  /** The first messages of the protocol; resolves at `connection_ack`. */
  async initialise(): Promise<void> {
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.onText = (payload) =>
        payload.includes('connection_ack') ? resolve() : reject(new Error(`no connection_ack: ${payload}`))
      this.onClose = (reason) => reject(new Error(reason))
    })
    this.send('{"type":"connection_init"}')
    await acknowledged
  }

  send(text: string): void {
    this.#write(OPCODE.text, Buffer.from(text))
  }

  close(): void {
    this.onClose = () => {}
    this.#socket.destroy()
  }

  #write(opcode: number, payload: Buffer): void {
    const { length } = payload
    // Masked, as a client must, with a mask that changes nothing.
    const head = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
    head[0] = 0x80 | opcode
    if (length < 126) {
      head[1] = 0x80 | length
    } else {
      head[1] = 0x80 | 126
      head.writeUInt16BE(length, 2)
    }
    this.#socket.write(Buffer.concat([head, payload]))
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (at + 2 <= bytes.length) {
      let length = bytes[at + 1]! & 0x7f
      let begin = at + 2
      if (length === 126) {
        if (at + 4 > bytes.length) break
        length = bytes.readUInt16BE(at + 2)
        begin = at + 4
      } else if (length === 127) {
        if (at + 10 > bytes.length) break
        length = Number(bytes.readBigUInt64BE(at + 2))
        begin = at + 10
      }
      if (begin + length > bytes.length) break
      this.#frame(bytes[at]! & 0x0f, bytes.subarray(begin, begin + length))
      at = begin + length
    }
    this.#rest = at === bytes.length ? null : bytes.subarray(at)
  }

  #frame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) {
      if (payload.toString('latin1', 0, PROTOCOL_PING.length) === PROTOCOL_PING) this.send('{"type":"pong"}')
      else this.onText(payload)
    } else if (opcode === OPCODE.ping) this.#write(OPCODE.pong, payload)
    else if (opcode === OPCODE.close) this.onClose(`closed: ${payload.length < 2 ? '' : payload.readUInt16BE(0)}`)
  }
}

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
