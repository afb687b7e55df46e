/**
 * The environment, read and checked here and nowhere else. A wrong value stops the start with one line that
 * names the variable. docs/configuration.md and docker-compose.yml are held against `VARIABLES`.
 */
import { bool, type CleanedEnv, customCleanEnv, makeValidator, type ReporterOptions, type Spec } from 'envalid'
import { compile } from 'proxy-addr'
import type { AccessSettings } from './access/access.ts'
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from './access/algorithms.ts'
import type { QuotaSettings } from './access/quota.ts'
import { ConfigError } from './config-error.ts'
import { kafkaSecurity } from './config-kafka.ts'
import { CREDENTIAL_HEADERS } from './event/enrich.ts'
import { type KafkaSecurity, SASL_MECHANISMS, type Sasl } from './log/kafka/security.ts'
import type { TraceExporter } from './observability/tracing.ts'

export { ConfigError } from './config-error.ts'

const itemsOf = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const list = makeValidator<readonly string[]>(itemsOf)

const count = (least: number, most: number) =>
  makeValidator<number>((text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`)
    }
    return Number(text)
  })

const text = (pattern: RegExp, meaning: string) =>
  makeValidator<string>((value) => {
    if (!pattern.test(value)) throw new Error(`must be ${meaning}`)
    return value
  })

const brokers = makeValidator<readonly string[]>((value) => {
  const addresses = itemsOf(value)
  if (addresses.length === 0) throw new Error('must be host:port, or several separated by commas')
  for (const address of addresses) {
    if (
      !/^(?:[\w.-]+|\[[\da-fA-F:.]+\]):([1-9]\d{0,4})$/.test(address) ||
      Number(address.replace(/.*:/, '')) > 65_535
    ) {
      throw new Error('must be host:port, or several separated by commas')
    }
  }
  return addresses
})

const origins = makeValidator<readonly string[]>((value) => {
  const items = itemsOf(value)
  return items.map((item) => {
    const url = URL.canParse(item) ? new URL(item) : null
    if (url === null || url.origin === 'null' || item.replace(/\/$/, '').toLowerCase() !== url.origin) {
      throw new Error('must be origins such as https://game.example, separated by commas')
    }
    return url.origin
  })
})

const saslMechanism = makeValidator<Sasl['mechanism'] | ''>((value) => {
  const known = SASL_MECHANISMS.find((name) => name === value)
  if (known === undefined) throw new Error(`must be ${SASL_MECHANISMS.join(' or ')}`)
  return known
})

const topic = makeValidator<string>((value) => {
  if (!/^[\w.-]{1,249}$/.test(value) || value === '.' || value === '..') {
    throw new Error("must be a topic's name: letters, digits, ., _ and -, at most 249 of them")
  }
  return value
})

/** Keys that come unprotected over a network may be anybody's. */
const jwksUrl = makeValidator<string>((value) => {
  const url = URL.canParse(value) ? new URL(value) : null
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/[[\]]/g, '')))
  if (url === null || !isSafe) throw new Error('must be an https URL; http only of a loopback name')
  if (url.username !== '' || url.password !== '') throw new Error('must hold no name and no password')
  return url.href
})

const algorithms = makeValidator<readonly string[]>((value) => {
  const items = itemsOf(value)
  const known = [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS]
  if (items.length === 0 || items.some((item) => !known.includes(item))) {
    throw new Error(`must be one or several of ${known.join(', ')}; "none" is none of them`)
  }
  return items
})

/** 0: none. */
const limit = (what: string) => count(0, 999_999_999)({ default: 0, desc: `${what}; 0: no limit` })

const proxies = makeValidator<readonly string[]>((value) => {
  const items = itemsOf(value)
  try {
    compile([...items])
  } catch {
    throw new Error('must be addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal')
  }
  return items
})

const access = text(/^(?:open|read)$/, 'open or read')

/** Every variable, with its default and what it is for. */
export const VARIABLES = {
  PORT: count(0, 65_535)({ default: 5000, desc: 'Port to serve on; 0 takes a free one' }),
  HOST: text(
    /^[\w.:-]+$/,
    'a host name or an address',
  )({
    default: '127.0.0.1',
    desc: 'Address to serve on; one that is not loopback needs AUTH to be set',
  }),
  WORKERS: count(
    1,
    64,
  )({
    default: 1,
    desc: 'Processes that serve the port, one a core at most; more than one on Kafka only',
  }),
  KAFKA_BROKERS: brokers({
    default: [],
    desc: 'host:port of brokers, separated by commas; without it the log is embedded',
  }),
  KAFKA_TOPIC: topic({ default: 'events', desc: 'The topic that holds the events' }),
  KAFKA_PARTITIONS: count(1, 512)({ default: 1, desc: 'Partitions of a topic that is missing at start' }),
  KAFKA_REPLICATION_FACTOR: count(
    1,
    32_767,
  )({
    default: 1,
    desc: 'Replication factor of a topic that is missing at start',
  }),
  KAFKA_TLS: bool({ default: false, desc: 'Whether the connections to Kafka are encrypted' }),
  KAFKA_TLS_CA_FILE: text(
    /./,
    'a file',
  )({
    default: '',
    desc: "File (PEM) of the authorities that sign the brokers' certificates; without it those of Node",
  }),
  KAFKA_TLS_CERT_FILE: text(
    /./,
    'a file',
  )({ default: '', desc: 'File (PEM) of the certificate by which Herald shows itself to Kafka' }),
  KAFKA_TLS_KEY_FILE: text(/./, 'a file')({ default: '', desc: 'File (PEM) of the key of that certificate' }),
  KAFKA_SASL_MECHANISM: saslMechanism({
    default: '',
    desc: 'How Herald signs in to Kafka: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; without it not at all',
  }),
  KAFKA_SASL_USERNAME: text(/./, 'a name')({ default: '', desc: 'The user that Herald is to Kafka' }),
  KAFKA_SASL_PASSWORD: text(/./, 'a password')({ default: '', desc: "That user's password" }),
  KAFKA_SASL_PASSWORD_FILE: text(
    /./,
    'a file',
  )({ default: '', desc: 'File that holds the password, in place of KAFKA_SASL_PASSWORD' }),
  DATA_DIR: text(/./, 'a folder')({ default: 'data', desc: 'Folder of the embedded log' }),
  SCHEMA_DIR: text(/./, 'a folder')({ default: 'schema', desc: 'Folder that holds all SDL' }),
  ENRICH_HEADERS: bool({ default: true, desc: "Whether events are enriched with their request's headers" }),
  ENRICH_DENY: list({
    default: CREDENTIAL_HEADERS,
    desc: 'Headers that are never recorded, separated by commas; * stands for any text',
  }),
  ENRICH_DROP: list({ default: [], desc: 'More headers that are never recorded, written the same way' }),
  ENRICH_ONLY: list({ default: [], desc: 'The only headers that are recorded, written the same way; without it all' }),
  EVENT_SOURCE: text(
    /^[^\s\x00-\x1f\x7f]+$/,
    'a URI reference without white space',
  )({
    default: '/herald',
    desc: "CloudEvents' source of the events that are published here",
  }),
  ALLOWED_ORIGINS: origins({ default: [], desc: 'Web origins, besides our own, that may use /graphql' }),
  MAX_CONNECTIONS: count(
    1,
    1_000_000,
  )({
    default: 20_000,
    desc: 'Connections at a time, of all clients together',
  }),
  MAX_SUBSCRIPTIONS: count(
    1,
    10_000_000,
  )({
    default: 100_000,
    desc: 'Subscriptions at a time, of all clients together',
  }),
  CLIENT_REQUESTS_PER_S: limit('Requests a second of one client, operations of a WebSocket included'),
  CLIENT_EVENTS_PER_S: limit('Events a second that one client may publish'),
  CLIENT_BYTES_PER_S: limit('Bytes a second that one client may send'),
  CLIENT_SUBSCRIPTIONS: limit('Subscriptions of one client at a time'),
  CLIENT_CONNECTIONS: limit('Connections of one address at a time'),
  TRUSTED_PROXIES: proxies({
    default: [],
    desc: 'Addresses or ranges of proxies whose X-Forwarded-For tells the client; loopback, linklocal, uniquelocal',
  }),
  IDEMPOTENCY_WINDOW_S: count(
    0,
    86_400,
  )({
    default: 600,
    desc: 'Seconds for which an answer is remembered by its Idempotency-Key; 0 remembers none',
  }),
  AUTH: text(
    /^(?:none|token|jwt)$/,
    'none, token or jwt',
  )({
    default: '',
    desc: 'Who may: none (everyone; must be said where HOST is not loopback), token or jwt',
  }),
  AUTH_TOKENS_FILE: text(
    /./,
    'a file',
  )({ default: '', desc: 'With AUTH=token: file of the tokens, read again at SIGHUP' }),
  AUTH_JWT_JWKS_URL: jwksUrl({ default: '', desc: "With AUTH=jwt: URL of the issuer's keys, a JWKS" }),
  AUTH_JWT_KEY_FILE: text(
    /./,
    'a file',
  )({
    default: '',
    desc: 'With AUTH=jwt, instead of a URL: file of the keys, as PEM, JWK or JWKS, read again at SIGHUP',
  }),
  AUTH_JWT_ISSUER: list({ default: [], desc: 'Issuers of tokens (iss), separated by commas' }),
  AUTH_JWT_AUDIENCE: list({ default: [], desc: 'What tokens must be meant for (aud), one of these' }),
  AUTH_JWT_ALGORITHMS: algorithms({ default: ASYMMETRIC_ALGORITHMS, desc: 'Algorithms that may sign tokens' }),
  AUTH_JWT_CLOCK_SKEW_S: count(
    0,
    600,
  )({ default: 5, desc: "Seconds by which the issuer's clock may differ; a token ends so much later" }),
  AUTH_JWT_ROLES_CLAIM: text(
    /^\S+$/,
    'the name of a claim, or a path such as realm_access.roles',
  )({ default: 'roles', desc: 'Claim that holds the roles, a list or a text; a.b is a member of a claim' }),
  SESSION_SECRET: text(
    /^.{32,}$/,
    'at least 32 characters',
  )({
    default: '',
    desc: 'What sessions of browsers are sealed with, the same on every gateway; one of its own otherwise',
  }),
  METRICS_ACCESS: access({ default: 'read', desc: 'Who may see /metrics: read (the role), or open (everyone)' }),
  CONSOLE_ACCESS: access({
    default: 'read',
    desc: 'Who may open /console: read (who is signed in), or open (everyone)',
  }),
  LOG_LEVEL: text(
    /^(?:trace|debug|info|warn|error|fatal|silent)$/,
    'trace, debug, info, warn, error, fatal or silent',
  )({
    default: 'info',
    desc: 'Least level of the log lines on standard error',
  }),
} satisfies Record<string, Spec<unknown>>

const url = text(/^https?:\/\/\S+$/, 'a URL of http or https')({ default: '', desc: '' })
const protocol = text(/^http\/(?:protobuf|json)$/, 'http/protobuf or http/json: Herald speaks no gRPC')({ default: '' })

/**
 * OpenTelemetry's own, that say whether there are traces and where they go; the SDK reads its others by itself
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
const TRACE_VARIABLES = {
  OTEL_SDK_DISABLED: text(/^(?:true|false)$/i, 'true or false')({ default: 'false' }),
  OTEL_TRACES_EXPORTER: text(/^(?:otlp|console|none)$/, 'otlp, console or none')({ default: '' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
} satisfies Record<string, Spec<unknown>>

type Values = CleanedEnv<typeof VARIABLES>

export interface Config {
  readonly port: number
  readonly host: string
  /** How many processes serve the port. */
  readonly workers: number
  /** Empty: the log is embedded. */
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  /** How the brokers are reached: TLS, SASL. */
  readonly kafkaSecurity: KafkaSecurity
  readonly dataDir: string
  readonly schemaDir: string
  readonly enrichHeaders: boolean
  readonly deniedHeaders: readonly string[]
  /** Empty: all that are not denied. */
  readonly onlyHeaders: readonly string[]
  readonly eventSource: string
  readonly allowedOrigins: readonly string[]
  readonly maxConnections: number
  readonly maxSubscriptions: number
  /** What one client may. */
  readonly quota: QuotaSettings
  readonly trustedProxies: readonly string[]
  readonly idempotencyWindowSeconds: number
  readonly access: AccessSettings
  /** Null: each process makes its own. */
  readonly sessionSecret: string | null
  /** Whether these ask who it is, where anything does. */
  readonly isPrivate: { readonly metrics: boolean; readonly console: boolean }
  readonly logLevel: string
  /** Null: no traces. */
  readonly traces: TraceExporter | null
}

/** Throws `ConfigError`. A variable that is set to nothing counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const values = customCleanEnv(given, { ...VARIABLES, ...TRACE_VARIABLES }, (cleaned) => cleaned, { reporter: report })
  if (!isLoopback(values.HOST) && values.AUTH === '') {
    throw new ConfigError(
      `HOST: ${values.HOST} is not loopback, so everybody who reaches it could publish; set AUTH=token or AUTH=jwt, or AUTH=none to say that this is meant`,
    )
  }
  if (values.WORKERS > 1 && values.KAFKA_BROKERS.length === 0) {
    throw new ConfigError('WORKERS: the embedded log belongs to one process; set KAFKA_BROKERS to have several')
  }
  return {
    port: values.PORT,
    host: values.HOST,
    workers: values.WORKERS,
    brokers: values.KAFKA_BROKERS,
    topic: values.KAFKA_TOPIC,
    partitions: values.KAFKA_PARTITIONS,
    replicationFactor: values.KAFKA_REPLICATION_FACTOR,
    kafkaSecurity: kafkaSecurity(values),
    dataDir: values.DATA_DIR,
    schemaDir: values.SCHEMA_DIR,
    enrichHeaders: values.ENRICH_HEADERS,
    deniedHeaders: [...values.ENRICH_DENY, ...values.ENRICH_DROP],
    onlyHeaders: values.ENRICH_ONLY,
    eventSource: values.EVENT_SOURCE,
    allowedOrigins: values.ALLOWED_ORIGINS,
    maxConnections: values.MAX_CONNECTIONS,
    maxSubscriptions: values.MAX_SUBSCRIPTIONS,
    quota: {
      requestsPerSecond: values.CLIENT_REQUESTS_PER_S,
      eventsPerSecond: values.CLIENT_EVENTS_PER_S,
      bytesPerSecond: values.CLIENT_BYTES_PER_S,
      subscriptions: values.CLIENT_SUBSCRIPTIONS,
      connections: values.CLIENT_CONNECTIONS,
    },
    trustedProxies: values.TRUSTED_PROXIES,
    idempotencyWindowSeconds: values.IDEMPOTENCY_WINDOW_S,
    access: accessOf(values),
    sessionSecret: values.SESSION_SECRET || null,
    isPrivate: { metrics: values.METRICS_ACCESS === 'read', console: values.CONSOLE_ACCESS === 'read' },
    logLevel: values.LOG_LEVEL,
    traces: traceExporter(values),
  }
}

/** Off unless something asks for it: a gateway must not knock at a collector that nobody has. */
function traceExporter(
  values: {
    readonly [Name in keyof typeof TRACE_VARIABLES]: string
  },
): TraceExporter | null {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_PROTOCOL } = values
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || values.OTEL_EXPORTER_OTLP_ENDPOINT
  const wanted = OTEL_TRACES_EXPORTER || (endpoint === '' ? 'none' : 'otlp')
  if (OTEL_SDK_DISABLED.toLowerCase() === 'true' || wanted === 'none') return null
  if (wanted === 'console') return 'console'
  const protocol = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || OTEL_EXPORTER_OTLP_PROTOCOL
  return protocol === 'http/json' ? protocol : 'http/protobuf'
}

/** Settings that only one kind of authentication uses; one that is set for nothing is a door believed shut. */
const ONLY_FOR = {
  token: ['AUTH_TOKENS_FILE'],
  jwt: ['AUTH_JWT_JWKS_URL', 'AUTH_JWT_KEY_FILE', 'AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'],
} as const

function accessOf(values: Values): AccessSettings {
  for (const [auth, names] of Object.entries(ONLY_FOR)) {
    const idle = names.find((name) => values[name].length > 0)
    if (idle !== undefined && values.AUTH !== auth) throw new ConfigError(`${idle}: it is used with AUTH=${auth} only`)
  }
  if (values.AUTH === 'token') {
    const file = values.AUTH_TOKENS_FILE
    if (file !== '') return { kind: 'token', file }
    throw new ConfigError('AUTH_TOKENS_FILE: AUTH=token needs it; npm run token makes a line for it')
  }
  return values.AUTH === 'jwt' ? jwtSettings(values) : { kind: 'none' }
}

/** Without an issuer and an audience, any token that the issuer gives to anybody for anything would do. */
function jwtSettings(values: Values): AccessSettings {
  const { AUTH_JWT_JWKS_URL: url, AUTH_JWT_KEY_FILE: file, AUTH_JWT_ALGORITHMS } = values
  if (url === '' && file === '') {
    throw new ConfigError('AUTH_JWT_JWKS_URL: AUTH=jwt needs it, or AUTH_JWT_KEY_FILE, to verify tokens')
  }
  if (url !== '' && file !== '') throw new ConfigError('AUTH_JWT_KEY_FILE: give it or AUTH_JWT_JWKS_URL, not both')
  for (const name of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const) {
    if (values[name].length === 0) throw new ConfigError(`${name}: AUTH=jwt needs it`)
  }
  if (url !== '' && AUTH_JWT_ALGORITHMS.some((algorithm) => SYMMETRIC_ALGORITHMS.includes(algorithm))) {
    throw new ConfigError(
      'AUTH_JWT_ALGORITHMS: HS algorithms need a secret: give it by AUTH_JWT_KEY_FILE, not by a URL',
    )
  }
  return {
    kind: 'jwt',
    keys: url === '' ? { file } : { url },
    issuers: values.AUTH_JWT_ISSUER,
    audiences: values.AUTH_JWT_AUDIENCE,
    algorithms: AUTH_JWT_ALGORITHMS,
    clockSkewSeconds: values.AUTH_JWT_CLOCK_SKEW_S,
    rolesClaim: values.AUTH_JWT_ROLES_CLAIM,
  }
}

/** Whether a host name or address is this machine's alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function report({ errors }: ReporterOptions<unknown>): void {
  const [name, error] = Object.entries(errors)[0] ?? []
  if (name === undefined) return
  // envalid's own validators put the value into their message, ours do not: a value may be a credential.
  const reason = ['ENRICH_HEADERS', 'KAFKA_TLS'].includes(name) ? 'must be true or false' : (error as Error).message
  throw new ConfigError(`${name}: ${reason}`)
}
