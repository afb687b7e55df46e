/**
 * Traces by OpenTelemetry, off unless its standard variables ask for them (config.ts): then nothing of it is loaded.
 * One trace runs from the mutation through the record's `traceparent` header to each delivery, in whatever process
 * that is: the publisher's span is the record's `traceparent`, and so the parent of the deliverers'. Names and
 * attributes by the semantic conventions for messaging
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
 *
 * The SDK reads OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_SPAN_* and
 * OTEL_EXPORTER_OTLP_* by itself. A collector that is away costs spans, never events: the queue is bounded.
 */
import { setTimeout } from 'node:timers/promises'
import {
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { channels, type Delivering } from './channels.ts'

/** Where spans go: a collector, in one of OTLP's two encodings over HTTP, or standard output. */
export type TraceExporter = 'http/protobuf' | 'http/json' | 'console'

const CLOSE_MS = 2_000

/** The span of one publishing. */
export interface PublishSpan {
  /** What the record carries instead of the request's own. */
  readonly traceparent: string
  /** `place`: where the log has acknowledged it; null where `error` says why not. */
  end(place: { readonly partition: number; readonly offset: number } | null, error: unknown): void
}

export class Tracing {
  readonly #provider: BasicTracerProvider
  readonly #tracer: Tracer
  readonly #topic: string

  constructor(topic: string, exporter: SpanExporter) {
    const resource = resourceFromAttributes({ 'service.name': 'herald' })
    this.#provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resource)
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    })
    this.#tracer = this.#provider.getTracer('herald')
    this.#topic = topic
    channels.delivering.subscribe((delivering) => this.#delivering(delivering))
  }

  /** Begins the span of a publishing. `traceparent`: the request's, W3C Trace Context; null: the trace begins here. */
  publishing(event: string, traceparent: string | null): PublishSpan {
    const span = this.#start(`send ${this.#topic}`, SpanKind.PRODUCER, traceparent, {
      'messaging.operation.type': 'send',
      'herald.event': event,
    })
    return {
      traceparent: format(span.spanContext()),
      end(place, error) {
        if (place !== null) span.setAttributes(placeOf(place))
        else span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : '' })
        span.end()
      },
    }
  }

  /** Sends what is left, for 2 s at most: a collector that is away must not use up the time that stopping has. */
  async close(): Promise<void> {
    const late = new AbortController()
    const sent = this.#provider.shutdown().catch(() => {})
    await Promise.race([sent, setTimeout(CLOSE_MS, null, { signal: late.signal }).catch(() => {})])
    late.abort()
  }

  #delivering({ traceparent, subscribers, ...place }: Delivering): void {
    // A record may hold anything.
    if (parseTraceParent(traceparent) === null) return
    const span = this.#start(`deliver ${this.#topic}`, SpanKind.CONSUMER, traceparent, {
      'messaging.operation.type': 'process',
      'herald.subscribers': subscribers,
      ...placeOf(place),
    })
    span.end()
  }

  #start(name: string, kind: SpanKind, traceparent: string | null, attributes: Record<string, string | number>): Span {
    const parent = traceparent === null ? null : parseTraceParent(traceparent)
    const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
    const common = { 'messaging.system': 'kafka', 'messaging.destination.name': this.#topic }
    return this.#tracer.startSpan(name, { kind, attributes: { ...common, ...attributes } }, context)
  }
}

/** Loads the exporter and begins. `topic`: what spans name as their destination. */
export async function startTracing(topic: string, exporter: TraceExporter): Promise<Tracing> {
  const tell =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string): void =>
      channels.log.publish({ level, message: `tracing: ${message}` })
  diag.setLogger(
    { verbose: tell('debug'), debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('warn') },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  return new Tracing(topic, await exporterOf(exporter))
}

async function exporterOf(exporter: TraceExporter): Promise<SpanExporter> {
  switch (exporter) {
    case 'console':
      return new ConsoleSpanExporter()
    case 'http/json':
      return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter()
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter()
  }
}

function placeOf({ partition, offset }: { readonly partition: number; readonly offset: number }) {
  return { 'messaging.destination.partition.id': String(partition), 'messaging.kafka.offset': offset }
}

/** W3C Trace Context (https://www.w3.org/TR/trace-context/#traceparent-header). */
function format({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
