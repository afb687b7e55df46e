/** Load by replay: pages one after the other over one connection, each read whole and parsed. */
import type { ReplayJob, ReplayResult } from './jobs.ts'
import { requestBytes } from './publish.ts'
import { HttpConnection } from './sockets.ts'

interface PageAnswer {
  readonly data?: {
    readonly events: {
      readonly nodes: readonly unknown[]
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
    }
  }
}

/** Throws where a page is an error. */
export async function replayPages({ port, query, total }: ReplayJob): Promise<ReplayResult> {
  const connection = await HttpConnection.open(port)
  const begin = performance.now()
  let after: string | null = null
  let events = 0
  let pages = 0
  while (events < total) {
    const body = JSON.stringify({ query, variables: { after } })
    const answer = await connection.send(requestBytes({ method: 'POST', path: '/graphql', body }, port))
    const page = JSON.parse(answer.body.toString()) as PageAnswer
    if (answer.status !== 200 || page.data === undefined) {
      throw new Error(`a page failed: ${answer.status} ${answer.body.toString().slice(0, 300)}`)
    }
    const { nodes, pageInfo } = page.data.events
    events += nodes.length
    pages++
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  connection.close()
  return { events, pages, seconds: (performance.now() - begin) / 1_000 }
}
