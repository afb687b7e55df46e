/** What DATA_DIR may meet: no right to write, files that are damaged or another's, a disk that is full. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { open as openLmdb } from 'lmdb'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { EventLog } from '../../../src/log/event-log.ts'
import { refusedStart } from '../../support/herald.ts'
import { Child } from './processes.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function open(dataDir: string, topic = 'events'): Promise<EventLog> {
  const log = await openEmbeddedLog({ dataDir, topic })
  onTestFinished(() => log.close())
  return log
}

async function refusalOf(dataDir: string): Promise<string> {
  const error = await openEmbeddedLog({ dataDir, topic: 'events' }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Error)
  const { message } = error as Error
  expect(message).toMatch(/^DATA_DIR: /)
  expect(message).toContain(dataDir)
  expect(message).not.toContain('\n')
  return message
}

const event = (n: number, fill = 500) => ({
  key: null,
  value: Buffer.alloc(fill, n),
  headers: [],
  timestamp: Date.now(),
})

async function fill(dataDir: string, rounds: number): Promise<void> {
  const log = await openEmbeddedLog({ dataDir, topic: 'events' })
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => log.append(event(n))))
  }
  await log.close()
}

describe('the folder', () => {
  test('is made, and a name with a dot in it is a folder too', async () => {
    const dataDir = join(await folder(), 'deep', 'data.v1')
    const log = await open(dataDir)
    await log.append(event(0))
    expect((await stat(dataDir)).isDirectory()).toBe(true)
  })

  test('that cannot be made is refused', async () => {
    const file = join(await folder(), 'file')
    await writeFile(file, '')
    expect(await refusalOf(file)).toContain('cannot be used')
    expect(await refusalOf(join(file, 'data'))).toContain('cannot be used')
  })

  test.skipIf(process.platform !== 'linux')(
    'that cannot be made is refused below /proc too, where Node makes folders without end (needs Linux)',
    async () => {
      expect(await refusalOf('/proc/herald')).toContain('ENOENT')
      expect(await refusalOf('/proc/herald/data')).toContain('ENOENT')
      const { code, stdout, stderr } = await refusedStart({ DATA_DIR: '/proc/herald' })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^herald: DATA_DIR: [^\n]+\n$/)
    },
  )

  test.skipIf(process.getuid?.() === 0)('that is read-only is refused (root may write anywhere)', async () => {
    const dataDir = await folder()
    await fill(dataDir, 1)
    await chmod(dataDir, 0o555)
    onTestFinished(() => chmod(dataDir, 0o755))
    expect(await refusalOf(dataDir)).toContain('cannot be used')
  })

  test('holds a log of its own for each topic, each with its own incarnation', async () => {
    const dataDir = await folder()
    const one = await open(dataDir, 'one')
    await one.append(event(1))
    const first = one.incarnation()
    await one.close()
    const two = await open(dataDir, 'two')
    expect(await two.ends()).toEqual([0])
    expect(two.incarnation()).not.toEqual(first)
    await two.close()
    const again = await open(dataDir, 'one')
    expect(await again.ends()).toEqual([1])
    expect(again.incarnation()).toEqual(first)
  })
})

describe('the file', () => {
  test('that is no log at all is refused', async () => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'log.mdb'), 'a letter to a friend\n'.repeat(1_000))
    expect(await refusalOf(dataDir)).toContain('damaged')
  })

  test('that a folder stands in place of is refused', async () => {
    const dataDir = await folder()
    await mkdir(join(dataDir, 'log.mdb'))
    expect(await refusalOf(dataDir)).toContain('EISDIR')
  })

  test('of another program is refused, and left as it is', async () => {
    const dataDir = await folder()
    const path = join(dataDir, 'log.mdb')
    const theirs = openLmdb({ path, noSubdir: true, overlappingSync: false })
    await theirs.put('theirs', 'precious')
    await theirs.close()
    expect(await refusalOf(dataDir)).toContain('not made by Herald')
    const again = openLmdb({ path, noSubdir: true, overlappingSync: false })
    expect([...again.getKeys()]).toEqual(['theirs'])
    await again.close()
  })

  test('of another format is refused', async () => {
    const dataDir = await folder()
    await fill(dataDir, 1)
    const root = openLmdb({ path: join(dataDir, 'log.mdb'), noSubdir: true, overlappingSync: false })
    await root.openDB('herald', { encoding: 'string' }).put('format', 'herald-log 9')
    await root.close()
    expect(await refusalOf(dataDir)).toContain('herald-log 9')
  })

  test('that was cut short is refused, wherever, and kills nobody', async () => {
    const dataDir = await folder()
    await fill(dataDir, 10)
    const path = join(dataDir, 'log.mdb')
    const { size } = await stat(path)
    for (const part of [0.99, 0.7, 0.4, 0.1]) {
      // Shorter each time: what was refused before stays refused.
      await truncate(path, Math.floor(size * part))
      expect(await refusalOf(dataDir)).toContain('damaged')
    }
    await truncate(path, 100)
    expect(await refusalOf(dataDir)).toContain('damaged')
  })

  test('refused or not, the folder is free afterwards', async () => {
    const dataDir = await folder()
    await writeFile(join(dataDir, 'log.mdb'), 'x'.repeat(10_000))
    await refusalOf(dataDir)
    await rm(join(dataDir, 'log.mdb'))
    await (await open(dataDir)).append(event(0))
  })
})

/** A limit on the size of files is what a full disk is to a process, and can be lifted while it runs. */
function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'])
    return true
  } catch {
    return false
  }
}

