/** GraphiQL in one page without outside references, compressed once and cached by browsers. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { Catalogue } from '../../catalogue/catalogue.ts'
import { answer } from '../answer.ts'

/**
 * No other host is reached, whatever a page's script would like. Monaco, GraphiQL's editor, runs its workers
 * from blobs and styles itself inline.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self' ws://localhost:* ws://127.0.0.1:*",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

export class Playground {
  readonly #defaultQuery: string
  #page: Promise<{ html: string; gzipped: Buffer; etag: string }> | null = null

  constructor(catalogue: Catalogue) {
    this.#defaultQuery = firstQuery(catalogue)
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= this.#render()
    const { html, gzipped, etag } = await this.#page
    const headers = {
      ETag: etag,
      'Cache-Control': 'no-cache',
      Vary: 'Accept, Accept-Encoding',
      'Content-Security-Policy': POLICY,
      'X-Frame-Options': 'DENY',
    }
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers)
      response.end()
    } else if (/\bgzip\b/.test(String(request.headers['accept-encoding']))) {
      answer(response, 200, 'text/html; charset=utf-8', gzipped, { ...headers, 'Content-Encoding': 'gzip' })
    } else {
      answer(response, 200, 'text/html; charset=utf-8', html, headers)
    }
  }

  async #render() {
    const html = String(
      renderGraphiQL({
        title: 'Herald',
        endpoint: '/graphql',
        subscriptionsProtocol: 'WS',
        defaultQuery: this.#defaultQuery,
      } as Parameters<typeof renderGraphiQL>[0]),
    )
    const gzipped = await promisify(gzip)(html, { level: 1 })
    const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"`
    return { html, gzipped, etag }
  }
}

/** Operations that run as they stand, made of the catalogue. */
function firstQuery({ mutations }: Catalogue): string {
  const plain = mutations.find((mutation) => mutation.arguments.length === 0)
  const fields = '{ id type timestamp cursor record { partition offset } }'
  return [
    '# Herald: publish, replay, subscribe. Choose an operation by the play button.',
    ...(plain === undefined ? [] : ['', `mutation Publish {\n  ${plain.name} ${fields}\n}`]),
    '',
    `query Replay {\n  events(first: 100) {\n    nodes ${fields}\n    pageInfo { hasNextPage endCursor }\n    end\n  }\n}`,
    '',
    `subscription Stream {\n  events ${fields}\n}`,
    '',
  ].join('\n')
}
