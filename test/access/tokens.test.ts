/** AUTH=token on the running product: who has no token, a wrong one, or one that was taken back gets nothing in. */
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeToken } from '../../src/access/tokens.ts'
import { type Herald, refusedStart, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { openEventStream } from '../support/sse.ts'
import { openSocket } from '../support/websocket.ts'
import { ask, bearer, makeTokens, refusalOf, temporaryFolder } from './gateway.ts'

const GREET = 'mutation { buySword { id } }'
const FOLLOW = 'subscription { events { type } }'

const folder = temporaryFolder()
const { tokens, text } = makeTokens({
  ci: ['publish', 'read'],
  reader: ['read'],
  publisher: ['publish'],
  nobody: [],
  leaver: ['publish', 'read'],
})
const old = makeToken('old', ['publish', 'read'], Date.now() - 1_000)

let herald: Herald
beforeAll(async () => {
  const file = folder.write('tokens', `# Who may.\n\n${text}${old.line}\n`)
  herald = await startHerald({ env: { AUTH: 'token', AUTH_TOKENS_FILE: file } })
})
afterAll(async () => {
  await herald?.stop()
  folder.remove()
})

const WRONG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no token': {},
  'a token that is not known': bearer('herald_nonsense'),
  'a token with one letter changed': bearer(`${tokens.ci.slice(0, -1)}${tokens.ci.endsWith('A') ? 'B' : 'A'}`),
  'a token that has expired': bearer(old.token),
  'the digest instead of the token': bearer(JSON.parse(text.split('\n')[0]!).sha256),
  'another scheme': { authorization: `Basic ${Buffer.from(`ci:${tokens.ci}`).toString('base64')}` },
  'an empty token': { authorization: 'Bearer ' },
}

describe.each(Object.entries(WRONG))('with %s', (_what, headers) => {
  it('a mutation gets 401, UNAUTHENTICATED and a challenge', async () => {
    const answer = await ask(herald, GREET, headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="herald"/)
    expect(answer.result.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }])
  })

  it('a REST path gets 401, in its own style, and publishes nothing', async () => {
    const response = await fetch(`${herald.url}/buy_a_sword`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="herald"/)
    expect(response.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
    expect(await response.text()).toMatch(/^UNAUTHENTICATED: [^\n]+\n$/)
  })

  it('a stream gets 401', async () => {
    const stream = await openEventStream(herald.url, FOLLOW, { headers })
    expect(stream.status).toBe(401)
  })

  it('a WebSocket is closed with 4403', async () => {
    const socket = await openSocket(herald.url, { headers, init: false })
    socket.send({ type: 'connection_init' })
    expect(await socket.closed()).toEqual({ code: 4403, reason: 'Forbidden' })
  })
})

it('has kept every one of them out of the log', async () => {
  const { result } = await ask(herald, '{ partitions { end } }', bearer(tokens.ci))
  expect(result.data).toEqual({ partitions: [{ end: '0' }] })
})

