/** One process at a time has the folder, and whatever kills it, what it acknowledged is there once. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { EventLog } from '../../../src/log/event-log.ts'
import { type Answer, Child } from './processes.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

function child(dataDir: string, prefix?: readonly string[]): Child {
  const made = new Child(dataDir, prefix)
  onTestFinished(() => made.kill())
  return made
}

async function open(dataDir: string): Promise<EventLog> {
  const log = await openEmbeddedLog({ dataDir, topic: 'events' })
  onTestFinished(() => log.close())
  return log
}

/** The ids in the log, by offset; offsets must be contiguous from 0. */
async function idsIn(log: EventLog): Promise<string[]> {
  const ids: string[] = []
  const [end = 0] = await log.ends()
  for await (const { records } of log.read(0, 0, end)) {
    for (const { offset, value } of records) {
      expect(offset).toBe(ids.length)
      ids.push(JSON.parse(String(value)).id as string)
    }
  }
  expect(ids.length).toBe(end)
  expect(new Set(ids).size).toBe(ids.length)
  return ids
}

const REFUSAL = /DATA_DIR: the folder '.*' is in use by another process/

describe('one process at a time', () => {
  test('a second process is refused in clear words, until the first has closed', async () => {
    const dataDir = await folder()
    const log = await open(dataDir)
    const other = child(dataDir)
    expect((await other.ask('open'))?.refused).toMatch(REFUSAL)
    await log.append({ key: null, value: Buffer.from('{"id":"a"}'), headers: [], timestamp: Date.now() })
    await log.close()
    expect(await other.ask('open')).toEqual({ opened: true })
    await expect(openEmbeddedLog({ dataDir, topic: 'events' })).rejects.toThrow(REFUSAL)
    expect(await other.ask('close')).toEqual({ closed: true })
    expect(await idsIn(await open(dataDir))).toEqual(['a'])
  })

  test('the same process is refused a second log, whatever the path and the topic', async () => {
    const dataDir = await folder()
    await open(dataDir)
    await expect(
      openEmbeddedLog({ dataDir: `${dataDir}/../${dataDir.split('/').at(-1)}/`, topic: 'b' }),
    ).rejects.toThrow(REFUSAL)
  })

  test('of several that open at once exactly one succeeds, also after the owner was killed', {
    timeout: 60_000,
  }, async () => {
    const dataDir = await folder()
    let children = Array.from({ length: 5 }, () => child(dataDir))
    for (let round = 0; children.length > 1; round++) {
      for (const one of children) one.tell('open')
      const answers = await Promise.all(children.map((one) => one.answer()))
      const winners = children.filter((_, index) => answers[index]?.opened)
      expect(winners.length).toBe(1)
      for (const answer of answers) if (!answer?.opened) expect(answer?.refused).toMatch(REFUSAL)
      const [winner] = winners
      if (round % 4 === 3) {
        await winner!.kill()
        children = children.filter((one) => one !== winner)
      } else {
        expect(await winner!.ask('close')).toEqual({ closed: true })
      }
    }
    await (await open(dataDir)).close()
    expect((await readdir(dataDir)).filter((name) => name.endsWith('.sock'))).toEqual([])
  })

  test('a path too long for a socket is taken', async () => {
    const dataDir = join(await folder(), 'a-long-name-'.repeat(15), 'another-long-name-'.repeat(10))
    const log = await open(dataDir)
    const other = child(dataDir)
    expect((await other.ask('open'))?.refused).toMatch(REFUSAL)
    await log.close()
    expect(await other.ask('open')).toEqual({ opened: true })
    await other.kill()
    await open(dataDir)
  })
})

describe('kill -9', () => {
  test('every acknowledged record is there once, and the next start is not blocked', { timeout: 60_000 }, async () => {
    const dataDirs = [await folder(), await folder()]
    const acknowledged = new Map(dataDirs.map((dataDir) => [dataDir, new Map<number, string>()]))
    const lifeAndDeath = async (dataDir: string) => {
      const writer = child(dataDir)
      expect(await writer.ask('open')).toEqual({ opened: true })
      let answer: Answer | undefined = await writer.ask('flood')
      const death = sleep(Math.random() * 100).then(() => writer.kill())
      for (; answer?.ack; answer = await writer.answer()) {
        const [offset, id] = answer.ack
        expect(acknowledged.get(dataDir)!.has(offset)).toBe(false)
        acknowledged.get(dataDir)!.set(offset, id)
      }
      await death
    }
    // Two lines of lives side by side: most of a life is the start of the process.
    await Promise.all(
      dataDirs.map(async (dataDir) => {
        for (let life = 0; life < 10; life++) await lifeAndDeath(dataDir)
      }),
    )
    for (const [dataDir, records] of acknowledged) {
      const ids = await idsIn(await open(dataDir))
      expect(records.size).toBeGreaterThan(0)
      for (const [offset, id] of records) expect(ids[offset]).toBe(id)
    }
  })
})
