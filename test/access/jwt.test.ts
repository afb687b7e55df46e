/** AUTH=jwt on the running product, against an issuer that is a real HTTP server. */
import { createHmac } from 'node:crypto'
import { EncryptJWT, exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Herald, refusedStart, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'
import { type Answer, ask, bearer, refusalOf, temporaryFolder } from './gateway.ts'
import {
  AUDIENCE,
  type Claims,
  ISSUER,
  type Issuer,
  makeKey,
  publicJwk,
  type SigningKey,
  sign,
  startIssuer,
} from './issuer.ts'

const END = '{ partitions { end } }'
const FOLLOW = 'subscription { events { type } }'
const JWT = { AUTH: 'jwt', AUTH_JWT_ISSUER: ISSUER, AUTH_JWT_AUDIENCE: AUDIENCE, AUTH_JWT_CLOCK_SKEW_S: '0' }

const folder = temporaryFolder()
let key: SigningKey
let issuer: Issuer
let herald: Herald
beforeAll(async () => {
  key = await makeKey('first')
  issuer = await startIssuer(key)
  herald = await startHerald({ env: { ...JWT, AUTH_JWT_JWKS_URL: issuer.url } })
})
afterAll(async () => {
  await herald?.stop()
  await issuer?.close()
  folder.remove()
})

const asWith = async (claims: Claims, query = END, gateway = herald): Promise<Answer> =>
  ask(gateway, query, bearer(await sign(key, claims)))
const code = ({ result }: Answer) => result.errors?.[0]?.extensions.code
const soon = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

describe('a token of the issuer', () => {
  it('lets in over GraphQL, REST, SSE and WebSocket, to what its roles allow', async () => {
    const token = await sign(key)
    expect((await ask(herald, 'mutation { buySword { id } }', bearer(token))).result.data?.buySword).toBeDefined()
    expect((await fetch(`${herald.url}/buy_a_sword`, { headers: bearer(token) })).status).toBe(200)
    const stream = await openEventStream(herald.url, FOLLOW, { headers: bearer(token) })
    expect(stream.status).toBe(200)
    stream.close()
    const socket = await openSocket(herald.url, { init: false })
    socket.send({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } })
    await socket.messages.until(({ type }) => type === 'connection_ack')
    await socket.close()
    expect(code(await asWith({ roles: ['publish'] }))).toBe('FORBIDDEN')
    expect(code(await asWith({ roles: ['read'] }, 'mutation { buySword { id } }'))).toBe('FORBIDDEN')
  })

  it.each([
    ['none at all', undefined],
    ['a number', 7],
    ['null', null],
    ['an object', { publish: true }],
  ])('gives no role where the claim is %s', async (_what, roles) => {
    expect(code(await asWith({ roles }))).toBe('FORBIDDEN')
  })

  it('gives roles as a text too, as OAuth writes scopes', async () => {
    expect((await asWith({ roles: 'openid read' })).result.data).toBeDefined()
  })
})

