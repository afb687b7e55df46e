/**
 * The network between Herald and a real broker loses answers to produce requests, and requests: the case in which
 * an idempotent producer doubles or loses records if it is wrong. A proxy stands where the broker says it is; it
 * cuts the connection instead of passing on every third answer and every fifth request.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startKafka } from '../../../tools/kafka/broker.ts'
import { freePorts } from '../../../tools/kafka/ports.ts'
import { createTopic, describeKafka, readAll } from '../../support/kafka.ts'
import { openLog, range, record } from './logs.ts'

const PRODUCE = 0

/** Listens on a free port and passes everything on to `port` of 127.0.0.1, but for what `lossy` loses. */
async function startProxy(port: number) {
  const sockets = new Set<Socket>()
  const state = { lossy: false, requests: 0, answers: 0, lostRequests: 0, lostAnswers: 0 }
  const server = createServer((client) => {
    const broker = connect(port, '127.0.0.1')
    let publishing = false
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
      const begins = chunk.length > 8 && chunk.readInt16BE(4) === PRODUCE && chunk.readInt32BE(0) + 4 >= chunk.length
      if (begins) publishing = true
      if (state.lossy && begins && ++state.requests % 5 === 0) {
        state.lostRequests++
        client.destroy()
      } else broker.write(chunk)
    })
    broker.on('data', (chunk) => {
      if (state.lossy && publishing && ++state.answers % 3 === 0) {
        state.lostAnswers++
        client.destroy()
      } else client.write(chunk)
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

describeKafka('answers that get lost', () => {
  for (const type of ['CreateTime', 'LogAppendTime']) {
    test(`every append is acknowledged and written once, in order, with its timestamp (${type})`, async () => {
      const [port] = await freePorts(1)
      const { state, address } = await startProxy(port!)
      const cluster = await startKafka({
        port: port!,
        properties: { 'advertised.listeners': `PLAINTEXT://${address}` },
      })
      onTestFinished(() => cluster.close())
      const topic = await createTopic({ partitions: 3, bootstrap: address, config: { 'message.timestamp.type': type } })
      const log = openLog(topic, { bootstrap: address, partitions: 3 })
      await log.ready()
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
      for (const lane of range(0, 20)) {
        const own = found.filter(({ key }) => key === `${lane}`).map(({ value }) => value)
        expect(own).toEqual(range(0, 25).map((n) => `${lane}-${n}`))
      }
    }, 90_000)
  }
})
