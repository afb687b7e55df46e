/**
 * A publisher as a user would write one: it keeps its connection, sends one event at a time, waits for the answer,
 * and goes to the next gateway when a connection fails. Most mix GraphQL by POST with the REST path and never send an
 * event again: what became of each is the checker's question. Some send an Idempotency-Key and try until they hear of
 * a success, and once more for every second one; some publish over a WebSocket.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { print } from 'graphql'
import { graphql } from '../generated/index.ts'
import type { Answer, Publish, Retry } from './history.ts'
import { connectOnce } from './ws-client.ts'

const JOIN = graphql(
  `mutation FaultsJoin($guildName: String!) { joinGuild(guildName: $guildName) { guildName record { partition offset } } }`,
)
const JOIN_TEXT = print(JOIN)

/** The contract promises an answer inside 5 s; a machine under stress gets this much. */
const ANSWER_MS = 10_000
/** How long a client waits before it tries again where nobody listens. */
const RETRY_MS = 50

/** What the rest of a run needs of a publisher. */
export interface Publisher {
  readonly name: string
  /** When it got its last acknowledgement; null: none yet. */
  readonly acknowledgedAt: number | null
  /** Stops after the answer that it waits for. */
  stop(): Promise<void>
}

/** `http`: by POST and REST in turn. `keyed`: so too, with an Idempotency-Key. `socket`: over a WebSocket. */
export type Way = 'http' | 'keyed' | 'socket'

export interface PublisherOptions {
  readonly name: string
  readonly way: Way
  /** Base URLs; it begins with the one at `first`. */
  readonly gateways: readonly string[]
  readonly first: number
  /** Gets every publish, once, when its answer is known. */
  readonly record: (publish: Publish) => void
}

