/** One request as it stands: no path is made simpler, no body is decompressed. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Sends a request without a body; resolves with the whole answer. */
export async function rawRequest(
  url: string,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const { hostname, port, origin } = new URL(url)
  // `new URL` would eat the dots of a path.
  const path = url.slice(origin.length)
  const asked = request({ hostname, port, path, method, headers, agent: false })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }
}
