/**
 * Broken on purpose, between the clients and the running product, which knows nothing of it: a check that finds
 * nothing proves something only if it finds these.
 */
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
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
  close(): Promise<void>
}

/** A gateway that acknowledges before it sends: REST paths are answered at once, and passed on afterwards. */
export async function acknowledgeEarly(gateway: string): Promise<Between> {
  const agent = new Agent({ keepAlive: true })
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
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      agent.destroy()
    },
  }
}
