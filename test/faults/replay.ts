/** The log through a gateway, as a user reads it: all of `events`, page by page, and where it ends. */
import { print } from 'graphql'
import { graphql } from '../generated/index.ts'
import type { Entry } from './history.ts'
import { entryOf } from './operations.ts'

const REPLAY = print(
  graphql(`query FaultsReplay($after: Cursor) {
    events(first: 10000, after: $after) {
      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }
      pageInfo { hasNextPage endCursor }
    }
  }`),
)

const ENDS = print(graphql(`query FaultsEnds { partitions { number end } }`))

interface Page {
  readonly data?: {
    readonly events: {
      readonly nodes: readonly Parameters<typeof entryOf>[0][]
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
    }
  } | null
  readonly errors?: readonly { readonly message: string }[]
}

/** Every event in the order given; an error ends it and is reported. */
export async function replay(gateway: string, report: (what: string) => void): Promise<Entry[]> {
  const entries: Entry[] = []
  let after: string | null = null
  for (;;) {
    const { data, errors } = (await ask(gateway, REPLAY, { after })) as Page
    if (!data || errors) {
      report(`The replay through ${gateway} failed: ${errors?.[0]?.message}`)
      return entries
    }
    entries.push(...data.events.nodes.map(entryOf))
    if (!data.events.pageInfo.hasNextPage) return entries
    after = data.events.pageInfo.endCursor
  }
}

/** The next offset of every partition. Throws where the gateway does not say. */
export async function endsOf(gateway: string): Promise<number[]> {
  const answer = (await ask(gateway, ENDS, {})) as { data?: { partitions: readonly { number: number; end: string }[] } }
  if (!answer.data) throw new Error(`${gateway} does not tell its ends: ${JSON.stringify(answer)}`)
  return answer.data.partitions.map(({ end }) => Number(end))
}

async function ask(gateway: string, query: string, variables: object): Promise<unknown> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return response.json()
}
