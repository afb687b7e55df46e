/** REST while Kafka is frozen (SIGSTOP: connections stay open, nothing answers), and after. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KafkaCluster, startKafka } from '../../../tools/kafka/broker.ts'
import { type Herald, startHerald } from '../../support/herald.ts'
import { createTopic, describeOwnKafka, readAll, until } from '../../support/kafka.ts'
import { ask, headerOf, rawRequest } from './raw-http.ts'

await describeOwnKafka('REST while Kafka is away', () => {
  let cluster: KafkaCluster
  let topic: string
  let herald: Herald
  beforeAll(async () => {
    cluster = await startKafka()
    topic = await createTopic({ bootstrap: cluster.bootstrap })
    herald = await startHerald({ env: { KAFKA_BROKERS: cluster.bootstrap, KAFKA_TOPIC: topic } })
  }, 120_000)
  afterAll(async () => {
    cluster?.brokers[0]?.cont()
    await herald?.stop()
    await cluster?.close()
  })

  const get = (target: string) => ask(herald.port, rawRequest(`GET ${target} HTTP/1.1`))

  it('answers 503 with Retry-After and the outcome inside 5 s, and serves again by itself', async () => {
    const broker = cluster.brokers[0]!
    expect((await get('/join_guild/before')).status).toBe(200)
    expect((await get('/readyz')).status).toBe(200)

    broker.stop()
    const begun = performance.now()
    const outcomes = await Promise.all(
      ['during1', 'during2'].map(async (guild) => {
        const answer = await get(`/join_guild/${guild}`)
        expect(answer.status).toBe(503)
        expect(answer.body).toMatch(/^LOG_UNAVAILABLE: .+\n$/)
        expect(Number(headerOf(answer, 'retry-after'))).toBeGreaterThan(0)
        return [guild, headerOf(answer, 'herald-outcome')] as const
      }),
    )
    // The promise is 5 s; the rest is this machine's.
    expect(performance.now() - begun).toBeLessThan(6_500)
    for (const [, outcome] of outcomes) expect(['NOT_WRITTEN', 'UNKNOWN']).toContain(outcome)

    // What publishes nothing does not wait for the log.
    expect((await get('/nowhere')).status).toBe(404)
    expect((await ask(herald.port, rawRequest('OPTIONS / HTTP/1.1'))).status).toBe(200)
    expect((await get('/livez')).status).toBe(200)
    await until('/readyz to tell', async () => (await get('/readyz')).status === 503)
    const asked = performance.now()
    const unready = await get('/readyz')
    expect(performance.now() - asked).toBeLessThan(1_000)
    expect(unready.body).toMatch(/\w/)
    expect(Number(headerOf(unready, 'retry-after'))).toBeGreaterThan(0)
    expect((await get('/metrics')).body).toContain('herald_log_up 0')

    broker.cont()
    await until('service to come back', async () => (await get('/join_guild/after')).status === 200)
    await until('/readyz to be well', async () => (await get('/readyz')).status === 200)
    const guilds = (await readAll(topic, cluster.bootstrap)).map(({ value }) => {
      return (JSON.parse(value ?? '') as { event_type: string }).event_type.replace('joined_guild:', '')
    })
    expect(guilds).toContain('before')
    expect(guilds).toContain('after')
    for (const [guild, outcome] of outcomes) {
      const written = guilds.filter((name) => name === guild).length
      expect(written, `${guild}: ${outcome}`).toBeLessThanOrEqual(outcome === 'UNKNOWN' ? 1 : 0)
    }
  }, 90_000)
})
