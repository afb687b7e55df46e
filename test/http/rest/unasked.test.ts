/** REST paths publish by GET, so they answer no request that nobody meant: another origin's pages, prefetches. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'
import { rawRequest } from '../../support/raw-request.ts'

/** What each browser sends, whatever page asks. */
const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0', 'accept-language': 'en' }

let herald: Herald
beforeAll(async () => {
  herald = await startHerald({ env: { ALLOWED_ORIGINS: 'http://game.example' } })
})
afterAll(() => herald.stop())

const published = async () => {
  const response = await fetch(`${herald.url}/graphql?query={partitions{end}}`)
  return Number(((await response.json()) as { data: { partitions: { end: string }[] } }).data.partitions[0]!.end)
}

it.each<[string, Record<string, string>]>([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another origin of the same site', { 'sec-fetch-site': 'same-site' }],
  ['what no browser says', { 'sec-fetch-site': 'nonsense' }],
  ['a name that was rebound, in a browser', { ...BROWSER, host: 'evil.example:5000' }],
  [
    'a rebound name, in a browser that a page makes silent',
    { ...BROWSER, host: 'evil.example', 'accept-language': '' },
  ],
  ['a prefetch', { 'sec-purpose': 'prefetch' }],
  ['a prerender', { 'sec-purpose': 'prefetch;prerender' }],
  ['a prefetch by a proxy', { 'sec-purpose': 'prefetch;anonymous-client-ip' }],
  ['a prefetch from our own page', { 'sec-purpose': 'prefetch', 'sec-fetch-site': 'same-origin' }],
  ["an older browser's prefetch", { purpose: 'prefetch' }],
  ["an older Firefox's prefetch", { 'x-moz': 'prefetch' }],
  ["Safari's preview", { 'x-purpose': 'preview' }],
])('refuses %s, and publishes nothing', async (_what, headers) => {
  const before = await published()
  for (const method of ['GET', 'HEAD']) {
    const answer = await rawRequest(`${herald.url}/buy_a_sword`, { method, headers })
    expect(answer.status).toBe(403)
    expect(answer.headers).toMatchObject({ 'herald-outcome': 'NOT_WRITTEN', 'cache-control': 'no-store' })
  }
  expect(await published()).toBe(before)
})

it.each<[string, Record<string, string>]>([
  ['who types the address', { 'sec-fetch-site': 'none', ...BROWSER }],
  ['our own page', { 'sec-fetch-site': 'same-origin', ...BROWSER }],
  ['a browser on this machine', { host: 'localhost:5000', ...BROWSER }],
  ['a browser at an address', { host: '127.0.0.1:5000', ...BROWSER }],
  ['a browser at a name that is allowed', { host: 'game.example', ...BROWSER }],
  ['a browser behind a proxy that has TLS', { host: 'other.example', ...BROWSER, 'sec-fetch-site': 'none' }],
  ['curl by any name', { host: 'other.example' }],
  // It was refused once as a browser: Node's own fetch tells languages too.
  ["Node's fetch by any name", { host: 'other.example', 'accept-language': '*', 'user-agent': 'node' }],
  ['a script that says it is a browser, by any name', { host: 'other.example', 'user-agent': 'Mozilla/5.0' }],
  ['any Origin', { origin: 'http://evil.example' }],
  ['another purpose', { purpose: 'testing', 'sec-purpose': 'unknown' }],
])('serves %s', async (_what, headers) => {
  const before = await published()
  expect((await rawRequest(`${herald.url}/buy_a_sword`, { headers })).status).toBe(200)
  expect(await published()).toBe(before + 1)
})
