/** What streams and mutations are told while a real Kafka does not answer, and that they go on afterwards. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startKafka } from '../../../tools/kafka/broker.ts'
import { graphql } from '../../generated/index.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { describeOwnKafka, until } from '../../support/kafka.ts'
import { join } from '../../support/publish.ts'
import { openEventStream } from '../../support/sse.ts'
import { openSocket } from '../../support/websocket.ts'

const BUY = graphql(`mutation OutageBuy { buySword { id } }`)
const END = graphql(`query OutageEnd { events(first: 0) { end } }`)
const EVENTS = graphql(
  `subscription OutageEvents($after: Cursor, $from: Position) { events(after: $after, from: $from) { id } }`,
)
/** The contract's bound is 5 s; the rest is for a busy machine. */
const BOUND_MS = 8_000

await describeOwnKafka('while Kafka does not answer', () => {
  let kafka: KafkaCluster
  let herald: Herald
  beforeAll(async () => {
    kafka = await startKafka()
    herald = await startHerald({ env: { KAFKA_BROKERS: kafka.bootstrap } })
    await join(herald, 'first')
  }, 120_000)
  afterAll(async () => {
    await herald.stop()
    await kafka.close()
  })

  const isReady = async () => (await fetch(`${herald.url}/readyz`)).status === 200

  describe('a subscription', () => {
    it('that is new gets LOG_UNAVAILABLE, by SSE without complete; one that is live goes on', async () => {
      const sse = await openEventStream(herald.url, EVENTS)
      const { id: pinned } = await sse.blocks.next()
      const socket = await openSocket(herald.url)
      const live = socket.subscribe('live', EVENTS)
      await socket.subscribe('mark', END).until(({ type }) => type === 'complete')
      kafka.brokers[0]!.stop()
      try {
        await until('readiness to end', async () => !(await isReady()))
        for (const options of [
          {},
          { variables: { from: 'EARLIEST' } as const },
          { headers: { 'last-event-id': pinned! } },
        ]) {
          const begin = Date.now()
          const stream = await openEventStream(herald.url, EVENTS, options)
          expect(stream.status).toBe(200)
          const block = await stream.blocks.next()
          expect(block).toMatchObject({
            event: 'next',
            result: { errors: [{ extensions: { code: 'LOG_UNAVAILABLE' } }] },
          })
          await stream.ended()
          expect(stream.blocks.rest).toEqual([])
          expect(Date.now() - begin).toBeLessThan(BOUND_MS)
        }
        const refused = socket.subscribe('refused', EVENTS)
        expect(await refused.next()).toMatchObject({
          payload: { errors: [{ extensions: { code: 'LOG_UNAVAILABLE' } }] },
        })
        const query = await herald.query(END)
        expect(query.errors).toMatchObject([{ extensions: { code: 'LOG_UNAVAILABLE' } }])
      } finally {
        kafka.brokers[0]!.cont()
      }
      await until('readiness', isReady)
      const { id } = await join(herald, 'after')
      expect((await sse.blocks.until(({ event }) => event === 'next')).result?.data?.events.id).toBe(id)
      expect(await live.next()).toMatchObject({ payload: { data: { events: { id } } } })
      sse.close()
      await socket.close()
    })
  })

  it('a mutation that is under way when the gateway stops is answered, then the WebSocket is closed', async () => {
    const stopping = await startHerald({ env: { KAFKA_BROKERS: kafka.bootstrap } })
    await join(stopping, 'before')
    const socket = await openSocket(stopping.url)
    const sse = await openEventStream(stopping.url, EVENTS)
    await sse.blocks.next()
    kafka.brokers[0]!.stop()
    let exited: Promise<number | null>
    const mutation = socket.subscribe('m', BUY)
    try {
      await socket.subscribe('mark', '{ __typename }').until(({ type }) => type === 'complete')
      exited = stopping.stop('SIGTERM')
      await sse.ended()
    } finally {
      kafka.brokers[0]!.cont()
    }
    expect(await mutation.next()).toMatchObject({
      type: 'next',
      payload: { data: { buySword: { id: expect.any(String) } } },
    })
    expect(await socket.closed()).toMatchObject({ code: 1001 })
    expect(sse.blocks.rest).toEqual([])
    expect(await exited).toBe(0)
  })
})
