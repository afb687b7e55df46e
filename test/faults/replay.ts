/**
 * The log through gateways, as users read it: `events`, page by page in either direction, with or without a filter or
 * a time to begin at; and whoever does so over and over while things break.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { print } from 'graphql'
import type { FaultsReplayQueryVariables } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { Entry, Stream } from './history.ts'
import { entryOf, filterFor, wantedBy } from './operations.ts'

const REPLAY = print(
  graphql(`query FaultsReplay(
    $first: Int, $after: Cursor, $last: Int, $before: Cursor, $since: DateTime, $filter: EventFilter
  ) {
    events(first: $first, after: $after, last: $last, before: $before, since: $since, filter: $filter) {
      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`),
)

/** How a chain of pages goes through the log. */
export interface Chain {
  readonly direction: 'forward' | 'backward'
  /** Events of a page. */
  readonly size: number
  /** Only events of publishers whose names begin so; null: all. */
  readonly prefix: string | null
  readonly among: null
  /** Milliseconds since 1970; null: from the beginning. */
  readonly since: number | null
}

export const ALL: Chain = { direction: 'forward', size: 10_000, prefix: null, among: null, since: null }

/** A page, or why there is none; `code` is null where no gateway answered. */
type Page =
  | { readonly entries: readonly Entry[]; readonly hasMore: boolean; readonly next: string | null }
  | { readonly why: string; readonly code: string | null }

async function pageOf(gateway: string, chain: Chain, cursor: string | null): Promise<Page> {
  const { direction, size, since } = chain
  const variables: FaultsReplayQueryVariables = {
    ...(direction === 'forward' ? { first: size, after: cursor } : { last: size, before: cursor }),
    ...filterFor(chain),
    ...(since !== null && { since: new Date(since).toISOString() }),
  }
  try {
    const response = await fetch(`${gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: REPLAY, variables }),
    })
    const { data, errors } = (await response.json()) as Answer
    if (!data || errors) {
      const [{ message, extensions } = { message: `HTTP ${response.status}` }] = errors ?? []
      return { why: message, code: extensions?.code ?? 'NONE' }
    }
    const { nodes, pageInfo } = data.events
    const [hasMore, next] =
      direction === 'forward'
        ? [pageInfo.hasNextPage, pageInfo.endCursor]
        : [pageInfo.hasPreviousPage, pageInfo.startCursor]
    return { entries: nodes.map(entryOf), hasMore, next }
  } catch (error) {
    return { why: String(error), code: null }
  }
}

interface Answer {
  readonly data?: {
    readonly events: {
      readonly nodes: readonly Parameters<typeof entryOf>[0][]
      readonly pageInfo: {
        readonly hasNextPage: boolean
        readonly hasPreviousPage: boolean
        readonly startCursor: string | null
        readonly endCursor: string | null
      }
    }
  } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** Every event that is asked for, in the log's order; an error ends it and is reported. */
export async function replay(gateway: string, chain: Chain, report: (what: string) => void): Promise<Entry[]> {
  const pages: (readonly Entry[])[] = []
  for (let cursor: string | null = null; ; ) {
    const page: Page = await pageOf(gateway, chain, cursor)
    if ('why' in page) {
      report(`The replay through ${gateway} failed: ${page.why}`)
      break
    }
    pages.push(page.entries)
    if (!page.hasMore) break
    cursor = page.next
  }
  return (chain.direction === 'forward' ? pages : pages.reverse()).flat()
}

export interface ReaderOptions {
  readonly name: string
  readonly chain: Chain
  /** Base URLs: each page is asked of the next. */
  readonly gateways: readonly string[]
  readonly protest: (what: string) => void
}

export interface Reader {
  /** A stream for each time that it has gone through the log; each page is a connection of it. */
  readonly streams: readonly Stream[]
  stop(): Promise<void>
}

const RETRY_MS = 100
const PAGE_PAUSE_MS = 20
const CHAIN_PAUSE_MS = 2_000
const PASSING = new Set<string | null>([null, 'LOG_UNAVAILABLE', 'OVERLOADED'])

/** Reads the log through again and again until stopped; a chain that is not at its end then counts as far as it came. */
export function startReader({ name, chain, gateways, protest }: ReaderOptions): Reader {
  const streams: Stream[] = []
  const stopped = new AbortController()
  const { signal } = stopped
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {})
  let asked = 0

  async function readThrough(): Promise<void> {
    const stream: Stream = {
      subscriber: `${name}-${streams.length + 1}`,
      pinnedAt: Number.POSITIVE_INFINITY,
      left: true,
      wanted: wantedBy(chain),
      isFromBeginning: chain.direction === 'forward',
      hasAllBefore: null,
      connections: [],
      deliveries: [],
    }
    streams.push(stream)
    /** When the page was asked for that says where the log ends: the last one forward, the first one backward. */
    let endAskedAt: number | null = null
    for (let cursor: string | null = null; !signal.aborted; ) {
      const at = performance.now()
      const gateway = gateways[asked++ % gateways.length]!
      const page: Page = await pageOf(gateway, chain, cursor)
      if ('why' in page) {
        if (!PASSING.has(page.code)) protest(`${stream.subscriber} was refused with ${page.code}: ${page.why}`)
        await pause(RETRY_MS)
        continue
      }
      const connection = stream.connections.length
      stream.connections.push({ gateway, after: cursor, at, end: 'a page' })
      const arrived = performance.now()
      const deliveries = page.entries.map((entry) => ({ ...entry, at: arrived, connection }))
      if (chain.direction === 'forward') {
        stream.deliveries.push(...deliveries)
        endAskedAt = at
      } else {
        stream.deliveries.unshift(...deliveries)
        endAskedAt ??= at
      }
      if (!page.hasMore) {
        stream.hasAllBefore = endAskedAt
        return
      }
      cursor = page.next
      await pause(PAGE_PAUSE_MS)
    }
  }

  const running = (async () => {
    while (!signal.aborted) {
      await readThrough()
      await pause(CHAIN_PAUSE_MS)
    }
  })()
  return {
    streams,
    async stop() {
      stopped.abort()
      await running
    },
  }
}
