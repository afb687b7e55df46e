/**
 * One connection to one broker: the only file that knows kafkajs, and of it only the broker and the
 * connection (answers, SASL, TLS, the negotiation of versions), which its public API does not show.
 *
 * What kafkajs does round them is left away on purpose, each for a reason that was seen: the cluster's nested
 * retriers take many times their configured time, its pool reconnects behind one's back and twice at once,
 * and `disconnect` waits for the answer to a parked fetch. So a link is never connected again: after any
 * error but a broker's own error code it is closed for good, its socket destroyed at once, every request that
 * waits on it rejected, and whoever needs a connection opens another link.
 */
import { createRequire } from 'node:module'
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Api } from './protocol.ts'
import { type KafkaSecurity, refusalOf, type Sasl } from './security.ts'
import { Writer } from './wire.ts'

const require = createRequire(import.meta.url)

/** A request as kafkajs's queue keeps it until its answer or its time-out. */
interface KafkajsRequest {
  readonly entry: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    readonly correlationId: number
    resolve(answer: { readonly payload: Buffer }): void
    reject(error: Error): void
  }
  readonly expectResponse: boolean
  readonly requestTimeout: number
  sendRequest(): unknown
}

interface KafkajsConnection {
  readonly socket: Socket
  readonly requestQueue: {
    maybeThrottle(ms: number): void
    scheduleCheckPendingRequests(): void
    push(request: KafkajsRequest): void
  }
  isConnected(): boolean
  isAuthenticated(): boolean
  authenticate(): Promise<void>
  nextCorrelationId(): number
  rejectRequests(error: Error): void
  disconnect(): Promise<unknown>
}

interface KafkajsConnectionPool {
  readonly pool: readonly KafkajsConnection[]
}

interface CreatableTopic {
  readonly topic: string
  readonly numPartitions: number
  readonly replicationFactor: number
}

/** The requests that are used as kafkajs has them; they reject with its errors, whose `type` names the code. */
interface KafkajsBroker {
  connect(): Promise<void>
  createTopics(request: { topics: readonly CreatableTopic[]; timeout: number }): Promise<unknown>
  describeConfigs(request: {
    resources: readonly { type: number; name: string; configNames: readonly string[] }[]
  }): Promise<{ resources: { configEntries: { configName: string; configValue: string | null }[] }[] }>
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>
}

interface KafkajsLogger {
  namespace(): KafkajsLogger
  debug(): void
  info(): void
  warn(): void
  error(): void
}

type SocketFactory = (to: { host: string; port: number; onConnect(): void }) => Socket

const Broker: new (options: {
  connectionPool: KafkajsConnectionPool
  logger: KafkajsLogger
  allowAutoTopicCreation: boolean
}) => KafkajsBroker = require('kafkajs/src/broker')

/** The exchange of one mechanism; `saslAuthenticate` sends one of its messages. */
type SaslProvider = (exchange: { saslAuthenticate(message: unknown): Promise<unknown> }) => {
  authenticate(): Promise<void>
}

const ConnectionPool: new (options: {
  host: string
  port: number
  logger: KafkajsLogger
  clientId: string
  socketFactory: SocketFactory
  sasl: { mechanism: string; authenticationProvider: SaslProvider } | null
  connectionTimeout: number
  reauthenticationThreshold: number
  requestTimeout: number
  enforceRequestTimeout: boolean
}) => KafkajsConnectionPool = require('kafkajs/src/network/connectionPool')

type Credentials = Pick<Sasl, 'username' | 'password'>

const SASL_PROVIDERS: Readonly<Record<Sasl['mechanism'], (credentials: Credentials) => SaslProvider>> = {
  PLAIN: require('kafkajs/src/broker/saslAuthenticator/plain'),
  'SCRAM-SHA-256': require('kafkajs/src/broker/saslAuthenticator/scram256'),
  'SCRAM-SHA-512': require('kafkajs/src/broker/saslAuthenticator/scram512'),
}

const CONFIG_OF_TOPIC = 2

