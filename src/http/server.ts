/**
 * The HTTP server: one port for everything. A request is routed by its raw path to what serves it; what is
 * no route of Herald's own is one of the REST paths. The port opens before the log is reached.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Authenticator } from '../access/access.ts'
import type { Quotas } from '../access/quota.ts'
import type { Sessions } from '../access/sessions.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { MachineDocument } from '../documents/documents.ts'
import { ERRORS } from '../errors.ts'
import type { EventLog } from '../log/event-log.ts'
import { channels } from '../observability/channels.ts'
import type { MetricsPage } from '../observability/metrics.ts'
import type { Operations } from '../operations/operations.ts'
import { answer, retryAfter, SECURITY_HEADERS, TEXT } from './answer.ts'
import { type ClientAddresses, countConnection } from './client-address.ts'
import { Console } from './console.ts'
import { Documents } from './documents.ts'
import { Gate, refuseAsText } from './gate.ts'
import { createEngine } from './graphql/engine.ts'
import { type GraphQLDependencies, serveGraphQL } from './graphql/http.ts'
import { Playground } from './graphql/playground.ts'
import { executableSchema } from './graphql/schema.ts'
import { WebSockets } from './graphql/websocket.ts'
import { Wheel } from './graphql/wheel.ts'
import { isReading, serveLiveness, serveReadiness } from './health.ts'
import { Origins, originRefusal } from './origin.ts'
import { PatientResponse } from './response.ts'
import { refusalOf, serveRest } from './rest/rest.ts'
import { Router } from './rest/router.ts'
import { serveSession } from './session/session.ts'
import { splitTarget } from './target.ts'
import { inTurn, noteOwed, whenPaid } from './turns.ts'
import { asPlainRequests, isWebSocket, withOriginalHeaders } from './upgrade.ts'

/** What a request may take until it has come: a client that sends a byte now and then must not hold what others need. */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2_000 } as const
/** A connection on which nothing moves for so long, in either direction, is gone; streams say something more often. */
const STALL_MS = 120_000
/** As Python's HTTP server has it, and with it Flask. */
const MAX_HEADERS = 100
const TOO_MANY_HEADERS = `A request has at most ${MAX_HEADERS} headers.\n`
/** How long answers under way may take when Herald stops. */
const DRAIN_MS = 6_000
/** How long a kept-alive connection may still bring a last request. */
const IDLE_MS = 1_000

/** Paths that are only read. */
type Reading = '/livez' | '/readyz' | '/metrics' | MachineDocument['path']

export interface HttpOptions {
  readonly catalogue: Catalogue
  readonly operations: Operations
  readonly log: EventLog
  readonly metrics: MetricsPage
  /** Null: everybody may. */
  readonly authenticator: Authenticator | null
  /** Null: no client is limited. */
  readonly quotas: Quotas | null
  readonly addresses: ClientAddresses
  /** Of all clients together; more are not taken. */
  readonly maxConnections: number
  readonly sessions: Sessions
  /** Whether these ask for the role `read`. */
  readonly isPrivate: { readonly metrics: boolean; readonly console: boolean }
  readonly allowedOrigins: readonly string[]
  readonly documents: readonly MachineDocument[]
}

export class HttpServer {
  readonly #log: EventLog
  readonly #operations: Operations
  readonly #metrics: MetricsPage
  readonly #router: Router
  readonly #origins: Origins
  readonly #console = new Console()
  readonly #documents: Documents
  readonly #gate: Gate
  readonly #sessions: Sessions
  readonly #isPrivate: HttpOptions['isPrivate']
  readonly #webSockets: WebSockets
  readonly #graphql: GraphQLDependencies
  readonly #stop = new AbortController()
  readonly #server: Server
  /** Open connections, WebSockets included. */
  #open = 0
  /** Open connections that are no WebSockets. */
  readonly #sockets = new Set<Socket>()
  /** Connections are ended as soon as they owe no answer. */
  #isEnding = false

