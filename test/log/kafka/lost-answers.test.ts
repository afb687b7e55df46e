/**
 * The network between Herald and a real broker loses answers to produce requests, and requests: the case in which
 * an idempotent producer doubles or loses records if it is wrong; and answers to fetches. A proxy stands where the
 * broker says it is; it cuts the connection instead of passing on every third answer and every fifth request, or keeps
 * what it is to pass on and says nothing.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startKafka } from '../../../tools/kafka/broker.ts'
import { freePorts } from '../../../tools/kafka/ports.ts'
import { createTopic, describeKafka, produceRaw, readAll } from '../../support/kafka.ts'
import { failureOf, follow, openLog, range, record } from './logs.ts'

const PRODUCE = 0
const FETCH = 1

/** Listens on a free port and passes everything on to `port` of 127.0.0.1, but for what `lossy` loses. */
async function startProxy(port: number) {
  const sockets = new Set<Socket>()
  const state = {
    lossy: false,
    /** What is kept for good of requests of one kind. */
    mute: null as { readonly kind: number; readonly of: 'requests' | 'answers' } | null,
    requests: 0,
    answers: 0,
    lostRequests: 0,
    lostAnswers: 0,
  }
  const server = createServer((client) => {
    const broker = connect(port, '127.0.0.1')
    /** Of the connection's last request; Herald has connections of their own for publishing and for reading. */
    let kind = -1
    const isMute = (of: 'requests' | 'answers') => state.mute?.kind === kind && state.mute.of === of
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.end()
      })
    }
    client.on('data', (chunk) => {
      // A request begins a chunk: its length, then its kind. Herald sends the next one after the answer only.
      const begins = chunk.length > 8 && chunk.readInt32BE(0) + 4 >= chunk.length
      if (begins) kind = chunk.readInt16BE(4)
      if (state.lossy && begins && kind === PRODUCE && ++state.requests % 5 === 0) {
        state.lostRequests++
        client.destroy()
      } else if (!isMute('requests')) broker.write(chunk)
    })
    broker.on('data', (chunk) => {
      if (state.lossy && kind === PRODUCE && ++state.answers % 3 === 0) {
        state.lostAnswers++
        client.destroy()
      } else if (!isMute('answers')) client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { state, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A broker that is reached through a proxy alone, a topic on it, and Herald's log. */
async function behindProxy(partitions: number, config: Readonly<Record<string, string>> = {}) {
  const [port] = await freePorts(1)
  const { state, address } = await startProxy(port!)
  const properties = { 'advertised.listeners': `PLAINTEXT://${address}` }
  const cluster = await startKafka({ port: port!, properties })
  onTestFinished(() => cluster.close())
  const topic = await createTopic({ partitions, bootstrap: address, config })
  const log = openLog(topic, { bootstrap: address, partitions })
  await log.ready()
  return { state, address, topic, log }
}

describeKafka('answers that get lost', () => {
  // kafkajs's own producer reuses the sequence of a batch that it has given up: the broker takes the next one for it,
  // answers with its place, and the next one is acknowledged and nowhere.
  test('what was given up is UNKNOWN, and there once or not at all; what waited behind it is NOT_WRITTEN, and not there', async () => {
    const { state, address, topic, log } = await behindProxy(1)
    const acknowledged = [await log.append(record('before'))]
    for (const mute of ['answers', 'requests'] as const) {
      state.mute = { kind: PRODUCE, of: mute }
      const sent = failureOf(log.append(record(`sent without ${mute}`)))
      // What is appended in another turn goes into another batch.
      await new Promise((resolve) => setTimeout(resolve, 100))
      const waiting = failureOf(log.append(record(`waiting without ${mute}`)))
      expect(await sent).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'UNKNOWN' })
      expect(await waiting).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
      state.mute = null
      for (const n of range(0, 3)) acknowledged.push(await log.append(record(`after ${mute} ${n}`)))
    }
    const found = await readAll(topic, address)
    expect(found.map(({ value }) => value)).toEqual([
      'before',
      'sent without answers',
      ...range(0, 3).map((n) => `after answers ${n}`),
      ...range(0, 3).map((n) => `after requests ${n}`),
    ])
    expect(acknowledged.map(({ offset }) => offset)).toEqual([0, 2, 3, 4, 5, 6, 7])
  }, 90_000)

  test('the tail has what its own log has appended before Kafka brings it, and then not once more', async () => {
    const { state, address, topic, log } = await behindProxy(1)
    const followed = follow(log, [0])
    const written = ['own 0']
    await log.append(record('own 0'))
    await followed.until(() => followed.records.length === 1)
    state.mute = { kind: FETCH, of: 'answers' }
    for (const n of range(1, 4)) {
      written.push(`own ${n}`)
      await log.append(record(`own ${n}`))
      await followed.until(() => followed.records.length === n + 1)
    }
    // What others write is missed now, so nothing behind it may be taken.
    await produceRaw(topic, [{ value: 'theirs' }], { bootstrap: address })
    await log.append(record('own 4'))
    written.push('theirs', 'own 4')
    state.mute = null
    await followed.until(() => followed.records.length >= written.length)
    await log.append(record('last'))
    await followed.until(() => followed.records.at(-1)?.value?.toString() === 'last')
    expect(followed.records.map(({ value }) => String(value))).toEqual([...written, 'last'])
    expect(followed.records.map(({ offset }) => offset)).toEqual(range(0, 7))
  }, 90_000)

  for (const type of ['CreateTime', 'LogAppendTime']) {
    test(`every append is acknowledged, written and followed once, in order, with its timestamp (${type})`, async () => {
      const { state, address, topic, log } = await behindProxy(3, { 'message.timestamp.type': type })
      const followed = follow(log, [0, 0, 0])
      state.lossy = true
      const sent = Array.from({ length: 20 }, async (_, lane) => {
        const appended = []
        for (const n of range(0, 25)) {
          const timestamp = Date.now() - n
          appended.push({
            id: `${lane}-${n}`,
            ...(await log.append(record(`${lane}-${n}`, { key: `${lane}`, timestamp }))),
          })
        }
        return appended
      })
      const appended = (await Promise.all(sent)).flat()
      state.lossy = false
      expect(state.lostAnswers).toBeGreaterThan(5)
      expect(state.lostRequests).toBeGreaterThan(5)
      const found = await readAll(topic, address)
      const byPlace = (a: { partition: number; offset: number }, b: typeof a) =>
        a.partition - b.partition || a.offset - b.offset
      expect(
        found.map(({ partition, offset, value, timestamp }) => ({ id: value, partition, offset, timestamp })),
      ).toEqual(
        appended.sort(byPlace).map(({ id, partition, offset, timestamp }) => ({ id, partition, offset, timestamp })),
      )
      await followed.until(() => followed.records.length >= found.length)
      // Each partition in order; sorting by partition keeps it.
      expect(
        [...followed.records]
          .sort((a, b) => a.partition - b.partition)
          .map(({ partition, offset, value, timestamp }) => ({ value: String(value), partition, offset, timestamp })),
      ).toEqual(found.map(({ partition, offset, value, timestamp }) => ({ value, partition, offset, timestamp })))
      for (const lane of range(0, 20)) {
        const own = found.filter(({ key }) => key === `${lane}`).map(({ value }) => value)
        expect(own).toEqual(range(0, 25).map((n) => `${lane}-${n}`))
      }
    }, 90_000)
  }
})
