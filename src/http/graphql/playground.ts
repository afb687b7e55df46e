/** GraphiQL in one page without outside references, compressed once and cached by browsers. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Catalogue } from '../../catalogue/catalogue.ts'
import { answer, beginAnswer } from '../answer.ts'
import { takesCoding } from '../encoding.ts'
import { firstTabs } from './first-tabs.ts'

export class Playground {
  readonly #catalogue: Catalogue
  #page: Promise<Page> | null = null

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** Answers with the page, or that the browser has it. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= render(this.#catalogue)
    const { html, gzipped, etag, policy } = await this.#page
    const headers = {
      ETag: etag,
      'Cache-Control': 'no-cache',
      Vary: 'Accept, Accept-Encoding, Origin',
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'X-Frame-Options': 'DENY',
    }
    if (request.headers['if-none-match'] === etag) {
      beginAnswer(response, 304, headers)
      response.end()
    } else if (takesCoding(request.headers['accept-encoding'], 'gzip')) {
      answer(response, 200, 'text/html; charset=utf-8', gzipped, { ...headers, 'Content-Encoding': 'gzip' })
    } else {
      answer(response, 200, 'text/html; charset=utf-8', html, headers)
    }
  }
}

interface Page {
  readonly html: string
  readonly gzipped: Buffer
  readonly etag: string
  readonly policy: string
}

async function render(catalogue: Catalogue): Promise<Page> {
  // Nine megabytes of text, which most gateways are never asked for.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const html = renderGraphiQL({
    title: 'Herald',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: firstTabs(catalogue),
  })
  const gzipped = await promisify(gzip)(html, { level: 1 })
  return { html, gzipped, etag: `"${sha256(html, 'base64url').slice(0, 22)}"`, policy: policyOf(html) }
}

/**
 * No other host is reached, whatever the page's scripts would like, and no script runs but the page's own, by
 * its hash. Monaco, GraphiQL's editor, runs its workers from blobs and styles itself inline.
 */
function policyOf(html: string): string {
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!)
  return [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'sha256-${sha256(script, 'base64')}'`).join(' ')}`,
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function sha256(text: string, encoding: 'base64' | 'base64url'): string {
  return createHash('sha256').update(text).digest(encoding)
}