describe('a token that is no good gets 401:', () => {
  const WRONG: Readonly<Record<string, () => Promise<string>>> = {
    'one that has expired': () => sign(key, { exp: soon(-1) }),
    'one without an end': () => sign(key, { exp: undefined }),
    'one that is not good yet': () => sign(key, { nbf: soon(60) }),
    'one of another issuer': () => sign(key, { iss: 'https://elsewhere.example' }),
    'one without an issuer': () => sign(key, { iss: undefined }),
    'one for somebody else': () => sign(key, { aud: 'another' }),
    'one for nobody': () => sign(key, { aud: undefined }),
    'one by another key of the same id': async () => sign(await makeKey('first')),
    'one by a key that nobody knows': async () => sign(await makeKey('unknown')),
    'one with claims that were changed': async () => {
      const [header, , signature] = (await sign(key)).split('.')
      const [, claims] = (await sign(key, { sub: 'admin' })).split('.')
      return `${header}.${claims}.${signature}`
    },
    'one that is not signed': async () =>
      new UnsecuredJWT({ iss: ISSUER, aud: AUDIENCE, exp: soon(60), roles: ['read'] }).encode(),
    'one that claims "none" and has a signature': async () => {
      const none = Buffer.from('{"alg":"none","kid":"first"}').toString('base64url')
      return (await sign(key)).replace(/^[^.]+/, none)
    },
    'one that is signed with the public key as its secret': async () => {
      const [, claims] = (await sign(key)).split('.')
      const signed = `${Buffer.from('{"alg":"HS256","kid":"first"}').toString('base64url')}.${claims}`
      return `${signed}.${createHmac('sha256', await exportSPKI(key.publicKey))
        .update(signed)
        .digest('base64url')}`
    },
    'one that brings its own key': async () => {
      const own = await makeKey('own')
      const header = { alg: own.alg, jwk: await publicJwk(own) }
      const claims = { iss: ISSUER, aud: AUDIENCE, exp: soon(60), roles: ['read'] }
      return new SignJWT(claims).setProtectedHeader(header).sign(own.privateKey)
    },
    'one that is encrypted': () =>
      new EncryptJWT({ iss: ISSUER, aud: AUDIENCE, exp: soon(60), roles: ['read'] })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(new Uint8Array(32)),
    'no JWT at all': async () => 'herald_nonsense',
    'dots alone': async () => '..',
    'something long': async () => 'x'.repeat(12_000),
  }

  it.each(Object.entries(WRONG))('%s', async (_what, make) => {
    const answer = await ask(herald, END, bearer(await make()))
    expect(answer.status).toBe(401)
    expect(code(answer)).toBe('UNAUTHENTICATED')
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="herald", error="invalid_token"')
    // Nothing of the inside: no library's words, no key.
    expect(answer.result.errors?.[0]?.message).toMatch(/^This token [\w",: ]+\.$/)
  })
})

describe('what a token began ends with it:', () => {
  it('a WebSocket is closed with 4403', async () => {
    const socket = await openSocket(herald.url, { headers: bearer(await sign(key, { exp: soon(2) })) })
    const events = socket.subscribe('1', 'subscription { events(from: EARLIEST) { type } }')
    expect(await events.next()).toMatchObject({ type: 'next' })
    expect(await socket.closed()).toEqual({ code: 4403, reason: 'Forbidden' })
  })

  it('a stream gets `next` with UNAUTHENTICATED and no `complete`, and its cursor is no permission', async () => {
    const headers = bearer(await sign(key, { exp: soon(2) }))
    const stream = await openEventStream(herald.url, FOLLOW, { headers })
    const { id } = await stream.blocks.next()
    const last = await stream.blocks.until(({ event }) => event === 'next')
    expect(last.result).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    await stream.ended()
    expect(stream.blocks.rest).toEqual([])
    const resume = { 'last-event-id': id! }
    expect((await openEventStream(herald.url, FOLLOW, { headers: { ...headers, ...resume } })).status).toBe(401)
    const fresh = { ...bearer(await sign(key)), ...resume }
    const resumed = await openEventStream(herald.url, FOLLOW, { headers: fresh })
    expect(resumed.status).toBe(200)
    resumed.close()
    const lesser = { ...bearer(await sign(key, { roles: ['publish'] })), ...resume }
    const refused = await openEventStream(herald.url, FOLLOW, { headers: lesser })
    const { result } = await refused.blocks.until(({ event }) => event === 'next')
    expect(result?.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  })
})

describe('the keys', () => {
  it('are fetched when a token names one that is not known, and one that is gone lets nobody in', async () => {
    const second = await makeKey('second', 'RS256')
    await issuer.rotate(second)
    expect((await ask(herald, END, bearer(await sign(second)))).status).toBe(200)
    expect((await ask(herald, END, bearer(await sign(key, { sub: 'late' })))).status).toBe(401)
    await issuer.rotate(key, second)
    expect((await asWith({ sub: 'again' })).status).toBe(200)
  })

  it('are fetched at most once a second, however many ids are invented', async () => {
    const unknown = await makeKey('invented')
    const [asked, began] = [issuer.asked, Date.now()]
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => sign({ ...unknown, kid: `invented ${i}` })))
    const statuses = await Promise.all(tokens.map(async (token) => (await ask(herald, END, bearer(token))).status))
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(issuer.asked - asked).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 1_000) + 1)
  })

  it('go on being used while the issuer is away; who needs others is told to try again', async () => {
    await issuer.leave()
    expect((await asWith({ sub: 'meanwhile' })).status).toBe(200)
    const third = await makeKey('third')
    const answer = await ask(herald, END, bearer(await sign(third)))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(code(answer)).toBe('UNAUTHENTICATED')
    await issuer.rotate(key, third)
    expect((await ask(herald, END, bearer(await sign(third)))).status).toBe(200)
  })

  it('may be away, or hang, at the start: nobody waits for long, and it serves by itself once they are there', async () => {
    const late = await startIssuer(key)
    onTestFinished(() => late.close())
    late.hang()
    const gateway = await startHerald({ env: { ...JWT, AUTH_JWT_JWKS_URL: `${late.url}?secret=canary` } })
    onTestFinished(async () => void (await gateway.stop()))
    const began = Date.now()
    const headers = bearer(await sign(key))
    const [answer, rest, socket] = await Promise.all([
      ask(gateway, END, headers),
      fetch(`${gateway.url}/buy_a_sword`, { headers }),
      openSocket(gateway.url, { headers, init: false }).then((opened) => opened.closed()),
    ])
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(answer.status).toBe(503)
    expect(rest.status).toBe(503)
    expect(await rest.text()).toMatch(/^UNAUTHENTICATED: [^\n]+\n$/)
    expect(socket.code).toBe(1013)
    await until('the log line', async () => gateway.stderr().includes('the keys of tokens cannot be fetched'))
    expect(gateway.stderr()).not.toContain('canary')
    await late.rotate(key)
    expect((await asWith({}, END, gateway)).status).toBe(200)
  })
})

