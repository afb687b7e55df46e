/** `herald check`, the real command: what it prints, and the exit code that a pipeline goes by. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { event, sdlFolder } from './catalogue/sdl.ts'
import { refusedStart } from './support/herald.ts'

const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { herald: string } }

/** Runs the command that package.json installs, in an environment that Herald itself would refuse. */
function herald(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(bin.herald), ...args], {
    encoding: 'utf8',
    env: { HOST: '0.0.0.0' },
  })
  return { code: status, stdout, stderr }
}

const OLD = `${event('Moved', 'moved:{place}', 'place: String! pace: Int', '{place}')}
type Mutation { move(place: String!, pace: Int): Moved! @rest(path: "/move/{place}", reply: "moved") }`

describe('check', () => {
  it('prints the table of SDL that can be kept', () => {
    expect(herald('check', 'schema')).toEqual({
      code: 0,
      stdout: [
        'mutation   REST path                event type                key',
        'default    /                        default                   -',
        'buySword   /buy_a_sword             purchase_sword            -',
        'joinGuild  /join_guild/{guildName}  joined_guild:{guildName}  -',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  it('refuses what the start refuses, in the same words', async () => {
    const folder = sdlFolder({ 'a.graphql': OLD, 'b.graphql': `\n${event('Also', 'moved:{x}', 'x: String!')}` })
    const refused = herald('check', folder)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^herald: Also \(.*b\.graphql:2\): its type .* can be confused .*\n$/)
    expect(refused.stderr).toBe((await refusedStart({ SCHEMA_DIR: folder })).stderr)
  })

  it('says that SDL is compatible with an older one', () => {
    const old = sdlFolder({ 'a.graphql': OLD })
    const now = sdlFolder({ 'a.graphql': OLD, 'b.graphql': event('Rested', 'rested') })
    const { code, stdout } = herald('check', now, '--against', old)
    expect(stdout.split('\n').slice(2)).toEqual([
      '',
      'change      coordinate  what',
      'compatible  Rested      the event was added',
      '',
      `Compatible with ${old}.`,
      '',
    ])
    expect(code).toBe(0)
    expect(herald('check', old, '--against', old)).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('coordinate'),
    })
  })

  it('says by coordinate what breaks readers or callers, with a code of its own', () => {
    const old = sdlFolder({ 'a.graphql': OLD })
    const now = sdlFolder({ 'a.graphql': OLD.replaceAll('pace: Int', 'pace: Int!').replace('"moved"', '"Moved"') })
    writeFileSync(join(now, 'b.graphql'), event('Rested', 'rested'))
    const { code, stdout } = herald('check', `--against=${old}`, now)
    expect(stdout.split('\n').slice(2)).toEqual([
      '',
      'change      coordinate            what',
      'breaking    Moved.pace            it was Int and is Int!',
      'breaking    Mutation.move(pace:)  it was Int and is Int!',
      'breaking    Mutation.move         its reply was "moved" and is "Moved"',
      'compatible  Rested                the event was added',
      '',
      `Not compatible with ${old}: 3 of 4 changes break readers or callers.`,
      '',
    ])
    expect(code).toBe(2)
  })

  it('refuses an older one that cannot be kept', () => {
    const old = sdlFolder({ 'a.graphql': 'type' })
    expect(herald('check', 'schema', '--against', old)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^herald: .*a\.graphql:1: Syntax Error.*\n$/),
    })
  })

  it.each([[[]], [['a', 'b']], [['schema', '--unknown']], [['schema', '--against']], [['no-such-folder']]])(
    'refuses %j with one line',
    (args) => {
      const { code, stdout, stderr } = herald('check', ...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^herald: .+\n$/)
    },
  )
})

it('refuses a command that there is not', () => {
  expect(herald('chek')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^herald: .*"chek".*\n$/) })
})

it('starts the gateway without one', () => {
  expect(herald()).toMatchObject({ code: 1, stderr: expect.stringMatching(/^herald: HOST: .*AUTH=none/) })
})
