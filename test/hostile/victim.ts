/**
 * One running Herald that is attacked, and what must hold after each attack: a good client is served within 1 s on a
 * fresh connection, memory is bounded, and no answer shows the inside.
 */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ERRORS } from '../../src/errors.ts'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'

/** Idle, Herald takes about 120 MB; what an attack leaves behind must be garbage. */
const MAX_BYTES = 600 * 1024 * 1024
const SERVED_MS = 1_000

const WELL = graphql(`mutation HostileWell($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }`)

/** To be called where a file's tests begin; the Herald is there once they run. */
export function attacked(env: Readonly<Record<string, string>> = {}): () => Herald {
  let herald: Herald
  beforeAll(async () => {
    herald = await startHerald({ env })
  })
  afterEach(async () => {
    expect(herald.process.exitCode, herald.stderr()).toBeNull()
    const began = performance.now()
    const answer = await herald.query(WELL, { guildName: 'well' })
    expect(answer).toEqual({ data: { joinGuild: { guildName: 'well' } } })
    expect(performance.now() - began).toBeLessThan(SERVED_MS)
    expect(await memoryOf(herald)).toBeLessThan(MAX_BYTES)
    // A fault of ours is masked for the client and logged; hostile input must reach none.
    expect(herald.stderr()).not.toContain('a fault inside Herald')
  })
  afterAll(() => herald?.stop())
  return () => herald
}

/** Holds a GraphQL answer against the contract: each error has a code of the table, and none shows the inside. */
export function expectDocumented(body: string): void {
  expect(body).not.toMatch(/node_modules|\.[jt]s:\d|\bat \S+ \(|TypeError|RangeError|ReferenceError/)
  const { errors = [] } = JSON.parse(body) as { errors?: readonly { extensions?: { code?: string } }[] }
  for (const { extensions } of errors) {
    expect(Object.keys(ERRORS)).toContain(extensions?.code)
    expect(extensions?.code).not.toBe('INTERNAL_SERVER_ERROR')
  }
}

/** Does something with each of many, a few at a time. */
export async function atOnce<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const worker = async () => {
    for (const item of waiting) await run(item)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

/** Memory of the process, in bytes. */
export async function memoryOf({ url }: Herald): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1])
}

/** Posts a body as JSON to `/graphql`. */
export async function post({ url }: Herald, body: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return { status: answer.status, body: await answer.text() }
}
