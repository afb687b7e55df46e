/**
 * Traces in the running product, sent to a real collector's port: one trace runs from the mutation through the
 * record's `traceparent` to the delivery, and nothing is sent or loaded where OpenTelemetry's variables ask for none.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { refusedStart, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, kcat } from '../support/kafka.ts'
import { openSocket } from '../support/websocket.ts'

const FOLLOW = graphql(`subscription TracingFollow { events(from: EARLIEST) { id } }`)
const SWORD = graphql(`mutation TracingSword { buySword { record { offset } } }`)

/** As OTLP's JSON has it (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

const PRODUCER = 4
const CONSUMER = 5
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT_ID = '00f067aa0ba902b7'

let collector: Server
let endpoint: string
const received: { readonly type: string | undefined; readonly body: Buffer }[] = []

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    received.push({ type: request.headers['content-type'], body: Buffer.concat(chunks) })
    response.setHeader('Content-Type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
})
afterAll(() => collector.close())

function spans(): (OtlpSpan & { readonly service: unknown })[] {
  type Attributes = OtlpSpan['attributes']
  return received.flatMap(({ body }) => {
    const { resourceSpans } = JSON.parse(body.toString()) as {
      resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: OtlpSpan[] }[] }[]
    }
    return resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue
      return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })))
    })
  })
}

describeKafka('a trace', () => {
  it("goes on from the request's, through the record, to the delivery by another gateway", async () => {
    received.length = 0
    const topic = await createTopic()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
    const start = () => startHerald({ env: { ...env, KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    const [herald, other] = await Promise.all([start(), start()])
    const socket = await openSocket(other.url)
    const events = socket.subscribe('1', FOLLOW)
    await fetch(`${herald.url}/join_guild/a`, { headers: { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` } })
    await events.next()
    await Promise.all([herald.stop(), other.stop()])

    const sent = spans().find(({ name }) => name === `send ${topic}`)
    expect(sent).toMatchObject({ traceId: TRACE_ID, parentSpanId: PARENT_ID, kind: PRODUCER, service: 'herald' })
    const attributes = Object.fromEntries(sent!.attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
    expect(attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': 0,
      'herald.event': 'GuildJoined',
    })
    const headers = await kcat(['-C', '-t', topic, '-e', '-q', '-f', '%h\n'])
    expect(headers).toContain(`traceparent=00-${TRACE_ID}-${sent!.spanId}-01`)
    const delivered = spans().filter(({ name }) => name === `deliver ${topic}`)
    expect(delivered).toMatchObject([{ traceId: TRACE_ID, parentSpanId: sent!.spanId, kind: CONSUMER }])
  })
})

it('speaks protobuf unless it is told otherwise, and names the service as it is told', async () => {
  received.length = 0
  const herald = await startHerald({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'game-events' } })
  await herald.query(SWORD)
  await herald.stop()
  expect(received[0]?.type).toBe('application/x-protobuf')
  expect(received[0]?.body.includes('game-events')).toBe(true)
})

it('is off, and leaves the traceparent of a request as it is, where no variable asks for it', async () => {
  received.length = 0
  const herald = await startHerald({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'true' } })
  expect(await herald.query(SWORD)).toMatchObject({ data: { buySword: { record: { offset: '0' } } } })
  expect(await herald.stop()).toBe(0)
  expect(received).toEqual([])
})

it('loses no event and stops in time where the collector is away', async () => {
  const herald = await startHerald({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  expect(await herald.query(SWORD)).toMatchObject({ data: { buySword: { record: { offset: '0' } } } })
  expect(await herald.stop()).toBe(0)
})

it.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
])('%s=%s stops the start with one line that names it', async (name, value) => {
  const { code, stderr } = await refusedStart({ [name]: value })
  expect(code).toBe(1)
  expect(stderr).toMatch(new RegExp(`^herald: ${name}: [^\\n]+\\n$`))
})