describe('a full disk', () => {
  test.skipIf(!canLimit())(
    'fails what it has no room for with NOT_WRITTEN, and the log goes on when there is room (needs prlimit)',
    { timeout: 30_000 },
    async () => {
      const dataDir = await folder()
      const child = new Child(dataDir, ['prlimit', '--fsize=1000000:unlimited'])
      onTestFinished(() => child.kill())
      expect(await child.ask('open')).toEqual({ opened: true })
      const full = await child.ask('append 2000')
      expect(full?.done?.length).toBeGreaterThan(100)
      expect(full?.failed?.length).toBeGreaterThan(100)
      for (const failure of full?.failed ?? []) expect(failure).toEqual(['LOG_UNAVAILABLE', 'NOT_WRITTEN'])
      expect(full?.health).toMatchObject({ up: false })
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited'])
      // It finds out by itself, without an event to publish.
      let health = (await child.ask('health'))?.health
      while (!health?.up) health = (await child.ask('health'))?.health
      const room = await child.ask('append 100')
      expect(room).toMatchObject({ failed: [], health: { up: true } })
      expect(await child.ask('close')).toEqual({ closed: true })

      const acknowledged = new Map([...(full?.done ?? []), ...(room?.done ?? [])])
      const log = await open(dataDir)
      const [end = 0] = await log.ends()
      expect(end).toBe(acknowledged.size)
      for await (const { records } of log.read(0, 0, end)) {
        for (const { offset, value } of records) expect(JSON.parse(String(value)).id).toBe(acknowledged.get(offset))
      }
    },
  )
})

/** Builds failing-meta-page.c; undefined where there is no compiler, or no LD_PRELOAD. */
function failingMetaPage(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const library = join(mkdtempSync(join(tmpdir(), 'herald-test-')), 'failing.so')
  const source = fileURLToPath(new URL('./failing-meta-page.c', import.meta.url))
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'pipe' })
    return library
  } catch {
    return undefined
  }
}

describe('a disk that fails in the last write of a commit', () => {
  const library = failingMetaPage()
  afterAll(() => library && rm(dirname(library), { recursive: true }))

  test.skipIf(library === undefined)(
    'leaves the outcome of that transaction open, and the log opens its file anew by itself (needs a C compiler)',
    { timeout: 30_000 },
    async () => {
      const dataDir = await folder()
      const broken = join(dataDir, 'broken')
      const child = new Child(dataDir, ['env', `LD_PRELOAD=${library}`, `FAIL_META=${broken}`])
      onTestFinished(() => child.kill())
      expect(await child.ask('open')).toEqual({ opened: true })
      const before = await child.ask('append 10')
      expect(before).toMatchObject({ failed: [], health: { up: true } })

      await writeFile(broken, '')
      const during = await child.ask('append 3')
      const [first, ...others] = during?.failed ?? []
      expect(first).toEqual(['LOG_UNAVAILABLE', 'UNKNOWN'])
      expect(others).toEqual(others.map(() => ['LOG_UNAVAILABLE', 'NOT_WRITTEN']))
      expect(others.length).toBe(2)
      expect(during?.health).toMatchObject({ up: false })

      await rm(broken)
      let health = during?.health
      while (!health?.up) health = (await child.ask('health'))?.health
      const after = await child.ask('append 10')
      expect(after).toMatchObject({ failed: [], health: { up: true } })
      expect(await child.ask('close')).toEqual({ closed: true })

      const acknowledged = new Map([...(before?.done ?? []), ...(after?.done ?? [])])
      expect(acknowledged.size).toBe(20)
      const log = await open(dataDir)
      const [end = 0] = await log.ends()
      // The one whose outcome was open is there once or not at all.
      expect([20, 21]).toContain(end)
      const ids = new Set<string>()
      for await (const { records } of log.read(0, 0, end)) {
        for (const { offset, value } of records) {
          const { id } = JSON.parse(String(value)) as { id: string }
          if (acknowledged.has(offset)) expect(id).toBe(acknowledged.get(offset))
          ids.add(id)
        }
      }
      expect(ids.size).toBe(end)
    },
  )
})

/** Takes LMDB's lock on writing, as a disk that hangs in the middle of a transaction would keep it. */
const HOLD_WRITES = `
  import { open } from 'lmdb'
  const root = open({ path: process.argv[1], noSubdir: true, overlappingSync: false })
  root.transactionSync(() => {
    console.log('held')
    process.stdin.once('data', () => process.exit())
    return new Promise(() => {})
  })
`

describe('a disk that hangs', () => {
  test('every append is answered within 5 s, and the log goes on when the disk does', { timeout: 30_000 }, async () => {
    const dataDir = await folder()
    const log = await open(dataDir)
    await log.append(event(0))
    const argv = ['--input-type=module', '-e', HOLD_WRITES, join(dataDir, 'log.mdb')]
    const holder = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')

    const began = performance.now()
    const underWay = log.append(event(1)).catch((error: unknown) => error)
    // The first one is given to the disk on the next turn; what comes after that is queued.
    await nextTurn()
    const queued = log.append(event(2)).catch((error: unknown) => error)
    expect(await underWay).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'UNKNOWN' })
    expect(log.health()).toMatchObject({ up: false })
    expect(await queued).toMatchObject({ code: 'LOG_UNAVAILABLE', outcome: 'NOT_WRITTEN' })
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(await log.ends()).toEqual([1])

    holder.stdin.write('go on')
    await once(holder, 'exit')
    // The one whose outcome was unknown is in the log once, the other is not.
    const { offset } = await log.append(event(3))
    expect(offset).toBe(2)
    expect(log.health()).toEqual({ up: true })
    const values: unknown[] = []
    for await (const { records } of log.read(0, 0, 3)) values.push(...records.map(({ value }) => value?.[0]))
    expect(values).toEqual([0, 1, 3])
  })
})
