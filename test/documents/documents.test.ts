/** How the documents are served, and /schema.graphql: SDL that stays what it was. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { buildSchema, GraphQLSchema, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeToken } from '../../src/access/tokens.ts'
import { sdlFolder } from '../catalogue/sdl.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { duelFolder } from './duels.ts'

const PATHS = ['/openapi.json', '/asyncapi.json', '/schema.graphql']
const PAGE = 'https://docs.example'

const folder = duelFolder()
let herald: Herald
beforeAll(async () => {
  herald = await startHerald({ env: { SCHEMA_DIR: folder, ALLOWED_ORIGINS: PAGE } })
})
afterAll(async () => {
  await herald.stop()
  rmSync(folder, { recursive: true })
})

describe.each(PATHS)('%s', (path) => {
  it('answers GET, and HEAD without a body', async () => {
    const gotten = await fetch(`${herald.url}${path}`)
    const text = await gotten.text()
    expect(gotten.status).toBe(200)
    expect(gotten.headers.get('content-type')).toBe(
      `${path.endsWith('.json') ? 'application/json' : 'text/plain'}; charset=utf-8`,
    )
    const headed = await fetch(`${herald.url}${path}?x=y`, { method: 'HEAD' })
    expect(headed.status).toBe(200)
    expect(headed.headers.get('content-length')).toBe(String(Buffer.byteLength(text)))
    expect(await headed.text()).toBe('')
  })

  it('is not sent again to who has it', async () => {
    const etag = (await fetch(`${herald.url}${path}`)).headers.get('etag')!
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = await fetch(`${herald.url}${path}`, { headers: { 'if-none-match': known } })
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
    }
    expect((await fetch(`${herald.url}${path}`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('allows GET and HEAD alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(`${herald.url}${path}`, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })

  it('is read by pages of an allowed origin, and of no other', async () => {
    const allowed = await fetch(`${herald.url}${path}`, { headers: { origin: PAGE } })
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(PAGE)
    const foreign = await fetch(`${herald.url}${path}`, { headers: { origin: 'https://elsewhere.example' } })
    expect(foreign.status).toBe(403)
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect(await foreign.text()).toContain('ALLOWED_ORIGINS')
  })
})

it('are for those alone who may ask, where there is authentication, and say so', async () => {
  const { token, line } = makeToken('ci', ['read'])
  const tokens = sdlFolder({ tokens: `${line}\n` })
  const closed = await startHerald({ env: { AUTH: 'token', AUTH_TOKENS_FILE: join(tokens, 'tokens') } })
  try {
    for (const path of PATHS) {
      const refused = await fetch(`${closed.url}${path}`)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(await refused.text()).toMatch(/^UNAUTHENTICATED: /)
    }
    const answer = await fetch(`${closed.url}/openapi.json`, { headers: { authorization: `Bearer ${token}` } })
    const document = await answer.json()
    expect(await new Validator().validate(document as never)).toMatchObject({ valid: true })
    expect(document).toMatchObject({
      security: [{ bearer: [] }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      paths: { '/livez': { get: { security: [] } } },
    })
  } finally {
    await closed.stop()
  }
})

describe('/schema.graphql', () => {
  it('is standard SDL, which says what every directive was applied to', async () => {
    const text = await (await fetch(`${herald.url}/schema.graphql`)).text()
    expect(buildSchema(text)).toBeInstanceOf(GraphQLSchema)
    expect(parse(text).definitions.length).toBeGreaterThan(20)
    expect(text).toContain('type GuildJoined implements Event @event(type: "joined_guild:{guildName}") {')
    expect(text).toContain('@rest(path: "/join_guild/{guildName}", reply: "\\nJoined the Guild: {guildName}\\n")')
    expect(text).toContain('"A player joined a guild."')
    expect(text).toContain('from: Position = LATEST')
    expect(text.match(/^type Mutation/gm)).toHaveLength(1)
  })

  it('starts another Herald that offers the same', async () => {
    const text = await (await fetch(`${herald.url}/schema.graphql`)).text()
    const copy = sdlFolder({})
    writeFileSync(join(copy, 'all.graphql'), text)
    const other = await startHerald({ env: { SCHEMA_DIR: copy } })
    try {
      for (const path of PATHS) {
        const [ours, theirs] = await Promise.all(
          [herald, other].map(async ({ url }) => (await fetch(`${url}${path}`)).text()),
        )
        expect(theirs).toBe(ours)
      }
    } finally {
      await other.stop()
    }
  })
})
