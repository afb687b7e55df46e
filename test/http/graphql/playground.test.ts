/** GraphiQL as it is served: one page, small on the line and sent once. What it does is seen in test/browser/graphiql.test.ts. */
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { rawRequest } from '../../support/raw-request.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

const get = (headers: Record<string, string> = {}) =>
  rawRequest(`${herald.url}/graphql`, { headers: { accept: 'text/html', ...headers } })

it('is compressed where the browser takes that, a third of its size', async () => {
  const plain = await get()
  const gzipped = await get({ 'accept-encoding': 'gzip, deflate, br' })
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(gzipped.headers['content-encoding']).toBe('gzip')
  expect(gzipped.headers.vary).toContain('Accept-Encoding')
  expect(gunzipSync(gzipped.body).equals(plain.body)).toBe(true)
  expect(gzipped.body.length).toBeLessThan(plain.body.length / 3)
})

it('is not sent again to a browser that has it', async () => {
  const { headers } = await get()
  expect(headers['cache-control']).toBe('no-cache')
  const again = await get({ 'if-none-match': headers.etag! })
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
})

it('is for browsers alone: others that ask for nothing are told what a request is', async () => {
  for (const accept of ['*/*', 'application/json']) {
    const answer = await get({ accept })
    expect(answer.status).toBe(400)
    expect(answer.body.toString()).toContain('query')
  }
})
