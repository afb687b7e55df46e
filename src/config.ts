/**
 * The environment, read and checked here and nowhere else. A wrong value stops the start with one line that
 * names the variable. `docs` of the README's table and of docker-compose.yml are held against `VARIABLES`.
 */
import { bool, type CleanedEnv, customCleanEnv, makeValidator, type ReporterOptions, type Spec } from 'envalid'
import type { AccessSettings } from './access/access.ts'
import { CREDENTIAL_HEADERS } from './event/enrich.ts'
import type { TraceExporter } from './observability/tracing.ts'

/** A variable of the environment that Herald cannot work with; `message` is one line that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

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

const topic = makeValidator<string>((value) => {
  if (!/^[\w.-]{1,249}$/.test(value) || value === '.' || value === '..') {
    throw new Error("must be a topic's name: letters, digits, ., _ and -, at most 249 of them")
  }
  return value
})

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
  DATA_DIR: text(/./, 'a folder')({ default: 'data', desc: 'Folder of the embedded log' }),
  SCHEMA_DIR: text(/./, 'a folder')({ default: 'schema', desc: 'Folder that holds all SDL' }),
  ENRICH_HEADERS: bool({ default: true, desc: "Whether events are enriched with their request's headers" }),
  ENRICH_DENY: list({
    default: CREDENTIAL_HEADERS,
    desc: 'Headers that are never recorded, separated by commas; * stands for any text',
  }),
  EVENT_SOURCE: text(
    /^[^\s\x00-\x1f\x7f]+$/,
    'a URI reference without white space',
  )({
    default: '/herald',
    desc: "CloudEvents' source of the events that are published here",
  }),
  ALLOWED_ORIGINS: origins({ default: [], desc: 'Web origins, besides our own, that may use /graphql' }),
  IDEMPOTENCY_WINDOW_S: count(
    0,
    86_400,
  )({
    default: 600,
    desc: 'Seconds for which an answer is remembered by its Idempotency-Key; 0 remembers none',
  }),
  AUTH: text(
    /^(?:none|token)$/,
    'none or token',
  )({
    default: '',
    desc: 'Who may: none lets everyone in, and must be said where HOST is not loopback; token',
  }),
  AUTH_TOKENS_FILE: text(
    /./,
    'a file',
  )({ default: '', desc: 'With AUTH=token: file of the tokens, read again at SIGHUP' }),
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
  /** Empty: the log is embedded. */
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly dataDir: string
  readonly schemaDir: string
  readonly enrichHeaders: boolean
  readonly deniedHeaders: readonly string[]
  readonly eventSource: string
  readonly allowedOrigins: readonly string[]
  readonly idempotencyWindowSeconds: number
  readonly access: AccessSettings
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
      `HOST: ${values.HOST} is not loopback, so everybody who reaches it could publish; set AUTH=token, or AUTH=none to say that this is meant`,
    )
  }
  return {
    port: values.PORT,
    host: values.HOST,
    brokers: values.KAFKA_BROKERS,
    topic: values.KAFKA_TOPIC,
    partitions: values.KAFKA_PARTITIONS,
    replicationFactor: values.KAFKA_REPLICATION_FACTOR,
    dataDir: values.DATA_DIR,
    schemaDir: values.SCHEMA_DIR,
    enrichHeaders: values.ENRICH_HEADERS,
    deniedHeaders: values.ENRICH_DENY,
    eventSource: values.EVENT_SOURCE,
    allowedOrigins: values.ALLOWED_ORIGINS,
    idempotencyWindowSeconds: values.IDEMPOTENCY_WINDOW_S,
    access: accessOf(values),
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

/** Settings that only one kind of authentication uses. One that is set for nothing is a door believed shut. */
function accessOf({ AUTH, AUTH_TOKENS_FILE: file }: Values): AccessSettings {
  if (file !== '' && AUTH !== 'token') throw new ConfigError('AUTH_TOKENS_FILE: it is read with AUTH=token only')
  if (AUTH !== 'token') return { kind: 'none' }
  if (file === '') throw new ConfigError('AUTH_TOKENS_FILE: AUTH=token needs it; npm run token makes a line for it')
  return { kind: 'token', file }
}

/** Whether a host name or address is this machine's alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function report({ errors }: ReporterOptions<unknown>): void {
  const [name, error] = Object.entries(errors)[0] ?? []
  if (name === undefined) return
  // envalid's own validators put the value into their message, ours do not: a value may be a credential.
  const reason = name === 'ENRICH_HEADERS' ? 'must be true or false' : (error as Error).message
  throw new ConfigError(`${name}: ${reason}`)
}
