/** `/session` on the running product: a token for a cookie, which lets in where a browser can set no header. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeToken } from '../../src/access/tokens.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'
import { ask, bearer, makeTokens, temporaryFolder } from './gateway.ts'

const FOLLOW = 'subscription { events { type } }'
const SECRET = 'a secret that all gateways of this test have'

const folder = temporaryFolder()
const { tokens, text } = makeTokens({ ci: ['publish', 'read'], publisher: ['publish'] })
const brief = makeToken('brief', ['read'], Date.now() + 3_600_000)

let env: Readonly<Record<string, string>>
let herald: Herald
beforeAll(async () => {
  env = { AUTH: 'token', AUTH_TOKENS_FILE: folder.write('tokens', `${text}${brief.line}\n`), SESSION_SECRET: SECRET }
  herald = await startHerald({ env })
})
afterAll(async () => {
  await herald?.stop()
  folder.remove()
})

interface Posted {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function post(body: string, headers: Readonly<Record<string, string>>, gateway = herald): Promise<Posted> {
  const response = await fetch(`${gateway.url}/session`, { method: 'POST', body, headers, redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }
const asJson = (token: unknown) => post(JSON.stringify({ token }), JSON_TYPE)
const asForm = (fields: Readonly<Record<string, string>>) => post(String(new URLSearchParams(fields)), FORM_TYPE)

/** What a browser would send back. */
function cookieOf({ headers }: Posted): string {
  return headers.get('set-cookie')!.split(';')[0]!
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Posted> {
  const response = await fetch(`${herald.url}${path}`, { headers, redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('signing in', () => {
  it('gives a cookie that no script reads and no other site sends, and that does not show the token', async () => {
    const answer = await asJson(tokens.ci)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ name: 'ci', mayRead: true, expiresAt: null })
    expect(answer.headers.get('set-cookie')).toMatch(/^herald_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(`${answer.text}${[...answer.headers]}`).not.toContain(tokens.ci)
    expect(Buffer.from(cookieOf(answer).split('=')[1]!, 'base64url').toString('latin1')).not.toContain(tokens.ci)
    expect(cookieOf(await asJson(tokens.ci))).not.toBe(cookieOf(answer))
  })

  it('goes by an Authorization header, too', async () => {
    expect((await post('', bearer(tokens.ci))).headers.get('set-cookie')).toContain('herald_session=')
  })

  it('over TLS gives a cookie that goes over TLS alone', async () => {
    const origin = 'https://game.example'
    const gateway = await startHerald({ env: { ...env, ALLOWED_ORIGINS: origin } })
    onTestFinished(async () => void (await gateway.stop()))
    const answer = await post(JSON.stringify({ token: tokens.ci }), { ...JSON_TYPE, origin }, gateway)
    expect(answer.headers.get('set-cookie')).toMatch(/; Secure$/)
    // Made by one gateway, and good on another with the same secret.
    expect((await ask(herald, '{ partitions { end } }', { cookie: cookieOf(answer) })).status).toBe(200)
  })

  it('ends no later than the token', async () => {
    const [, age] = /Max-Age=(\d+)$/.exec((await asJson(brief.token)).headers.get('set-cookie')!) ?? []
    expect(Number(age)).toBeGreaterThan(3_000)
    expect(Number(age)).toBeLessThanOrEqual(3_600)
  })

  it.each([
    ['a wrong token', () => asJson('nonsense'), 401],
    ['no token', () => asJson(undefined), 400],
    ['a number', () => asJson(7), 400],
    ['no JSON', () => post('nonsense', JSON_TYPE), 400],
    ['plain text', () => post(JSON.stringify({ token: tokens.ci }), { 'content-type': 'text/plain' }), 400],
    ['a body that is too large', () => asJson('x'.repeat(2 ** 20)), 413],
    [
      'another origin',
      () => post(JSON.stringify({ token: tokens.ci }), { ...JSON_TYPE, origin: 'http://evil.example' }),
      403,
    ],
    ['an origin that nobody knows', () => post('token=a', { ...FORM_TYPE, origin: 'null' }), 403],
  ])('is refused for %s, without a cookie', async (_what, sign, status) => {
    const answer = await sign()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('set-cookie')).toBeNull()
  })
})

describe('a session', () => {
  it('lets in over GraphQL, REST, SSE, WebSocket and to the pages', async () => {
    const headers = { cookie: `other=1; ${cookieOf(await asJson(tokens.ci))}; more=2` }
    expect((await ask(herald, 'mutation { buySword { id } }', headers)).result.data?.buySword).toBeDefined()
    expect((await get('/buy_a_sword', headers)).status).toBe(200)
    const stream = await openEventStream(herald.url, FOLLOW, { headers })
    expect(stream.status).toBe(200)
    stream.close()
    await (await openSocket(herald.url, { headers })).close()
    for (const path of ['/graphql', '/console']) {
      expect((await get(path, { ...headers, accept: 'text/html' })).status).toBe(200)
    }
    expect((await get('/metrics', headers)).status).toBe(200)
    expect(JSON.parse((await get('/session', headers)).text)).toMatchObject({ name: 'ci' })
  })

  it('may no more than its token', async () => {
    const headers = { cookie: cookieOf(await asJson(tokens.publisher)) }
    const { result } = await ask(herald, '{ partitions { end } }', headers)
    expect(result.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await get('/metrics', headers)).status).toBe(403)
  })

  it('gives way to an Authorization header', async () => {
    const cookie = cookieOf(await asJson(tokens.ci))
    expect((await ask(herald, '{ partitions { end } }', { cookie, ...bearer('nonsense') })).status).toBe(401)
  })

  it.each([
    ['changed', (value: string) => `${value.slice(0, -2)}${value.endsWith('A') ? 'B' : 'A'}${value.slice(-1)}`],
    ['cut', (value: string) => value.slice(0, -8)],
    ['empty', () => ''],
    ['short', () => 'abc'],
    ['no base64', () => '%%%'],
    ['the token itself', () => tokens.ci],
  ])('that is %s lets nobody in', async (_what, change) => {
    const [name, value] = cookieOf(await asJson(tokens.ci)).split('=') as [string, string]
    const headers = { cookie: `${name}=${change(value)}` }
    expect((await ask(herald, '{ partitions { end } }', headers)).status).toBe(401)
    expect((await get('/buy_a_sword', headers)).status).toBe(401)
    const socket = await openSocket(herald.url, { headers, init: false })
    socket.send({ type: 'connection_init' })
    expect((await socket.closed()).code).toBe(4403)
  })

  it('sealed by a gateway with another secret lets nobody in', async () => {
    const gateway = await startHerald({ env: { ...env, SESSION_SECRET: '' } })
    onTestFinished(async () => void (await gateway.stop()))
    const answer = await post(JSON.stringify({ token: tokens.ci }), JSON_TYPE, gateway)
    expect((await ask(gateway, '{ partitions { end } }', { cookie: cookieOf(answer) })).status).toBe(200)
    expect((await ask(herald, '{ partitions { end } }', { cookie: cookieOf(answer) })).status).toBe(401)
  })

  it('is ended by DELETE', async () => {
    const response = await fetch(`${herald.url}/session`, { method: 'DELETE' })
    expect(response.status).toBe(204)
    expect(response.headers.get('set-cookie')).toBe('herald_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0')
  })

  it('is begun and ended by no page of another origin', async () => {
    const headers = { origin: 'http://evil.example' }
    const response = await fetch(`${herald.url}/session`, { method: 'DELETE', headers })
    expect(response.status).toBe(403)
    expect(response.headers.get('set-cookie')).toBeNull()
  })
})

describe('the form', () => {
  it('comes to whoever asks for a page without being signed in, and leads back there', async () => {
    for (const path of ['/graphql', '/graphql?query=%7Bevents%7Bend%7D%7D', '/console']) {
      const { status, headers } = await get(path, { accept: 'text/html' })
      expect(status).toBe(303)
      expect(headers.get('location')).toBe(`/session?next=${encodeURIComponent(path)}`)
      const form = await get(headers.get('location')!, { accept: 'text/html' })
      expect(form.status).toBe(200)
      expect(form.text).toContain(`name="next" type="hidden" value="${path}"`)
    }
  })

  it('runs no script, refers to nobody else, and is framed by nobody', async () => {
    const { headers, text: html } = await get('/session', { accept: 'text/html' })
    const policy = headers.get('content-security-policy')
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(html).not.toMatch(/<script|https?:|src=/)
  })

  it('signs in and leads back', async () => {
    const answer = await asForm({ token: ` ${tokens.ci} `, next: '/graphql?query=%7Ba%7D' })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/graphql?query=%7Ba%7D')
    const headers = { cookie: cookieOf(answer), accept: 'text/html' }
    expect((await get('/session?next=/graphql', headers)).headers.get('location')).toBe('/graphql')
    expect((await get('/session', headers)).text).toContain('<strong>ci</strong>')
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/session',
    '/graphql/../x',
    '/graphql?\r\nX: y',
  ])('leads nowhere but to our own pages: %j', async (next) => {
    expect((await asForm({ token: tokens.ci, next })).headers.get('location')).toBe('/console')
  })

  it('says why a token is no good, and reflects no markup', async () => {
    const { status, headers, text: html } = await asForm({ token: '<b>x</b>', next: '/graphql?"><b>' })
    expect(status).toBe(401)
    expect(headers.get('set-cookie')).toBeNull()
    expect(html).toContain('role="alert"')
    expect(html).not.toContain('<b>')
  })

  it('signs out', async () => {
    const answer = await asForm({ sign_out: 'yes' })
    expect(answer.headers.get('set-cookie')).toMatch(/^herald_session=; .*Max-Age=0$/)
    expect(answer.headers.get('location')).toBe('/session')
  })

  it('asks once more for itself where a link on another site led to it, since then no cookie came', async () => {
    // Not by fetch, which sets this header itself.
    const html = await new Promise<string>((resolve, reject) => {
      const headers = { accept: 'text/html', 'sec-fetch-site': 'cross-site' }
      request(`${herald.url}/session?next=/graphql`, { headers }, (response) => {
        let body = ''
        response.on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () => resolve(body))
      })
        .on('error', reject)
        .end()
    })
    expect(html).toContain('http-equiv="refresh"')
  })
})

describe('/metrics and the console', () => {
  it('ask for the role read, and for a sign-in', async () => {
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', bearer(tokens.publisher))).status).toBe(403)
    expect((await get('/metrics', bearer(tokens.ci))).text).toContain('herald_publish_total')
  })

  it('are open where that is set', async () => {
    const open = { METRICS_ACCESS: 'open', CONSOLE_ACCESS: 'open' }
    const gateway = await startHerald({ env: { ...env, ...open } })
    onTestFinished(async () => void (await gateway.stop()))
    for (const path of ['/metrics', '/console']) expect((await fetch(`${gateway.url}${path}`)).status).toBe(200)
  })

  it.each(['/openapi.json', '/asyncapi.json', '/schema.graphql'])('%s asks who it is', async (path) => {
    expect((await get(path)).status).toBe(401)
    expect((await get(path, bearer(tokens.publisher))).status).toBe(200)
  })
})

it('is nothing with AUTH=none', async () => {
  const gateway = await startHerald()
  onTestFinished(async () => void (await gateway.stop()))
  expect((await fetch(`${gateway.url}/session`)).status).toBe(404)
  expect((await post('{"token":"a"}', JSON_TYPE, gateway)).headers.get('set-cookie')).toBeNull()
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(200)
})
