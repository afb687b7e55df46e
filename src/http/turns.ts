/**
 * Answers go out in the order of their requests. Node sees to that for plain requests; what it hands over
 * beside them (upgrades, CONNECT, what its parser refuses) may come on a connection that still owes answers, and
 * on a socket whose errors nobody listens to any more.
 */
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The latest answer that each connection owes. */
const owed = new WeakMap<Duplex, ServerResponse>()

/** Connections on which something waits for its turn. */
const waiting = new WeakSet<Duplex>()

/** To be told of each request's response, in their order. */
export function noteOwed(response: ServerResponse): void {
  const { socket } = response.req
  owed.set(socket, response)
  response.once('close', () => {
    if (owed.get(socket) === response) owed.delete(socket)
  })
}

/**
 * Runs at once, or when everything that was asked before on the connection has been answered. What comes while
 * something waits already is passed over: behind input that was refused, every further packet is refused too.
 */
export function inTurn(socket: Duplex, run: () => void): void {
  // An error destroys the socket by itself; unheard it would end the process.
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
  const earlier = owed.get(socket)
  // A request that was cut short by what comes now gets no answer of its own.
  if (earlier === undefined || !earlier.req.complete) return run()
  if (waiting.has(socket)) return
  waiting.add(socket)
  earlier.once('close', () => {
    waiting.delete(socket)
    if (socket.writable) run()
  })
}

function ignore(): void {}
