/** Load by publishing: over HTTP, or over WebSockets. What was acknowledged is counted, whatever else is an error. */
import { percentiles } from '../statistics.ts'
import type { HttpJob, PublishResult, RequestTemplate, SocketJob } from './jobs.ts'
import { HttpConnection, WebSocketConnection } from './sockets.ts'

let lastNumber = 0

/** A number that was never there before, in this run and in others: what is fresh must be so to every cache. */
const first = Date.now() % 1_000_000_000

export function freshNumber(): string {
  return `${first}x${++lastNumber}`
}

/** A request's bytes, head and body. */
export function requestBytes({ method, path, body }: RequestTemplate, port: number): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench/1.0\r\nAccept: application/json\r\n`
  if (method === 'GET') return `${head}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

class Tally {
  events = 0
  errors = 0
  firstError: string | null = null
  readonly #latencies: number[] = []
  readonly #begin = performance.now()

  good(sentAt: number): void {
    this.events++
    this.#latencies.push(performance.now() - sentAt)
  }

  bad(why: string): void {
    this.errors++
    this.firstError ??= why
  }

  result(): PublishResult {
    const seconds = (performance.now() - this.#begin) / 1_000
    const { p50, p99 } = percentiles(this.#latencies)
    const { events, errors, firstError } = this
    return { events, errors, firstError, seconds, p50Ms: p50, p99Ms: p99 }
  }
}

export async function publishOverHttp({
  port,
  connections,
  seconds,
  request,
  expect,
}: HttpJob): Promise<PublishResult> {
  const isFresh = request.body.includes('{n}')
  const constant = Buffer.from(requestBytes(request, port))
  const next = () => {
    if (!isFresh) return constant
    return requestBytes({ ...request, body: request.body.replace('{n}', freshNumber()) }, port)
  }
  const opened = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port)))
  const tally = new Tally()
  const end = performance.now() + seconds * 1_000
  await Promise.all(
    opened.map(async (connection) => {
      try {
        while (performance.now() < end) {
          const sentAt = performance.now()
          const { status, body } = await connection.send(next())
          if (status === 200 && body.includes(expect) && !body.includes('"errors"')) tally.good(sentAt)
          else tally.bad(`${status} ${body.toString().slice(0, 300)}`)
        }
      } catch (error) {
        tally.bad(String(error))
      }
    }),
  )
  const result = tally.result()
  for (const connection of opened) connection.close()
  return result
}

export async function publishOverSockets({
  port,
  connections,
  seconds,
  query,
  expect,
}: SocketJob): Promise<PublishResult> {
  const opened = await Promise.all(Array.from({ length: connections }, () => WebSocketConnection.open(port)))
  await Promise.all(opened.map((socket) => socket.initialise()))
  const tally = new Tally()
  const end = performance.now() + seconds * 1_000
  const payload = JSON.stringify({ query })
  await Promise.all(
    opened.map(
      (socket) =>
        new Promise<void>((done) => {
          let operation = 0
          let sentAt = 0
          const send = () => {
            if (performance.now() >= end) return done()
            sentAt = performance.now()
            socket.send(`{"id":"${++operation}","type":"subscribe","payload":${payload}}`)
          }
          socket.onClose = (reason) => {
            tally.bad(reason)
            done()
          }
          socket.onText = (message) => {
            if (message.includes('"complete"')) return send()
            if (message.includes(expect) && !message.includes('"errors"')) return tally.good(sentAt)
            tally.bad(message.toString().slice(0, 300))
            // An error message ends its operation: no `complete` follows.
            if (message.includes('"type":"error"')) send()
          }
          send()
        }),
    ),
  )
  const result = tally.result()
  for (const socket of opened) socket.close()
  return result
}
