/**
 * Requests that ask for another protocol. Once a server listens for upgrades, Node hands it every request
 * that has an Upgrade header, `curl --http2` (Upgrade: h2c) among them, without its body and with the
 * parser taken off the socket. What asks for no WebSocket is a plain request: it is written anew without
 * the header and given to the parser again, and gets its headers back when it comes out.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Headers of the next request on a socket, as they came. */
const originalHeaders = new WeakMap<Socket, readonly string[]>()

export function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * Serves the request, and whatever follows on its connection, as if no upgrade had been asked for. The connection
 * must owe no answers: Node forgets about them here.
 */
export function asPlainRequests(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== 'upgrade') text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  }
  originalHeaders.set(socket, rawHeaders)
  // What is left of the keep-alive of an earlier request must not end this one.
  socket.setTimeout(0)
  server.emit('connection', socket)
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, 'latin1'), head]))
}

/** Gives a request that was written anew the headers that it came with. */
export function withOriginalHeaders(request: IncomingMessage): void {
  const headers = originalHeaders.get(request.socket)
  if (headers === undefined) return
  originalHeaders.delete(request.socket)
  request.rawHeaders = [...headers]
}
