/**
 * HTTP written by hand on a plain socket: what no client library would send, and every byte of what comes back.
 * Texts are latin1, one character a byte.
 */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface RawRequest {
  /** `GET / HTTP/1.1`. */
  readonly line: string
  /** `Name: value`, as they are sent. */
  readonly headers: readonly string[]
  readonly body?: string
}

export interface RawAnswer {
  readonly status: number
  /** Names in lower case, in the order of the answer. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** No answer takes longer, a stopped log's 5 s included. */
const PATIENCE_MS = 20_000

export function bytesOf({ line, headers, body = '' }: RawRequest): Buffer {
  return Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1')
}

/** A request in the usual form, with a Host. */
export function rawRequest(line: string, headers: readonly string[] = [], body?: string): RawRequest {
  return { line, headers: ['Host: game:5000', ...headers], ...(body === undefined ? {} : { body }) }
}

/** Sends one request on a connection of its own, and returns its answer. Rejects if the server gives none. */
export async function ask(port: number, request: RawRequest | Buffer): Promise<RawAnswer> {
  const isHead = !Buffer.isBuffer(request) && request.line.startsWith('HEAD ')
  const connection = await RawConnection.open(port)
  try {
    connection.write(Buffer.isBuffer(request) ? request : bytesOf(request))
    return await connection.answer(isHead)
  } finally {
    connection.close()
  }
}

/** A connection that takes bytes and gives answers, in order. */
export class RawConnection {
  readonly #socket: ReturnType<typeof connect>
  #received: Buffer = Buffer.alloc(0)
  #hasEnded = false
  #wake = () => {}

  private constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // A server may close without reading a body to its end, which resets the connection.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#hasEnded = true
      this.#wake()
    })
  }

  static async open(port: number): Promise<RawConnection> {
    const connection = new RawConnection(port)
    await once(connection.#socket, 'connect')
    return connection
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** The next answer; interim ones (100) are passed over. `isHead`: it has no body, whatever its length says. */
  async answer(isHead = false): Promise<RawAnswer> {
    const parsed = await this.#until(() => takeAnswer(this.#received, isHead, this.#hasEnded))
    this.#received = parsed.rest
    return parsed.answer.status < 200 ? this.answer(isHead) : parsed.answer
  }

  /** Resolves when the server has closed the connection, with what came before it and was no answer. */
  async closed(): Promise<string> {
    await this.#until(() => (this.#hasEnded ? true : null))
    return this.#received.toString('latin1')
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Says that nothing more will come (FIN); answers still do. */
  finish(): void {
    this.#socket.end()
  }

  /** Breaks the connection off (RST), as a client that dies does. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  async #until<T>(look: () => T | null): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS
    for (let found = look(); ; found = look()) {
      if (found !== null) return found
      if (this.#hasEnded) throw new Error(`closed without an answer; got ${JSON.stringify(this.#text())}`)
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no answer within ${PATIENCE_MS} ms; got ${JSON.stringify(this.#text())}`)
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(late)
          resolve()
        }
      })
    }
  }

  #text(): string {
    return this.#received.toString('latin1').slice(0, 500)
  }
}

function takeAnswer(bytes: Buffer, isHead: boolean, hasEnded: boolean): { answer: RawAnswer; rest: Buffer } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(`${statusLine} `)?.[1])
  if (!status) throw new Error(`no status line: ${JSON.stringify(statusLine)}`)
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const header = (name: string) => headers.find(([other]) => other === name)?.[1]
  const rest = bytes.subarray(headEnd + 4)
  const done = (body: Buffer, used: number) => ({
    answer: { status, headers, body: body.toString('latin1') },
    rest: rest.subarray(used),
  })
  if (isHead || status < 200 || status === 204 || status === 304) return done(Buffer.alloc(0), 0)
  if (header('transfer-encoding') === 'chunked') {
    const chunks: Buffer[] = []
    for (let at = 0; ; ) {
      const lineEnd = rest.indexOf('\r\n', at)
      const size = lineEnd < 0 ? Number.NaN : Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
      if (!(rest.length >= lineEnd + 2 + size + 2)) return null
      if (size === 0) return done(Buffer.concat(chunks), lineEnd + 4)
      chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size))
      at = lineEnd + 2 + size + 2
    }
  }
  const length = header('content-length')
  if (length === undefined) return hasEnded ? done(rest, rest.length) : null
  return rest.length < Number(length) ? null : done(rest.subarray(0, Number(length)), Number(length))
}

/** The value of an answer's header; null where it has none. `name` in lower case. */
export function headerOf(answer: RawAnswer, name: string): string | null {
  return answer.headers.find(([other]) => other === name)?.[1] ?? null
}
