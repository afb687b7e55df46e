/**
 * Answers go out in the order of their requests. Node sees to that for plain requests; what it hands over
 * beside them (upgrades, CONNECT, what its parser refuses) may come on a connection that still owes answers, and
 * on a socket whose errors nobody listens to any more.
 */
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** The latest answer that each connection owes. */
const owed = new Map<Duplex, ServerResponse>()

/** Connections on which something waits for its turn. */
const waiting = new WeakSet<Duplex>()

/** To be told of each request's response, in their order. */
export function noteOwed(response: ServerResponse): void {
  owed.set(response.req.socket, response)
  response.on('close', paid)
}

/** One function for all answers: a closure for each is dear where there are ten thousand a second. */
function paid(this: ServerResponse): void {
  const { socket } = this.req
  if (owed.get(socket) === this) owed.delete(socket)
}

/** Runs at once where the connection owes no answer, else when it has given its latest. */
export function whenPaid(socket: Duplex, run: () => void): void {
  const response = owed.get(socket)
  if (response === undefined) return run()
  response.once('close', () => {
    // Another request may have come in meanwhile.
    if (!owed.has(socket)) run()
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
