/** What a record's CloudEvents attributes take over from the request: told by the record's headers in Kafka. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress, readAll } from '../../support/kafka.ts'
import { ask, rawRequest } from './raw-http.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describeKafka("the request's part of a CloudEvent", () => {
  let herald: Herald
  let topic: string
  beforeAll(async () => {
    topic = await createTopic()
    herald = await startHerald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
  })
  afterAll(() => herald?.stop())

  it.each([
    [[], {}],
    [['Idempotency-Key: order 7'], { ce_idempotencykey: 'order 7' }],
    [['idempotency-key:'], {}],
    [[`Traceparent: 00-${TRACE}-${SPAN}-01`], { traceparent: `00-${TRACE}-${SPAN}-01` }],
    [[`traceparent: cc-${TRACE}-${SPAN}-00`], { traceparent: `cc-${TRACE}-${SPAN}-00` }],
    [[`traceparent: ff-${TRACE}-${SPAN}-01`], {}],
    [[`traceparent: 00-${'0'.repeat(32)}-${SPAN}-01`], {}],
    [[`traceparent: 00-${TRACE}-${'0'.repeat(16)}-01`], {}],
    [[`traceparent: 00-${TRACE.toUpperCase()}-${SPAN}-01`], {}],
    [['traceparent: nonsense'], {}],
    [[`traceparent: 00-${TRACE}-${SPAN}-01`, `traceparent: 00-${TRACE}-${SPAN}-00`], {}],
  ])('%j gives %j', async (headers, attributes) => {
    expect((await ask(herald.port, rawRequest('GET /buy_a_sword HTTP/1.1', headers))).status).toBe(200)
    const record = (await readAll(topic)).at(-1)!
    const { ce_id, ce_time, ...others } = Object.fromEntries(record.headers)
    expect(others).toEqual({
      ce_specversion: '1.0',
      ce_type: 'purchase_sword',
      ce_source: '/herald',
      'content-type': 'application/json',
      ...attributes,
    })
  })
})
