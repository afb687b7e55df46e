/**
 * What the README says, done: its commands run against the product, its event is added, its table of
 * variables is the code's. `npm ci && npm start` itself is run by the test of the Dockerfile's steps, which
 * are the same, and by CI.
 */
import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VARIABLES } from '../src/config.ts'
import { type Herald, startHerald } from './support/herald.ts'

const README = readFileSync('README.md', 'utf8')

/** Fenced blocks by what stands behind the fence. */
function blocks(kind: string): string[] {
  return [...README.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
    .filter(([, info]) => info === kind)
    .map(([, , body]) => body!)
}

async function shell(command: string, { port }: Herald): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', [
    '-ec',
    command.replaceAll('localhost:5000', `localhost:${port}`),
  ])
  return stdout
}

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

it('begins with what Herald does and the two commands', () => {
  expect(blocks('sh start')).toEqual(['npm ci && npm start\n'])
  expect(blocks('sh test')).toEqual(['npm ci && npm test\n'])
  expect(README.indexOf('npm ci && npm test')).toBeLessThan(1_200)
})

describe('the walk-through', () => {
  const [paths, mutation, replay] = blocks('sh')

  it('curls the old paths', async () => {
    expect(await shell(paths!, herald)).toBe(
      '\nThis is the default response!\n\nSword Purchased!\n\nJoined the Guild: test_guild1\n',
    )
  })

  it('publishes by mutation', async () => {
    const { data } = JSON.parse(await shell(mutation!, herald))
    expect(data.joinGuild).toMatchObject({ type: 'joined_guild:test_guild1', record: { partition: 0, offset: '3' } })
  })

  it('replays', async () => {
    const { data } = JSON.parse(await shell(replay!, herald))
    expect(data.events.nodes).toHaveLength(4)
    expect(data.events.nodes[3]).toMatchObject({ guildName: 'test_guild1' })
  })

  it('streams', async () => {
    const command = blocks('sh stream')[0]!.replaceAll('localhost:5000', `localhost:${herald.port}`)
    const curl = spawn('bash', ['-c', `exec ${command}`])
    let text = ''
    await new Promise<void>((resolve, reject) => {
      curl.once('exit', (code) => reject(new Error(`curl exited with ${code}: ${text}`)))
      curl.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.split('event: next').length === 5) resolve()
      })
    }).finally(() => curl.kill())
    expect(text).toMatch(/^id: \S+\n\n/)
  })

  it('has no other command than these and the ones on Kafka', () => {
    expect(blocks('sh')).toHaveLength(3)
    // `npm run kafka` prints exactly these lines; test/tools/kafka.test.ts holds it to them.
    expect(blocks('sh kafka')).toEqual([
      'KAFKA_BROKERS=127.0.0.1:9092 npm start\nkcat -C -b 127.0.0.1:9092 -t events -o beginning -e\n',
    ])
  })
})

it('adds its event by one file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-readme-'))
  cpSync('schema', folder, { recursive: true })
  writeFileSync(join(folder, 'level-up.graphql'), blocks('graphql')[0]!)
  const own = await startHerald({ env: { SCHEMA_DIR: folder } })
  try {
    expect(await (await fetch(`${own.url}/level_up/aria?level=7`)).text()).toBe('aria is now 7\n')
    const query = '{ events { nodes { type record { key } ... on LeveledUp { hero level } } } }'
    const answer = await fetch(`${own.url}/graphql?query=${encodeURIComponent(query)}`)
    const { data } = (await answer.json()) as { data: { events: { nodes: unknown[] } } }
    expect(data.events.nodes).toEqual([{ type: 'leveled_up:aria', record: { key: 'aria' }, hero: 'aria', level: 7 }])
  } finally {
    await own.stop()
    rmSync(folder, { recursive: true })
  }
})

it('lists every variable with its default and what it is for', () => {
  const rows = [...README.matchAll(/^\| `([A-Z_]+)` \|\s*(.*?)\s*\| (.*) \|$/gm)].map(([, name, value, text]) => ({
    name,
    value: (value ?? '').replaceAll('`', ''),
    text,
  }))
  const expected = Object.entries(VARIABLES).map(([name, { default: value, desc }]) => ({
    name,
    value: Array.isArray(value) ? value.join(', ') : String(value),
    text: desc,
  }))
  expect(rows).toEqual(expected)
})
