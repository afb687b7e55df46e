/** Serves the documents for machines (documents/): to whom, and what of it a client has already. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MachineDocument } from '../documents/documents.ts'
import { answer, beginAnswer, JSON_TYPE, TEXT } from './answer.ts'
import { type Gate, refuseAsText } from './gate.ts'
import { type Origins, originRefusal } from './origin.ts'

interface Served {
  readonly type: string
  readonly body: Buffer
  readonly etag: string
}

export class Documents {
  readonly #origins: Origins
  readonly #gate: Gate
  readonly #served: ReadonlyMap<string, Served>

  constructor(documents: readonly MachineDocument[], origins: Origins, gate: Gate) {
    this.#origins = origins
    this.#gate = gate
    this.#served = new Map(documents.map(({ path, kind, text }) => [path, served(kind, text)]))
  }

  /** Answers GET and HEAD of a document's path: to whoever may ask at `/graphql` what there is. */
  async serve(path: MachineDocument['path'], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, 'if-none-match': known } = request.headers
    response.setHeader('Vary', 'Origin')
    if (!this.#origins.allows(request)) return answer(response, 403, TEXT, `FORBIDDEN: ${originRefusal(request)}\n`)
    // Tools that show such documents run on pages of their own.
    if (origin !== undefined) response.setHeader('Access-Control-Allow-Origin', origin)
    if ((await this.#gate.admit(request, response, refuseAsText)) === null) return
    const { type, body, etag } = this.#served.get(path)!
    const headers = { ETag: etag, 'Cache-Control': 'no-cache' }
    if (known !== undefined && (known === '*' || known.includes(etag))) {
      beginAnswer(response, 304, headers)
      response.end()
    } else answer(response, 200, type, body, headers)
  }
}

function served(kind: MachineDocument['kind'], text: string): Served {
  const body = Buffer.from(text)
  const hash = createHash('sha256').update(body).digest('base64url')
  return { type: kind === 'json' ? JSON_TYPE : TEXT, body, etag: `"${hash.slice(0, 22)}"` }
}
