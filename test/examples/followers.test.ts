/**
 * The examples that follow the log, all at once on one gateway that is killed, and stopped, under them: each shows
 * every event of the log, once and in order. Events are published as soon as the gateway is back, before any of them
 * has come back, so that whoever begins anew "now" misses some, and whoever begins again where it began doubles some.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { joinAll } from '../support/publish.ts'
import { pythonWith } from '../support/python.ts'
import { type Example, node, startExample } from './example.ts'

const LOG = graphql(`query FollowersLog { events { nodes { type record { offset } } } }`)

const python = await pythonWith('gql-venv', fileURLToPath(new URL('./requirements.txt', import.meta.url)))
if ('reason' in python) {
  if (process.env.CI === 'true') throw new Error(python.reason)
  console.warn(`\n!!! NO PYTHON: examples/gql_client.py is not tested: ${python.reason}\n`)
}

/** Each example's command, and the guild that it joins by itself. */
const FOLLOWERS = {
  'graphql-ws.ts': { command: node('examples/graphql-ws.ts'), guild: 'graphql_ws' },
  'apollo-client.ts': { command: node('examples/apollo-client.ts'), guild: 'apollo' },
  'urql.ts': { command: node('examples/urql.ts'), guild: 'urql' },
  'event-source.ts': { command: node('examples/event-source.ts'), guild: null },
  'curl.sh': { command: ['examples/curl.sh'], guild: 'curl' },
  ...('path' in python && { 'gql_client.py': { command: [python.path, 'examples/gql_client.py'], guild: 'gql' } }),
} as const satisfies Readonly<
  Record<string, { readonly command: readonly [string, ...string[]]; readonly guild: string | null }>
>

/** The offsets of the events that an example has shown. */
function shown({ lines }: Example): number[] {
  return lines.flatMap((line) => {
    const [, text, json] = /^(?:(\d+) \d{4}-|\{"data":\{"events":\{"type":.*"offset":"(\d+)")/.exec(line) ?? []
    return (text ?? json) ? [Number(text ?? json)] : []
  })
}

describe('the examples that follow the log', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-examples-'))
  let herald: Herald
  const running = new Map<string, Example>()

  const log = async () => (await herald.query(LOG)).data!.events.nodes

  /** All that is in the log has been shown by all. */
  async function caughtUp(): Promise<void> {
    const { length } = await log()
    for (const [name, example] of running) {
      await until(`${name} to show ${length} events`, async () => shown(example).at(-1) === length - 1).catch(
        (cause: unknown) => {
          throw new Error(`${name} has shown ${shown(example)}: ${example.stderr()}`, { cause })
        },
      )
    }
  }

  beforeAll(async () => {
    herald = await startHerald({ dataDir })
    await joinAll(herald, ['before'])
    for (const [name, { command }] of Object.entries(FOLLOWERS)) {
      running.set(name, startExample(command, { HERALD_URL: herald.url }))
    }
    for (const [name, { guild }] of Object.entries(FOLLOWERS)) {
      if (guild === null) continue
      await until(`${name} to publish`, async () => (await log()).some(({ type }) => type === `joined_guild:${guild}`))
    }
    await caughtUp()
    await joinAll(herald, ['live'])
    await caughtUp()
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await herald.stop(signal)
      herald = await startHerald({ dataDir, env: { PORT: String(herald.port) } })
      await joinAll(herald, ['while_away', 'while_away', 'while_away'])
      await caughtUp()
      await joinAll(herald, ['live_again'])
      await caughtUp()
    }
  }, 180_000)

  afterAll(async () => {
    await Promise.all([...running.values()].map((example) => example.stop()))
    await herald?.stop()
    rmSync(dataDir, { recursive: true })
  })

  it.each(Object.keys(FOLLOWERS))('%s lost nothing and doubled nothing', async (name) => {
    const { length } = await log()
    expect(shown(running.get(name)!)).toEqual(Array.from({ length }, (_, offset) => offset))
  })

  if ('reason' in python) it.skip(`gql_client.py (skipped: ${python.reason})`, () => {})
})
