/** Load while something happens to the gateway, and what is in the log afterwards. */
import { Agent, request } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { expect, onTestFinished } from 'vitest'
import type { LoadPageQuery } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { Herald } from './herald.ts'

const PAGE = graphql(`query LoadPage($after: Cursor) {
  events(first: 10000, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
}`)

/** The ids of all events, page by page. */
export async function idsOf({ query }: Herald): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  for (;;) {
    const { data, errors }: ExecutionResult<LoadPageQuery> = await query(PAGE, { after })
    expect(errors).toBeUndefined()
    ids.push(...data!.events.nodes.map(({ id }) => id))
    if (!data!.events.pageInfo.hasNextPage) return ids
    after = data!.events.pageInfo.endCursor
  }
}

/** What 64 clients that publish one mutation after another have heard. */
export interface Load {
  readonly answered: string[]
  /** Answers that are no acknowledgement. */
  readonly refused: number[]
  /** Requests that were cut off without an answer. */
  readonly cut: unknown[]
  /** Resolves when every connection has met its end: the server is gone. */
  readonly over: Promise<unknown>
}

/** `keepAlive`: whether a connection brings more than one request. */
export function publishOn64({ port }: Herald, { keepAlive = true } = {}): Load {
  const agent = new Agent({ keepAlive, maxSockets: 64 })
  onTestFinished(() => agent.destroy())
  const body = JSON.stringify({ query: 'mutation { buySword { id } }' })
  const load = { answered: [] as string[], refused: [] as number[], cut: [] as unknown[] }
  const publish = () =>
    new Promise<boolean>((resolve) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const sent = request({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', agent, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('error', () => resolve(false))
        answer.on('end', () => {
          const id =
            answer.statusCode === 200
              ? (JSON.parse(text) as { data?: { buySword?: { id?: string } } }).data?.buySword?.id
              : undefined
          if (id === undefined) load.refused.push(answer.statusCode ?? 0)
          else load.answered.push(id)
          resolve(true)
        })
      })
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED') load.cut.push(error)
        resolve(false)
      })
      sent.end(body)
    })
  const one = async () => {
    while (await publish());
  }
  return { ...load, over: Promise.all(Array.from({ length: 64 }, one)) }
}
