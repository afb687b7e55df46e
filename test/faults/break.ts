/**
 * Broken on purpose, between the clients and the running product, which knows nothing of it: a check that finds
 * nothing proves something only if it finds these.
 */
import { Agent, createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { CursorCodec } from '../../src/event/cursor.ts'

/** Moves a cursor of `topic` by so many events: 1 resumes one late, -1 one early. */
export function cursorMover(topic: string, by: number): (cursor: string) => string {
  return (cursor) => {
    const codec = new CursorCodec(topic, () => incarnationOf(cursor))
    const { vector, partition } = codec.decode(cursor)
    const moved = vector.map((offset, index) => (index === (partition ?? 0) ? Math.max(1, offset + by) : offset))
    return codec.encode({ vector: moved, partition })
  }
}

/** The 16 bytes behind the version and the topic's name, which is shorter than 128 bytes here. */
function incarnationOf(cursor: string): Buffer {
  const bytes = Buffer.from(cursor, 'base64url')
  const at = 2 + bytes[1]!
  return bytes.subarray(at, at + 16)
}

/** What stands between publishers and a gateway. */
export interface Between {
  readonly url: string
  /** Resolves when all that it was given is passed on: until then the log may grow behind a replay. */
  settled(): Promise<void>
  close(): Promise<void>
}

/**
 * A gateway that acknowledges before it sends: REST paths are answered at once, and passed on afterwards. WebSockets are
 * passed on as they are.
 */
export async function acknowledgeEarly(gateway: string): Promise<Between> {
  const agent = new Agent({ keepAlive: true })
  const underWay = new Set<Promise<unknown>>()
  const server = createServer((incoming, response) => {
    const { method, url = '/', headers } = incoming
    const [, name] = /^\/join_guild\/(.+)$/.exec(url) ?? []
    if (name !== undefined) response.end(`\nJoined the Guild: ${name}\n`)
    const onward = request(`${gateway}${url}`, { method, headers, agent }, (answer) => {
      if (name !== undefined) return void answer.resume()
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    onward.on('error', () => response.destroy())
    const passing: Promise<unknown> = new Promise((resolve) => onward.once('close', resolve)).then(() =>
      underWay.delete(passing),
    )
    underWay.add(passing)
    incoming.pipe(onward)
  })
  const sockets = new Set<Duplex>()
  server.on('upgrade', ({ method, url, rawHeaders }, client, head) => {
    const { hostname, port } = new URL(gateway)
    const far = connect(Number(port), hostname)
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}` : []))
    far.write(`${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`)
    far.write(head)
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async settled() {
      await Promise.all(underWay)
    },
    async close() {
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      agent.destroy()
    },
  }
}
