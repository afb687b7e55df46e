/** The console as it is served: a page under a policy that lets nothing in, assets that are kept for ever. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takesCoding } from '../../src/http/encoding.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { rawRequest } from '../support/raw-request.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawRequest(`${herald.url}${path}`, { method, headers })

/** Paths of the assets that the page names. */
async function assets(): Promise<string[]> {
  const page = (await get('/console')).body.toString()
  return [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!)
}

it('is a page under a policy that lets nothing in from elsewhere', async () => {
  const { status, headers } = await get('/console')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = headers['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("style-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/unsafe|https?:|\*|data:|blob:/)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  })
})

it('is asked for again by its ETag, and its assets are kept for ever', async () => {
  const { headers } = await get('/console')
  expect(headers['cache-control']).toBe('no-cache')
  const again = await get('/console', { 'if-none-match': headers.etag! })
  expect(again.status).toBe(304)
  expect(again.body).toHaveLength(0)
  const paths = await assets()
  expect(paths.length).toBeGreaterThanOrEqual(3)
  for (const path of paths) {
    expect(path).toMatch(/^\/console\/assets\/.+-[\w-]{8}\.(?:js|css|svg)$/)
    const asset = await get(path)
    expect(asset.status).toBe(200)
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  }
})

it('is compressed as the client takes it, and small', async () => {
  for (const path of ['/console', ...(await assets())]) {
    const plain = await get(path)
    const brotli = await get(path, { 'accept-encoding': 'gzip, deflate, br' })
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body)
    const gzipped = await get(path, { 'accept-encoding': 'gzip, br;q=0' })
    expect(gzipped.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzipped.body)).toEqual(plain.body)
    expect(brotli.body.length).toBeLessThan(80_000)
  }
})

it('is read by GET and HEAD alone, at its own paths alone', async () => {
  expect((await get('/console', {}, 'HEAD')).body).toHaveLength(0)
  const posted = await get('/console', {}, 'POST')
  expect(posted.status).toBe(405)
  expect(posted.headers.allow).toBe('GET, HEAD')
  expect((await get('/console/')).headers.location).toBe('/console')
  for (const path of ['/console/../main.js', '/console/%2e%2e/main.js', '/console/index.html.br', '/console/assets/']) {
    expect((await get(path)).status, path).toBe(404)
  }
  expect((await get('/consoles')).status).toBe(404)
})

describe('Accept-Encoding', () => {
  it.each([
    ['br', true],
    ['gzip, br', true],
    ['GZIP;q=0.5, BR;q=0.1', true],
    ['*', true],
    ['gzip', false],
    ['br;q=0', false],
    ['*;q=0', false],
    ['br;q=x', false],
    ['brotli', false],
    ['', false],
  ])('%j takes br: %s', (header, takes) => {
    expect(takesCoding(header, 'br')).toBe(takes)
  })
  it('that is missing takes nothing', () => expect(takesCoding(undefined, 'br')).toBe(false))
})
