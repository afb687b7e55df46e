/**
 * A publisher as a user would write one: it keeps its connection, sends one event at a time, waits for the answer,
 * and goes to the next gateway when a connection fails. It mixes GraphQL by POST with the REST path. It never
 * sends an event again: what became of each is the checker's question.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { print } from 'graphql'
import { graphql } from '../generated/index.ts'
import type { Answer, Publish } from './history.ts'

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

export interface PublisherOptions {
  readonly name: string
  /** Base URLs; it begins with the one at `first`. */
  readonly gateways: readonly string[]
  readonly first: number
  /** Gets every publish, once, when its answer is known. */
  readonly record: (publish: Publish) => void
}

/** Starts to publish, until stopped. */
export function startPublisher(options: PublisherOptions): Publisher {
  const { name, gateways, record } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let acknowledgedAt: number | null = null
  let isStopped = false
  const running = (async () => {
    let gateway = options.first
    for (let number = 0; !isStopped; number++) {
      const event = `${name}-${number}`
      const url = gateways[gateway % gateways.length]!
      const invokedAt = performance.now()
      const answer = await (number % 2 === 0 ? publishByGraphQL : publishByRest)(url, event, agent)
      const endedAt = performance.now()
      record({ name: event, publisher: name, invokedAt, endedAt, answer })
      if (answer.kind === 'acknowledged') acknowledgedAt = endedAt
      if (answer.kind === 'none') gateway++
      if (answer.kind !== 'acknowledged') await delay(RETRY_MS)
    }
    agent.destroy()
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

async function publishByGraphQL(url: string, guildName: string, agent: Agent): Promise<Answer> {
  const body = JSON.stringify({ query: JOIN_TEXT, variables: { guildName } })
  const response = await exchange(`${url}/graphql`, agent, body)
  if ('why' in response) return { kind: 'none', why: response.why }
  const result = parse(response.body)
  const joined = result?.data?.joinGuild
  if (response.status === 200 && joined?.guildName === guildName) {
    const { partition, offset } = joined.record
    return { kind: 'acknowledged', place: { partition, offset: Number(offset) } }
  }
  const { code = `HTTP ${response.status}`, outcome } = result?.errors?.[0]?.extensions ?? {}
  return failure(code, outcome)
}

async function publishByRest(url: string, guildName: string, agent: Agent): Promise<Answer> {
  const response = await exchange(`${url}/join_guild/${guildName}`, agent)
  if ('why' in response) return { kind: 'none', why: response.why }
  if (response.status === 200 && response.body === `\nJoined the Guild: ${guildName}\n`) {
    return { kind: 'acknowledged', place: null }
  }
  const code = /^[A-Z_]+(?=:)/.exec(response.body)?.[0] ?? `HTTP ${response.status}`
  return failure(code, response.headers['herald-outcome'])
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

type Exchanged =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly why: string }

/** One request and its whole answer; with a body a POST of JSON, else a GET. Never rejects. */
function exchange(url: string, agent: Agent, body?: string): Promise<Exchanged> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(url, { agent, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', (error) => resolve({ why: error.message }))
      response.on('close', () => resolve({ why: 'the connection closed within the answer' }))
    })
    sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(NO_ANSWER)))
    sent.on('error', (error) => resolve({ why: error.message }))
    sent.end(body)
  })
}

/** Why there is no answer, where the gateway kept the connection and said nothing. */
export const NO_ANSWER = `no answer within ${ANSWER_MS} ms`
