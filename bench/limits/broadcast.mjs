/**
 * The limit of fan-out: raw ws. A bare kafkajs consumer parses each record once, one frame is made of it once, and
 * the same bytes are written to every socket. It speaks no protocol besides WebSocket, and no slow reader is ever
 * held back or ended.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Sender, WebSocketServer } from 'ws'
import { kafkaClient } from './batcher.mjs'

const server = createServer()
const sockets = new Set()
const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'graphql-transport-ws' })
server.on('upgrade', (request, socket, head) => {
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    sockets.add(socket)
    webSocket.on('error', () => {})
    webSocket.on('close', () => sockets.delete(socket))
  })
})

const consumer = kafkaClient().consumer({ groupId: randomUUID() })
await consumer.connect()
await consumer.subscribe({ topic: process.env.KAFKA_TOPIC, fromBeginning: false })
await consumer.run({
  autoCommit: false,
  async eachBatch({ batch }) {
    for (const { value, headers } of batch.messages) {
      const type = JSON.parse(value.toString()).event_type
      const guildName = type.slice('joined_guild:'.length)
      const guildJoined = { id: String(headers.ce_id), type, guildName }
      const payload = Buffer.from(`{"id":"1","type":"next","payload":${JSON.stringify({ data: { guildJoined } })}}`)
      const [head, body] = Sender.frame(payload, { opcode: 1, fin: true, rsv1: false, mask: false, readOnly: true })
      const frame = body === undefined ? head : Buffer.concat([head, body])
      for (const socket of sockets) socket.write(frame)
    }
  },
})
server.listen(0, '127.0.0.1', 4096, () => console.log(`http://127.0.0.1:${server.address().port}`))
process.on('SIGTERM', () => process.exit(0))