/** kafkajs logs every refused connection as an error; what matters of it comes back as a rejection. */
const SILENT: KafkajsLogger = {
  namespace: () => SILENT,
  debug() {},
  info() {},
  warn() {},
  error() {},
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Longest time to connect, TLS included, and for each of the questions before the first request. */
const CONNECT_TIMEOUT_MS = 1_500
/** How long before the end of its session, where brokers set one, a link signs in again. */
const SIGN_IN_AGAIN_MS = 1_500
/** Longest time to wait for an answer, where a request does not say more. */
export const REQUEST_TIMEOUT_MS = 3_000

/** What an answer's body is for who asked. */
type Read<T> = (answer: Buffer) => T | Promise<T>

/** A connection to one broker, open until its first failure. */
export class Link {
  readonly #broker: KafkajsBroker
  readonly #connection: KafkajsConnection
  readonly #clientId: string
  readonly #signsIn: boolean
  readonly #sockets = new Set<Socket>()
  #closed: Error | null = null
  #isFirst = true
  /** Why a message of the SASL exchange failed: kafkajs makes one error of a wrong password and of an outage. */
  #saslError: unknown = null

  private constructor(address: Address, clientId: string, { tls, sasl }: KafkaSecurity) {
    this.#clientId = clientId
    this.#signsIn = sasl !== null
    const pool = new ConnectionPool({
      ...address,
      logger: SILENT,
      clientId,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      // Kafka refuses who signs in again within a second, and kafkajs does so at every request where a session is
      // shorter than its threshold (10 s by default).
      reauthenticationThreshold: SIGN_IN_AGAIN_MS,
      // The least time of any request, that for the versions included; `send` gives its own.
      requestTimeout: CONNECT_TIMEOUT_MS,
      enforceRequestTimeout: true,
      sasl: sasl && { mechanism: sasl.mechanism, authenticationProvider: (exchange) => this.#saslOf(sasl, exchange) },
      socketFactory: ({ host, port, onConnect }) => {
        const options = { host, port, noDelay: true, keepAlive: true }
        const socket =
          tls === null
            ? connectSocket(options, onConnect)
            : // An address is no server name (RFC 6066), but is compared with the certificate nevertheless.
              connectTls({ ...options, secureContext: tls, ...(isIP(host) ? {} : { servername: host }) }, onConnect)
        this.#sockets.add(socket)
        socket.once('close', () => {
          this.#sockets.delete(socket)
          this.close(new Error('the broker closed the connection'))
        })
        if (this.#closed !== null) socket.destroy(this.#closed)
        return socket
      },
    })
    this.#connection = pool.pool[0]!
    // Nothing is ever held back here: the broker itself slows down whom it throttles. kafkajs would start a timer
    // at every answer to look for what it holds back, with a negative time, which newer Nodes warn of.
    this.#connection.requestQueue.maybeThrottle = () => {}
    this.#connection.requestQueue.scheduleCheckPendingRequests = () => {}
    this.#broker = new Broker({ connectionPool: pool, logger: SILENT, allowAutoTopicCreation: false })
  }

  /**
   * Connects and shows who we are. Rejects within some seconds, with `Refused` where the broker does not let us in;
   * then nothing is left open.
   */
  static async open(address: Address, clientId: string, security: KafkaSecurity): Promise<Link> {
    const link = new Link(address, clientId, security)
    try {
      await link.#broker.connect()
      if (link.#closed !== null) throw link.#closed
      return link
    } catch (error) {
      link.close(asError(error))
      throw link.#explain(error)
    }
  }

  get closed(): boolean {
    return this.#closed !== null
  }

  /**
   * Sends a request whose body is encoded already and resolves to what `read` makes of the body of the answer, in
   * the turn in which it came. Any rejection closes the link, one of `read` too; a request that was rejected may have
   * reached the broker.
   */
  send<T>(api: Api, body: Buffer, read: Read<T>, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    return this.#guard(async () => {
      if (this.#signsIn && !this.#connection.isAuthenticated()) await this.#connection.authenticate()
      return this.#exchange(api, body, read, timeoutMs)
    })
  }

  /**
   * What kafkajs's own `send` does, without its promises round each step and its copies: a tenth of what an answer
   * costs to have where requests are small (pages of 100, one event at a time).
   */
  #exchange<T>({ key, name, version }: Api, body: Buffer, read: Read<T>, requestTimeout: number): Promise<T> {
    const { socket, requestQueue } = this.#connection
    if (!this.#connection.isConnected()) throw new Error('the connection was closed')
    const correlationId = this.#connection.nextCorrelationId()
    const writer = new Writer(64 + body.length).int32(0).int16(key).int16(version).int32(correlationId)
    const { bytes } = writer.string(this.#clientId).raw(body)
    bytes.writeInt32BE(bytes.length - 4)
    return new Promise((resolve, reject) => {
      requestQueue.push({
        entry: {
          apiKey: key,
          apiVersion: version,
          apiName: name,
          correlationId,
          resolve({ payload }) {
            try {
              resolve(read(payload))
            } catch (error) {
              reject(error)
            }
          },
          reject,
        },
        expectResponse: true,
        requestTimeout,
        sendRequest: () => socket.write(bytes),
      })
    })
  }

  /** Creates a topic; resolves also if it is there already. */
  async createTopic(topic: CreatableTopic): Promise<void> {
    try {
      await this.#guard(() => this.#broker.createTopics({ topics: [topic], timeout: REQUEST_TIMEOUT_MS }))
    } catch (error) {
      if (!mentions(error, 'TOPIC_ALREADY_EXISTS')) throw error
    }
  }

  /** Values of a topic's settings, by name. */
  async topicConfig(topic: string, names: readonly string[]): Promise<Map<string, string>> {
    const answer = await this.#guard(() =>
      this.#broker.describeConfigs({ resources: [{ type: CONFIG_OF_TOPIC, name: topic, configNames: names }] }),
    )
    const values = new Map<string, string>()
    for (const { configName, configValue } of answer.resources[0]?.configEntries ?? []) {
      if (configValue !== null) values.set(configName, configValue)
    }
    return values
  }

  /** A producer id that nobody else has; its sequences begin at 0. */
  async initProducerId(): Promise<{ producerId: number; producerEpoch: number }> {
    const answer = await this.#guard(() => this.#broker.initProducerId({ transactionTimeout: 30_000 }))
    return { producerId: Number(answer.producerId), producerEpoch: answer.producerEpoch }
  }

  /** Closes at once: what still waits for an answer is rejected with `reason`. Idempotent. */
  close(reason: Error = new Error('the connection was closed')): void {
    if (this.#closed !== null) return
    this.#closed = reason
    this.#connection.rejectRequests(reason)
    // With nothing pending this only stops kafkajs's timers.
    this.#connection.disconnect().catch(() => {})
    // With an error, so that kafkajs clears the timer of a connection that is being made.
    for (const socket of this.#sockets) socket.destroy(reason)
  }

  async #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed !== null) throw this.#closed
    try {
      const answer = await call()
      this.#isFirst = false
      return answer
    } catch (error) {
      if (isAnswer(error)) throw error
      this.close(asError(error))
      throw this.#explain(error)
    }
  }

  #explain(error: unknown): unknown {
    return refusalOf(this.#saslError ?? error, this.#isFirst) ?? error
  }

  /** kafkajs's own exchange, with a look at why it fails. It is held again before the broker's session ends. */
  #saslOf({ mechanism, username, password }: Sasl, exchange: Parameters<SaslProvider>[0]): ReturnType<SaslProvider> {
    this.#saslError = null
    return SASL_PROVIDERS[mechanism]({ username, password })({
      ...exchange,
      saslAuthenticate: (message) =>
        exchange.saslAuthenticate(message).catch((error: unknown) => {
          this.#saslError = error
          throw error
        }),
    })
  }
}

const ANSWERS = new Set(['KafkaJSProtocolError', 'KafkaJSAggregateError'])

/** Whether an error is a broker's answer, after which the connection is as good as before. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && ANSWERS.has(error.name)
}

function mentions(error: unknown, type: string): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('type' in error && error.type === type) return true
  return 'errors' in error && Array.isArray(error.errors) && error.errors.some((inner) => mentions(inner, type))
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
