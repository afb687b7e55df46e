/** WebSockets that send garbage or too much: each is closed with a code of its own, and the others go on. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinAll } from '../support/publish.ts'
import { type GraphQLSocket, openSocket } from '../support/websocket.ts'
import { attacked, memoryOf } from './victim.ts'

const herald = attacked()

/** By RFC 6455, section 7.4.1, and graphql-transport-ws. */
const CLOSE_CODES = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429]

/** Upgrades by hand, then sends the bytes; resolves with all that came until the server closed. */
async function sendRaw(bytes: Buffer): Promise<Buffer> {
  const socket: Socket = connect(herald().port, '127.0.0.1')
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk)).on('error', () => {})
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(received)
}

/** A client's frame: final, masked with zeros. `head`: its first byte. */
function frame(head: number, payload: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(payload.length))
  return Buffer.concat([Buffer.from([head, 0x80 | 127]), length, Buffer.alloc(4), payload])
}

describe('garbage', () => {
  const TEXT = 0x81
  it.each([
    ['a frame that is not masked', Buffer.from([TEXT, 2, 0x7b, 0x7d])],
    ['a reserved opcode', frame(0x83, Buffer.from('x'))],
    ['reserved bits', frame(0xf1, Buffer.from('x'))],
    ['a length of 2^63', Buffer.from([TEXT, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0])],
    ['a ping of 126 bytes', frame(0x89, Buffer.alloc(126))],
    ['a continuation of nothing', frame(0x80, Buffer.from('x'))],
    ['text that is no UTF-8', frame(TEXT, Buffer.from([0xc0, 0xaf]))],
    [
      'fragments past 1 MiB',
      Buffer.concat([
        frame(0x01, Buffer.alloc(1, 97)),
        ...Array.from({ length: 40 }, () => frame(0x00, Buffer.alloc(65_536, 97))),
      ]),
    ],
    ['a close frame of one byte', frame(0x88, Buffer.from([3]))],
    ['a close code that nobody may send', frame(0x88, Buffer.from([3, 237]))],
  ])('%s ends its own connection', async (_, bytes) => {
    await sendRaw(bytes)
  })

  it('300 fuzzed messages each get an answer or a close code of the protocol', async () => {
    const type = fc.constantFrom('connection_init', 'subscribe', 'complete', 'ping', 'pong', 'next', '__proto__', '')
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record({ query: fc.constantFrom('{ __typename }', '{', 'subscription { events { id } }') }),
    )
    const message = fc.record(
      { type, id: fc.oneof(fc.constantFrom('1', '', '__proto__'), fc.jsonValue()), payload },
      { requiredKeys: [] },
    )
    for (const fuzzed of fc.sample(
      fc.oneof(
        message.map((value) => JSON.stringify(value)),
        fc.json(),
        fc.string(),
      ),
      { seed: 20_261_124, numRuns: 300 },
    )) {
      const client = await openSocket(herald().url)
      client.socket.send(fuzzed)
      client.send({ type: 'ping', payload: { last: true } })
      const answered = client.messages
        .until(({ type }) => type === 'pong')
        .then(
          () => 1000,
          async () => (await client.closed()).code,
        )
      expect(CLOSE_CODES, fuzzed).toContain(await answered)
      await client.close()
    }
  })
})

describe('floods', () => {
  it('20,000 pings are answered, or the socket is closed', async () => {
    const client = await openSocket(herald().url)
    for (let n = 0; n < 20_000; n++) client.send({ type: 'ping' })
    client.send({ type: 'ping', payload: { last: true } })
    await client.messages.until(({ payload }) => payload !== undefined).catch(() => client.closed())
    await client.close()
  })

  /** Sends all, reads nothing; resolves when the server reads nothing more either, with what it has taken in memory. */
  async function stalledBy(messages: Iterable<Parameters<GraphQLSocket['send']>[0]>): Promise<number> {
    const before = await memoryOf(herald())
    const client = await openSocket(herald().url)
    client.stall()
    for (const message of messages) client.send(message)
    let left = -1
    await expect
      .poll(
        () => {
          const isStill = client.socket.bufferedAmount === left
          left = client.socket.bufferedAmount
          return isStill
        },
        { interval: 500, timeout: 20_000 },
      )
      .toBe(true)
    const taken = (await memoryOf(herald())) - before
    client.socket.terminate()
    await client.closed()
    return taken
  }

  it('pings whose answers nobody reads cost bounded memory: 200 MB of them', async () => {
    const ping = { type: 'ping', payload: { text: 'x'.repeat(200_000) } }
    expect(await stalledBy(Array<typeof ping>(1_000).fill(ping))).toBeLessThan(100 * 1024 * 1024)
  })

  it('queries whose answers nobody reads cost bounded memory: 500 MB of them', async () => {
    const query = '{ __schema { types { name description fields { name description args { name } } } } }'
    const messages = Array.from({ length: 20_000 }, (_, n) => ({
      type: 'subscribe',
      id: String(n),
      payload: { query },
    }))
    expect(await stalledBy(messages)).toBeLessThan(150 * 1024 * 1024)
  })

  // All of them were made at once: whoever else wanted something waited for half a minute.
  it('pages whose answers nobody reads are not made, but the first few', async () => {
    const names = Array.from({ length: 2_000 }, (_, n) => `g${n}`)
    await joinAll(herald(), names)
    const query = '{ partitions { end } events(first: 2000) { nodes { id type cursor headers { name value } } } }'
    const messages = Array.from({ length: 300 }, (_, n) => ({ type: 'subscribe', id: String(n), payload: { query } }))
    expect(await stalledBy(messages)).toBeLessThan(300 * 1024 * 1024)
  }, 60_000)

  it('5,000 subscriptions on one socket begin, and end with it', async () => {
    const client = await openSocket(herald().url)
    for (let n = 0; n < 5_000; n++) {
      client.send({ type: 'subscribe', id: String(n), payload: { query: 'subscription { events { id } }' } })
    }
    const open = async () => {
      const metrics = await (await fetch(`${herald().url}/metrics`)).text()
      return Number(/^herald_subscribers\{transport="ws"\} (\d+)$/m.exec(metrics)?.[1])
    }
    await expect.poll(open, { timeout: 20_000 }).toBe(5_000)
    await client.close()
    await expect.poll(open, { timeout: 20_000 }).toBe(0)
  })
})
