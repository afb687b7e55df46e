/** Reading a request's body, at most so much of it. */
import type { IncomingMessage } from 'node:http'

export const MAX_BODY_BYTES = 1024 * 1024

/**
 * The body; null where it is larger than 1 MiB: then the rest is left unread, and the connection must not be
 * used again. Rejects when the client goes away.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
      else {
        request.pause()
        request.removeAllListeners('data')
        resolve(null)
      }
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => {
      // Asked first: an error that nobody hears would be made for every request, and costs 5% of a mutation.
      if (!request.readableEnded) reject(new Error('the client went away'))
    })
  })
}

/** Whether a request announces a body at all. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}
