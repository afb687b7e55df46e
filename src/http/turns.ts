/**
 * Answers go out in the order of their requests. Node sees to that for plain requests; what it hands over
 * beside them (upgrades, CONNECT, what its parser refuses) may come on a connection that still owes answers, and
 * on a socket whose errors nobody listens to any more.
 */
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Where a connection keeps the latest answer that it owes. Not in a Map of connections: one to which an entry is added
 * and taken away at each request is made anew every few dozen requests, each table that was left points to the next
 * one, and so the collector's old half keeps answers that are long over (a tenth of a mutation's CPU time, measured).
 */
const OWED = Symbol('owed')

type Connection = Duplex & { [OWED]?: ServerResponse | null }

/** Connections on which something waits for its turn. */
const waiting = new WeakSet<Duplex>()

/** To be told of each request's response, in their order. */
export function noteOwed(response: ServerResponse): void {
  const connection: Connection = response.req.socket
  connection[OWED] = response
  response.on('close', paid)
}

/** One function for all answers: a closure for each is dear where there are ten thousand a second. */
function paid(this: ServerResponse): void {
  const connection: Connection = this.req.socket
  if (connection[OWED] === this) connection[OWED] = null
}

/** Runs at once where the connection owes no answer, else when it has given its latest. */
export function whenPaid(socket: Connection, run: () => void): void {
  const response = socket[OWED]
  if (response == null) return run()
  response.once('close', () => {
    // Another request may have come in meanwhile.
    if (socket[OWED] == null) run()
  })
}

/**
 * Runs at once, or when everything that was asked before on the connection has been answered. What comes while
 * something waits already is passed over: behind input that was refused, every further packet is refused too.
 */
export function inTurn(socket: Connection, run: () => void): void {
  // An error destroys the socket by itself; unheard it would end the process.
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
  const earlier = socket[OWED]
  // A request that was cut short by what comes now gets no answer of its own.
  if (earlier == null || !earlier.req.complete) return run()
  if (waiting.has(socket)) return
  waiting.add(socket)
  earlier.once('close', () => {
    waiting.delete(socket)
    if (socket.writable) run()
  })
}

function ignore(): void {}