/** Starts to publish, until stopped. */
export function startPublisher(options: PublisherOptions): Publisher {
  const { name, way, gateways, record } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let acknowledgedAt: number | null = null
  let isStopped = false
  let gateway = options.first
  let socket: MutationSocket | null = null
  const close = () => {
    agent.destroy()
    socket?.close()
  }

  async function attempt(number: number, event: string, key: string | null): Promise<Attempt> {
    const url = gateways[gateway % gateways.length]!
    if (way === 'socket') {
      if (socket === null || socket.gateway !== url || socket.isClosed) socket = openMutationSocket(url)
      return { answer: await socket.join(event), by: null }
    }
    return (number % 2 === 0 ? publishByGraphQL : publishByRest)(url, event, agent, key)
  }

  /** After a failure: at the next gateway where nobody listens, and not at once. */
  async function recover({ kind }: Answer): Promise<void> {
    if (kind === 'none') gateway++
    if (kind !== 'acknowledged') await delay(RETRY_MS)
  }

  async function publish(number: number): Promise<void> {
    const event = `${name}-${number}`
    const key = way === 'keyed' ? `key of ${event}` : null
    const invokedAt = performance.now()
    const first = await attempt(number, event, key)
    const retries: Retry[] = []
    let answer = first.answer
    let endedAt = performance.now()
    await recover(answer)
    if (key !== null) {
      while (answer.kind !== 'acknowledged' && !isStopped) {
        const { answer: next, by } = await attempt(number, event, key)
        retries.push({ answer: next, isSameProcess: by !== null && by === first.by })
        answer = next
        endedAt = performance.now()
        await recover(next)
      }
      if (answer.kind === 'acknowledged' && number % 4 < 2) {
        const { answer: again, by } = await attempt(number, event, key)
        retries.push({ answer: again, isSameProcess: by !== null && by === first.by })
        await recover(again)
      }
    }
    const keyed = key === null ? {} : { keyed: { first: first.answer, retries } }
    record({ name: event, publisher: name, invokedAt, endedAt, answer, ...keyed })
    if (answer.kind === 'acknowledged') acknowledgedAt = endedAt
  }

  const running = (async () => {
    for (let number = 0; !isStopped; number++) await publish(number)
    close()
  })()
  return {
    name,
    get acknowledgedAt() {
      return acknowledgedAt
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}

/** An answer, and the connection that it came over: the same one is the same process. */
interface Attempt {
  readonly answer: Answer
  readonly by: Socket | null
}

/** A WebSocket for mutations, until its first failure. */
interface MutationSocket {
  readonly gateway: string
  readonly isClosed: boolean
  join(guildName: string): Promise<Answer>
  close(): void
}

function openMutationSocket(gateway: string): MutationSocket {
  let isClosed = false
  const { client, hearing } = connectOnce(gateway, () => {
    isClosed = true
  })
  return {
    gateway,
    get isClosed() {
      return isClosed
    },
    join: (guildName) =>
      new Promise((resolve) => {
        const done = (answer: Answer) => {
          clearTimeout(late)
          hearing.delete(heard)
          resolve(answer)
        }
        const heard = { progress() {}, ended: (why: string) => done({ kind: 'none', why }) }
        const late = setTimeout(() => {
          done({ kind: 'none', why: NO_ANSWER })
          client.terminate()
        }, ANSWER_MS)
        hearing.add(heard)
        client.subscribe<NonNullable<GraphQLAnswer['data']>>(
          { query: JOIN_TEXT, variables: { guildName } },
          {
            next: ({ data, errors }) =>
              done(answerOf(guildName, { data: data ?? null, errors } as GraphQLAnswer, 'none')),
            error: (error) =>
              done(
                Array.isArray(error)
                  ? answerOf(guildName, { errors: error }, 'none')
                  : { kind: 'none', why: 'the WebSocket ended' },
              ),
            complete: () => {},
          },
        )
      }),
    close: () => void client.dispose(),
  }
}

async function publishByGraphQL(url: string, guildName: string, agent: Agent, key: string | null): Promise<Attempt> {
  const body = JSON.stringify({ query: JOIN_TEXT, variables: { guildName } })
  const response = await exchange(`${url}/graphql`, agent, key, body)
  const { by } = response
  if ('why' in response) return { answer: { kind: 'none', why: response.why }, by }
  return { answer: answerOf(guildName, parse(response.body), `HTTP ${response.status}`), by }
}

/** `otherwise`: the code where the answer names none. */
function answerOf(guildName: string, result: GraphQLAnswer | null, otherwise: string): Answer {
  const joined = result?.data?.joinGuild
  if (joined?.guildName === guildName) {
    const { partition, offset } = joined.record
    return { kind: 'acknowledged', place: { partition, offset: Number(offset) } }
  }
  const { code = otherwise, outcome } = result?.errors?.[0]?.extensions ?? {}
  return failure(code, outcome)
}

async function publishByRest(url: string, guildName: string, agent: Agent, key: string | null): Promise<Attempt> {
  const response = await exchange(`${url}/join_guild/${guildName}`, agent, key)
  const { by } = response
  if ('why' in response) return { answer: { kind: 'none', why: response.why }, by }
  if (response.status === 200 && response.body === `\nJoined the Guild: ${guildName}\n`) {
    return { answer: { kind: 'acknowledged', place: null }, by }
  }
  const code = /^[A-Z_]+(?=:)/.exec(response.body)?.[0] ?? `HTTP ${response.status}`
  return { answer: failure(code, response.headers['herald-outcome']), by }
}

function failure(code: string, outcome: unknown): Answer {
  return { kind: 'failed', code, outcome: outcome === 'NOT_WRITTEN' ? outcome : 'UNKNOWN' }
}

interface GraphQLAnswer {
  readonly data?: { readonly joinGuild?: { guildName: string; record: { partition: number; offset: string } } } | null
  readonly errors?: readonly { readonly extensions?: { readonly code?: string; readonly outcome?: string } }[]
}

function parse(body: string): GraphQLAnswer | null {
  try {
    return JSON.parse(body) as GraphQLAnswer
  } catch {
    return null
  }
}

type Exchanged = { readonly by: Socket | null } & (
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly why: string }
)

/** One request and its whole answer; with a body a POST of JSON, else a GET. Never rejects. */
function exchange(url: string, agent: Agent, key: string | null, body?: string): Promise<Exchanged> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== null && { 'idempotency-key': key }),
    }
    let by: Socket | null = null
    const failed = (why: string) => resolve({ by, why })
    const sent = request(url, { agent, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ by, status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', (error) => failed(error.message))
      response.on('close', () => failed('the connection closed within the answer'))
    })
    sent.on('socket', (socket) => {
      by = socket
    })
    sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(NO_ANSWER)))
    sent.on('error', (error) => failed(error.message))
    sent.end(body)
  })
}

/** Why there is no answer, where the gateway kept the connection and said nothing. */
export const NO_ANSWER = `no answer within ${ANSWER_MS} ms`