describe('keys from a file', () => {
  it('may be PEM, several of them, and roles be deep in the token', async () => {
    const other = await makeKey('other')
    const pem = `${await exportSPKI(other.publicKey)}\n${await exportSPKI(key.publicKey)}\n`
    const gateway = await startHerald({
      env: { ...JWT, AUTH_JWT_KEY_FILE: folder.write('key.pem', pem), AUTH_JWT_ROLES_CLAIM: 'realm_access.roles' },
    })
    onTestFinished(async () => void (await gateway.stop()))
    for (const one of [key, other]) {
      const token = await sign(one, { roles: undefined, realm_access: { roles: ['read'] } })
      expect((await ask(gateway, END, bearer(token))).result.data).toBeDefined()
    }
    const literal = await sign(key, { roles: undefined, 'realm_access.roles': ['read'] })
    expect((await ask(gateway, END, bearer(literal))).result.data).toBeDefined()
    expect(code(await asWith({}, END, gateway))).toBe('FORBIDDEN')
    expect((await ask(gateway, END, bearer(await sign(await makeKey('first'))))).status).toBe(401)
    // A new file counts from SIGHUP on.
    folder.write('key.pem', await exportSPKI(other.publicKey))
    gateway.process.kill('SIGHUP')
    await until('the new keys', async () => (await asWith({}, END, gateway)).status === 401)
  })

  it('may be a secret, where the HS algorithms are asked for by name', async () => {
    const secret = Buffer.alloc(32, 'secret')
    const file = folder.write('secret.json', JSON.stringify({ kty: 'oct', k: secret.toString('base64url') }))
    const gateway = await startHerald({ env: { ...JWT, AUTH_JWT_KEY_FILE: file, AUTH_JWT_ALGORITHMS: 'HS256' } })
    onTestFinished(async () => void (await gateway.stop()))
    const claims = { iss: ISSUER, aud: AUDIENCE, exp: soon(60), roles: ['read'] }
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret)
    expect((await ask(gateway, END, bearer(token))).result.data).toBeDefined()
    expect((await asWith({}, END, gateway)).status).toBe(401)
  })
})

describe('the start is refused in one line that names the variable:', () => {
  const URL = { AUTH_JWT_JWKS_URL: 'https://issuer.example/jwks.json' }
  const file = (text: string) => ({ AUTH_JWT_KEY_FILE: folder.write('refused', text) })
  const short = { kty: 'oct', k: Buffer.alloc(16).toString('base64url') }
  it.each<[string, () => Record<string, string> | Promise<Record<string, string>>, RegExp]>([
    ['without keys', () => ({}), /AUTH_JWT_JWKS_URL: .*AUTH_JWT_KEY_FILE/],
    ['with two kinds of keys', () => ({ ...URL, ...file('x') }), /AUTH_JWT_KEY_FILE: .*not both/],
    ['without an issuer', () => ({ ...URL, AUTH_JWT_ISSUER: '' }), /AUTH_JWT_ISSUER: /],
    ['without an audience', () => ({ ...URL, AUTH_JWT_AUDIENCE: '' }), /AUTH_JWT_AUDIENCE: /],
    ['with "none"', () => ({ ...URL, AUTH_JWT_ALGORITHMS: 'ES256,none' }), /AUTH_JWT_ALGORITHMS: /],
    ['with a secret by URL', () => ({ ...URL, AUTH_JWT_ALGORITHMS: 'HS256' }), /AUTH_JWT_ALGORITHMS: .*KEY_FILE/],
    ['with keys by plain http', () => ({ AUTH_JWT_JWKS_URL: 'http://issuer.example/' }), /AUTH_JWT_JWKS_URL: .*https/],
    ['with a file that is not there', () => ({ AUTH_JWT_KEY_FILE: 'none' }), /AUTH_JWT_KEY_FILE: none .*ENOENT/],
    ['with a file that is no key', () => file('nonsense'), /AUTH_JWT_KEY_FILE: .*holds no public key/],
    ['with a private key', async () => file(JSON.stringify({ kty: 'EC', d: 'x' })), /KEY_FILE: .*private key/],
    ['with a secret that nobody asked for', () => file(JSON.stringify(short)), /KEY_FILE: .*type oct/],
    [
      'with a secret that is too short',
      () => ({ ...file(JSON.stringify(short)), AUTH_JWT_ALGORITHMS: 'HS256' }),
      /KEY_FILE: .*less than 32 bytes/,
    ],
    [
      'with a key that no algorithm uses',
      async () => ({ ...file(JSON.stringify(await publicJwk(key))), AUTH_JWT_ALGORITHMS: 'RS256' }),
      /KEY_FILE: .*type EC/,
    ],
  ])('%s', async (_what, env, line) => {
    expect(await refusalOf({ ...JWT, ...(await env()) })).toMatch(line)
  })

  it('by the product, too', async () => {
    const { code: exit, stdout, stderr } = await refusedStart({ ...JWT, ...file('nonsense') })
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
    expect(stderr).toMatch(/^herald: AUTH_JWT_KEY_FILE: [^\n]+\n$/)
  })
})
