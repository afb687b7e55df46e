/** Reading a request's body, at most so much of it. */
import type { IncomingMessage } from 'node:http'

export const MAX_BODY_BYTES = 1024 * 1024

/**
 * The body; null where it is larger than 1 MiB: then the rest is left unread, and the connection must not be
 * used again. Rejects when the client goes away.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return null
  return await new Promise((resolve, reject) => {
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
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client went away')))
  })
}

/** Whether a request announces a body at all. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}