describe('with a token', () => {
  it('everything goes that its roles allow', async () => {
    expect((await ask(herald, GREET, bearer(tokens.ci))).result.data?.buySword).toBeDefined()
    expect((await fetch(`${herald.url}/buy_a_sword`, { headers: bearer(tokens.publisher) })).status).toBe(200)
    const answer = await ask(herald, '{ events { nodes { type } } }', bearer(tokens.reader))
    expect(answer.result.data).toEqual({ events: { nodes: [{ type: 'purchase_sword' }, { type: 'purchase_sword' }] } })
  })

  it('what its roles do not allow is FORBIDDEN, and not written', async () => {
    for (const token of [tokens.reader, tokens.nobody]) {
      const { result } = await ask(herald, GREET, bearer(token))
      expect(result.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN', outcome: 'NOT_WRITTEN' })
      const response = await fetch(`${herald.url}/buy_a_sword`, { headers: bearer(token) })
      expect(response.status).toBe(403)
      expect(response.headers.get('herald-outcome')).toBe('NOT_WRITTEN')
      expect(await response.text()).toMatch(/^FORBIDDEN: [^\n]+\n$/)
    }
    for (const token of [tokens.publisher, tokens.nobody]) {
      for (const query of ['{ events { end } }', '{ partitions { end } }']) {
        const { result } = await ask(herald, query, bearer(token))
        expect(result.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
      }
      const stream = await openEventStream(herald.url, FOLLOW, { headers: bearer(token) })
      const { result } = await stream.blocks.until(({ event }) => event === 'next')
      expect(result?.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
      await stream.blocks.until(({ event }) => event === 'complete')
    }
  })

  it.each([
    ['Authorization', `Bearer ${tokens.ci}`],
    ['authorization', `bearer ${tokens.ci}`],
    ['token', tokens.ci],
    ['headers', { Authorization: `Bearer ${tokens.ci}` }],
  ])('a WebSocket is let in by connection_init with %s', async (name, value) => {
    const socket = await openSocket(herald.url, { init: false })
    socket.send({ type: 'connection_init', payload: { [name]: value } })
    await socket.messages.until(({ type }) => type === 'connection_ack')
    await socket.close()
  })

  it('a WebSocket is let in by the header of its upgrade', async () => {
    const socket = await openSocket(herald.url, { headers: bearer(tokens.ci) })
    const messages = socket.subscribe('1', GREET)
    expect(await messages.next()).toMatchObject({ type: 'next', payload: { data: { buySword: {} } } })
    await socket.close()
  })

  it('a WebSocket that is let in does no more than the roles allow', async () => {
    const socket = await openSocket(herald.url, { headers: bearer(tokens.reader) })
    expect(await socket.subscribe('1', GREET).next()).toMatchObject({
      payload: { errors: [{ extensions: { code: 'FORBIDDEN', outcome: 'NOT_WRITTEN' } }] },
    })
    await socket.close()
  })
})

it('closes a WebSocket with 4403 whose connection_init brings a wrong token, and does nothing that follows', async () => {
  const socket = await openSocket(herald.url, { init: false })
  const before = (await ask(herald, '{ partitions { end } }', bearer(tokens.ci))).text
  socket.send({ type: 'connection_init', payload: { Authorization: 'Bearer nonsense' } })
  socket.subscribe('1', GREET)
  // Who does not wait for the answer to connection_init is told 4401 by the protocol, if that comes first.
  expect([4401, 4403]).toContain((await socket.closed()).code)
  expect((await ask(herald, '{ partitions { end } }', bearer(tokens.ci))).text).toBe(before)
})

it('closes a WebSocket at once whose upgrade brought a wrong token', async () => {
  const socket = await openSocket(herald.url, { headers: bearer('nonsense'), init: false })
  expect((await socket.closed()).code).toBe(4403)
})

it('leaves /livez and /readyz open', async () => {
  for (const path of ['/livez', '/readyz']) expect((await fetch(`${herald.url}${path}`)).status).toBe(200)
})

it('lets preflights through, which bring no token', async () => {
  const headers = { origin: herald.url, 'access-control-request-method': 'POST' }
  const response = await fetch(`${herald.url}/graphql`, { method: 'OPTIONS', headers })
  expect(response.status).toBe(204)
})

it('reads the file again at SIGHUP: what was taken out ends, streams and all, and the others go on', async () => {
  const leaving = { headers: bearer(tokens.leaver) }
  const socket = await openSocket(herald.url, leaving)
  socket.subscribe('1', FOLLOW)
  const stream = await openEventStream(herald.url, FOLLOW, leaving)
  await stream.blocks.next()
  const staying = await openSocket(herald.url, { headers: bearer(tokens.reader) })
  const newcomer = makeToken('newcomer', ['read'])
  const kept = text.split('\n').filter((line) => !line.includes('"leaver"'))
  folder.write('tokens', [...kept, newcomer.line].join('\n'))
  herald.process.kill('SIGHUP')
  expect(await socket.closed()).toEqual({ code: 4403, reason: 'Forbidden' })
  const { result } = await stream.blocks.until(({ event }) => event === 'next')
  expect(result?.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  await stream.ended()
  expect(stream.blocks.rest.map(({ event }) => event)).not.toContain('complete')
  expect((await ask(herald, '{ events { end } }', bearer(tokens.leaver))).status).toBe(401)
  expect((await ask(herald, '{ events { end } }', bearer(newcomer.token))).status).toBe(200)
  expect(await staying.subscribe('1', '{ events { end } }').next()).toMatchObject({ type: 'next' })
  await staying.close()
})

it('goes on with what it had where the file is no good at SIGHUP, and says so', async () => {
  folder.write('tokens', 'nonsense\n')
  herald.process.kill('SIGHUP')
  await until('the log line', async () => /AUTH_TOKENS_FILE: .*tokens:1: /.test(herald.stderr()))
  expect((await ask(herald, '{ events { end } }', bearer(tokens.ci))).status).toBe(200)
})

describe('the start is refused in one line', () => {
  it.each([
    ['without a file', undefined, /^AUTH_TOKENS_FILE: .*npm run token/],
    ['with what is no JSON', 'nonsense', /^AUTH_TOKENS_FILE: .*:1: it is no JSON object/],
    ['with a token in place of its digest', '{"name":"a","roles":[],"sha256":"herald_x"}', /:1: "sha256" must/],
    ['with roles that are none', '{"name":"a","roles":"read","sha256":""}', /:1: "roles" must/],
    ['with a name that is none', '{"name":"","roles":[],"sha256":""}', /:1: "name" must/],
    [
      'with what it does not know',
      `{"name":"a","roles":[],"sha256":"${'0'.repeat(64)}","rolls":[]}`,
      /:1: it may hold/,
    ],
    ['with an end that is none', `{"name":"a","roles":[],"sha256":"${'0'.repeat(64)}","expires":7}`, /:1: "expires"/],
  ])('%s', async (_what, content, line) => {
    const file = content === undefined ? join(folder.path, 'none') : folder.write('wrong', `${content}\n`)
    expect(await refusalOf({ AUTH: 'token', AUTH_TOKENS_FILE: file })).toMatch(line)
  })

  it('without AUTH_TOKENS_FILE, and with one that AUTH does not ask for', async () => {
    expect(await refusalOf({ AUTH: 'token' })).toMatch(/^AUTH_TOKENS_FILE: AUTH=token needs it/)
    expect(await refusalOf({ AUTH_TOKENS_FILE: 'a' })).toMatch(/^AUTH_TOKENS_FILE: it is used with AUTH=token only/)
  })

  it('by the product, too', async () => {
    const { code, stdout, stderr } = await refusedStart({ AUTH: 'token' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^herald: AUTH_TOKENS_FILE: [^\n]+\n$/)
  })
})

describe('npm run token', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['dist/token-command.js', ...args], { encoding: 'utf8' })

  it('makes a token and its line, which let in', async () => {
    const npm = ['run', '-s', 'token', '--', '--name', 'ci', '--roles', 'publish,read']
    const { stdout } = spawnSync('npm', npm, { encoding: 'utf8' })
    const [, token, , line] = stdout.split('\n')
    expect(line).not.toContain(token)
    const file = folder.write('made', `${line}\n`)
    expect(readFileSync(file, 'utf8')).toContain('"roles":["publish","read"]')
    expect(token).toMatch(/^herald_[\w-]{43}$/)
  })

  it('appends to a file that only its owner reads, and prints the token alone', () => {
    const file = join(folder.path, 'appended')
    for (const name of ['a', 'b']) expect(run('--name', name, '--file', file).stdout).toMatch(/^herald_[\w-]{43}\n$/)
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3)
    expect(statSync(file).mode & 0o077).toBe(0)
  })

  it.each([[[]], [['--name', 'a b']], [['--name', 'a', '--expires', 'soon']], [['--nonsense']]])(
    'refuses %j and says how it goes',
    (args) => {
      const { status, stdout, stderr } = run(...args)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain('npm run token -- --name')
    },
  )
})