  constructor(options: HttpOptions) {
    const { catalogue, operations, log, metrics, quotas, addresses, allowedOrigins, documents } = options
    this.#log = log
    this.#operations = operations
    this.#metrics = metrics
    this.#router = new Router(catalogue)
    this.#origins = new Origins(allowedOrigins)
    this.#gate = new Gate(options)
    this.#sessions = options.sessions
    this.#isPrivate = options.isPrivate
    this.#documents = new Documents(documents, this.#origins, this.#gate)
    const engine = createEngine(executableSchema(catalogue, operations))
    const wheel = new Wheel()
    this.#webSockets = new WebSockets({ engine, operations, wheel, gate: this.#gate })
    this.#graphql = {
      engine,
      operations,
      wheel,
      origins: this.#origins,
      gate: this.#gate,
      playground: new Playground(catalogue),
      stop: this.#stop.signal,
    }
    this.#server = createServer({ ...PATIENCE, keepAliveTimeout: 65_000, ServerResponse: PatientResponse })
    this.#server.timeout = STALL_MS
    const forget = (socket: Socket) => {
      this.#open--
      this.#sockets.delete(socket)
    }
    // One function for all connections: a closure for each is memory of each idle subscriber.
    function closed(this: Socket): void {
      forget(this)
    }
    this.#server.on('connection', (socket) => {
      // Comes again for a connection that is given back to the parser (upgrade.ts).
      if (this.#sockets.has(socket)) return
      // Not Node's own `maxConnections`: where there are several workers, the primary would offer it again and again.
      if (this.#open >= options.maxConnections) return void socket.destroy()
      this.#open++
      this.#sockets.add(socket)
      const refusal = quotas === null ? null : countConnection(quotas, addresses, socket)
      if (refusal !== null)
        endWith(socket, ERRORS[refusal.code].status, `${refusal.code}: ${refusal.message}\n`, retryAfter(refusal.code))
      socket.on('close', closed)
    })
    this.#server.on('request', (request, response) => this.#serve(request, response))
    // An expectation that nobody knows is no reason to refuse: Flask passes over it too.
    this.#server.on('checkExpectation', (request, response) => this.#serve(request, response))
    this.#server.on('upgrade', (request, socket, head) => {
      inTurn(socket, () => this.#upgrade(request, socket as Socket, head))
    })
    this.#server.on('connect', ({ url }, socket) => inTurn(socket, () => this.#refuseMethod(url ?? '', socket)))
    this.#server.on('clientError', (error, socket) => inTurn(socket, () => this.#refuseBadRequest(error, socket)))
  }

  /** Opens the port; resolves with it. Rejects with Node's error, EADDRINUSE for instance. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const { port: opened } = this.#server.address() as AddressInfo
    this.#origins.addOwn(opened)
    return opened
  }

  /** Takes no more connections, answers what is under way, ends streams so that clients come back. */
  async close(): Promise<void> {
    this.#stop.abort()
    const late = setTimeout(() => this.#server.closeAllConnections(), DRAIN_MS)
    // Not the HTTP server's own `close`, which cuts what looks idle at once: a request on its way to us would be
    // reset, and so would an answer that is ended here but that its client has yet to read.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()))
    const idle = setTimeout(() => {
      this.#isEnding = true
      for (const socket of this.#sockets) whenPaid(socket, () => socket.end())
    }, IDLE_MS)
    await this.#webSockets.close(DRAIN_MS)
    await closed
    clearTimeout(late)
    clearTimeout(idle)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    // It came after we had ended the connection: what cannot be answered is not done either.
    if (!request.socket.writable) return
    withOriginalHeaders(request)
    noteOwed(response)
    if (this.#isEnding) whenPaid(request.socket, () => request.socket.end())
    if (this.#stop.signal.aborted) response.setHeader('Connection', 'close')
    if (request.rawHeaders.length > 2 * MAX_HEADERS) return answer(response, 431, TEXT, TOO_MANY_HEADERS)
    this.#route(request, response).catch((error: unknown) => {
      // A request is destroyed, too, once its body has come in: then somebody waits.
      if (response.destroyed || (request.destroyed && !request.complete)) return
      channels.fault.publish({ error })
      if (response.headersSent) response.destroy()
      else answer(response, 500, TEXT, 'Something went wrong inside Herald; its log tells more.\n')
    })
  }

  /** No async function: what a mutation passes through makes as few promises as can be. */
  #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = splitTarget(request.url ?? '/')
    switch (target.path) {
      case '/graphql':
        return serveGraphQL(this.#graphql, target, request, response)
      case '/livez':
      case '/readyz':
      case '/metrics':
      case '/openapi.json':
      case '/asyncapi.json':
      case '/schema.graphql':
        return this.#serveReading(target.path, request, response)
      case '/session': {
        const dependencies = { gate: this.#gate, sessions: this.#sessions, origins: this.#origins }
        return serveSession(dependencies, target, request, response)
      }
      default:
        if (Console.owns(target.path)) return this.#serveConsole(target.path, request, response)
        return serveRest(this.#router, this.#operations, this.#graphql, target, request, response)
    }
  }

  async #serveReading(path: Reading, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isReading(request)) {
      return answer(response, 405, TEXT, 'Only GET reads this.\n', { Allow: 'GET, HEAD' })
    }
    if (path === '/livez') return serveLiveness(response)
    if (path === '/readyz') return serveReadiness(this.#log, this.#stop.signal.aborted, response)
    if (path !== '/metrics') return this.#documents.serve(path, request, response)
    // A page whose name was made to resolve to this machine could read it as its own.
    if (!this.#origins.allows(request)) return answer(response, 403, TEXT, `FORBIDDEN: ${originRefusal(request)}\n`)
    if (this.#isPrivate.metrics && !(await this.#gate.admitReader(request, response, refuseAsText))) return
    answer(response, 200, this.#metrics.contentType, await this.#metrics.text())
  }

  async #serveConsole(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isPrivate.console && !(await this.#gate.admitPage(request, response, '/console'))) return
    this.#console.serve(path, request, response)
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (request.rawHeaders.length > 2 * MAX_HEADERS) return endWith(socket, 431, TOO_MANY_HEADERS)
    if (!isWebSocket(request)) return asPlainRequests(this.#server, request, socket, head)
    if (splitTarget(request.url ?? '/').path !== '/graphql') {
      return endWith(socket, 400, 'WebSockets are served at /graphql.\n')
    }
    if (!this.#origins.allows(request)) return endWith(socket, 403, `FORBIDDEN: ${originRefusal(request)}\n`)
    if (this.#stop.signal.aborted) return endWith(socket, 503, 'Herald is stopping.\n')
    this.#sockets.delete(socket)
    this.#webSockets.upgrade(request, socket, head)
  }

  /** CONNECT, and methods that Node's parser does not know: answered like any other that a path does not have. */
  #refuseMethod(target: string, socket: Duplex): void {
    const { status, body, headers } = refusalOf(this.#router.match(splitTarget(target).path))
    endWith(socket, status, body, headers)
  }

  /** What Node's parser takes for no request. */
  #refuseBadRequest(error: ParserError, socket: Duplex): void {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const target = error.code === 'HPE_INVALID_METHOD' ? targetOf(error) : null
    if (target !== null) return this.#refuseMethod(target, socket)
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
    endWith(socket, status, `${STATUS_CODES[status]}\n`)
  }
}

/** What Node tells of input that its parser refuses. */
type ParserError = NodeJS.ErrnoException & {
  readonly rawPacket?: Buffer
  /** Where in the packet it stopped. */
  readonly bytesParsed?: number
}

/** The target of a request whose method the parser refused; null where there is no request line. */
function targetOf({ rawPacket, bytesParsed = 0 }: ParserError): string | null {
  const packet = rawPacket?.toString('latin1') ?? ''
  // Other requests may come before it in the packet.
  const line = packet.slice(bytesParsed === 0 ? 0 : packet.lastIndexOf('\n', bytesParsed - 1) + 1)
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\S+) HTTP\/1\.[01]\r\n/.exec(line)?.[1] ?? null
}

/** Answers on a socket that is no longer, or never was, an HTTP request's. */
function endWith(
  socket: Duplex,
  status: number,
  body: string,
  headers: { readonly [name: string]: string } = {},
): void {
  const all = {
    'Content-Type': TEXT,
    ...SECURITY_HEADERS,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
