/**
 * The duties of the port `src/log/event-log.ts` as tests, in the port's words, to be run over every adapter. Each
 * case opens a fixture of its own, so a fixture must give a log that nobody has written to. What only some logs
 * can meet (another client's records, transactions) is an ability of the fixture; a case whose ability is missing
 * is skipped, and says in its name what it needs.
 *
 * Cases wait for facts: an acknowledgement, an end that moved, a record that arrived. Where nothing arrives the
 * time-out of the test speaks.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HeraldError } from '../../src/errors.ts'
import type { Appended, Batch, EventLog, LogRecord, NewRecord, ReadOptions, Vector } from '../../src/log/event-log.ts'
import { contentOf } from './records.ts'

/** A record as another client may write it. */
export interface ForeignRecord {
  /** Default 0. */
  readonly partition?: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Repeats of one name stand next to each other. */
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
  readonly timestamp: number
}

/** A log that nobody has written to, ready to be used, and what a test may do to it from outside. */
export interface Fixture {
  readonly log: EventLog
  readonly partitions: number
  /** Closes `log`, if it is not closed yet, and opens the same topic again. */
  reopen?(): Promise<EventLog>
  /** Writes through another client, and resolves when the records are in the log. */
  writeForeign?(records: readonly ForeignRecord[]): Promise<void>
  /** Writes this many records to partition 0 in a transaction, and aborts it. */
  writeAborted?(count: number): Promise<void>
  /** Commits a transaction that leaves a control record at the end of partition 0, and one record before it. */
  writeCommitted?(record: ForeignRecord): Promise<void>
  /** Releases everything, the logs that it opened included. */
  close(): Promise<void>
}

type Ability = 'reopen' | 'writeForeign' | 'writeAborted' | 'writeCommitted'

/** Recent times, so that no retention takes the records away while the test runs. */
const START = Date.now() - 3_600_000

const record = (n: number, changes: Partial<NewRecord> = {}): NewRecord => ({
  key: 'k',
  value: Buffer.from(`{"n":${n}}`),
  headers: [],
  timestamp: START + n,
  ...changes,
})

const numberOf = ({ value }: LogRecord): number => JSON.parse(String(value)).n as number
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
const appendAll = (log: EventLog, numbers: readonly number[], changes: Partial<NewRecord> = {}): Promise<Appended[]> =>
  Promise.all(numbers.map((n) => log.append(record(n, changes))))

/** Checks what the port says of every batch, against the place where it must begin. */
function checkBatch(batch: Batch, from: number): void {
  let least = from
  for (const { partition, offset } of batch.records) {
    expect(partition).toBe(batch.partition)
    expect(offset).toBeGreaterThanOrEqual(least)
    least = offset + 1
  }
  expect(batch.next).toBeGreaterThanOrEqual(least)
}

async function read(log: EventLog, partition: number, from: number, to: number, options?: ReadOptions) {
  const records: LogRecord[] = []
  let next = from
  for await (const batch of log.read(partition, from, to, options)) {
    expect(batch.partition).toBe(partition)
    checkBatch(batch, next)
    next = batch.next
    records.push(...batch.records)
  }
  expect(records.every(({ offset }) => offset < to)).toBe(true)
  return records
}

async function readAll(log: EventLog): Promise<LogRecord[]> {
  const [begin, end] = [await log.beginnings(), await log.ends()]
  const all = await Promise.all(end.map((to, partition) => read(log, partition, begin[partition] ?? 0, to)))
  return all.flat()
}

/** Follows until `enough` says so; the records of each partition come out in the order in which they came. */
async function follow(
  log: EventLog,
  from: Vector,
  enough: (records: readonly LogRecord[]) => boolean,
  onBatch: () => Promise<void> = async () => {},
): Promise<LogRecord[]> {
  const stop = new AbortController()
  const next = [...from]
  const records: LogRecord[] = []
  const take = async (batch: Batch) => {
    expect(stop.signal.aborted).toBe(false)
    checkBatch(batch, next[batch.partition] ?? 0)
    next[batch.partition] = batch.next
    records.push(...batch.records)
    await onBatch()
    if (enough(records)) stop.abort()
  }
  await log.tail(from, take, stop.signal)
  return records
}

const byNumber = (a: number, b: number) => a - b

async function failureOf(promise: Promise<unknown>): Promise<HeraldError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(HeraldError)
  return error as HeraldError
}

/** Defines the suite for one adapter. `open` is called once for every case. */
export function eventLogSuite(name: string, open: () => Promise<Fixture>): void {
  type Needed<A extends Ability> = Fixture & Required<Pick<Fixture, A>>

  const duty = <A extends Ability = never>(
    title: string,
    run: (fixture: Needed<A>) => Promise<void>,
    needs: A[] = [],
  ) => {
    const suffix = needs.length > 0 ? ` (needs ${needs.join(', ')})` : ''
    test(`${title}${suffix}`, { timeout: 60_000 }, async ({ skip }) => {
      const fixture = await open()
      onTestFinished(() => fixture.close())
      const missing = needs.filter((ability) => fixture[ability] === undefined)
      if (missing.length > 0) skip(`this log cannot ${missing.join(', ')}`)
      await run(fixture as Needed<A>)
    })
  }

  describe(name, () => {
    describe('append', () => {
      duty('resolves with the place where the whole record is', async ({ log }) => {
        const sent: NewRecord = {
          key: 'schlüssel',
          value: Buffer.from('{"grüße":"🐉"}'),
          headers: [
            ['ce_id', 'a'],
            ['repeated', 'one'],
            ['repeated', 'twö'],
            ['empty', ''],
          ],
          timestamp: START,
        }
        const { partition, offset, timestamp } = await log.append(sent)
        expect(timestamp).toBe(START)
        const [found] = await read(log, partition, offset, offset + 1)
        expect(contentOf(found!)).toEqual({
          partition,
          offset,
          timestamp: START,
          key: Buffer.from('schlüssel'),
          value: sent.value,
          headers: sent.headers.map(([header, value]) => [header, Buffer.from(value)]),
        })
      })

      duty('keeps nothing and empty apart', async ({ log }) => {
        const empty = await log.append(record(0, { key: '', value: Buffer.alloc(0) }))
        const none = await log.append(record(1, { key: null }))
        const [first] = await read(log, empty.partition, empty.offset, empty.offset + 1)
        const [second] = await read(log, none.partition, none.offset, none.offset + 1)
        expect(first).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
        expect(second?.key).toBeNull()
      })

      duty('writes the records of one partition in the order of the calls', async ({ log }) => {
        const appended = await appendAll(log, range(0, 2_000))
        expect(new Set(appended.map(({ partition }) => partition)).size).toBe(1)
        expect(appended.map(({ offset }) => offset)).toEqual(range(0, 2_000))
        expect((await readAll(log)).map(numberOf)).toEqual(range(0, 2_000))
      })

      duty('gives no position twice and leaves none unused, whatever the partition', async ({ log }) => {
        const keys = [null, 'a', 'b', 'c', null, 'd', 'e']
        const appended = await Promise.all(
          range(0, 1_400).map((n) => log.append(record(n, { key: keys[n % 7] ?? null }))),
        )
        const ends = await log.ends()
        for (const [partition, end] of ends.entries()) {
          const offsets = appended.filter((place) => place.partition === partition).map(({ offset }) => offset)
          expect(offsets.sort(byNumber)).toEqual(range(0, end))
        }
        expect((await readAll(log)).map(numberOf).sort(byNumber)).toEqual(range(0, 1_400))
      })

      duty('chooses the partition by key, always the same', async ({ log, partitions }) => {
        const keys = range(0, 50).map((n) => `guild-${n}`)
        const placesOf = () => Promise.all(keys.map(async (key, n) => (await log.append(record(n, { key }))).partition))
        const first = await placesOf()
        expect(await placesOf()).toEqual(first)
        expect(first.every((partition) => partition >= 0 && partition < partitions)).toBe(true)
        if (partitions > 1) expect(new Set(first).size).toBeGreaterThan(1)
      })

      duty('keeps timestamps that run backwards', async ({ log }) => {
        const times = [3_000, 1_000, 2_000].map((ms) => START + ms)
        for (const [n, timestamp] of times.entries()) await log.append(record(n, { timestamp }))
        expect((await readAll(log)).map(({ timestamp }) => timestamp)).toEqual(times)
      })

      duty('takes big records, several at once', async ({ log }) => {
        const value = Buffer.alloc(900_000, 'x')
        const appended = await appendAll(log, range(0, 8), { value })
        expect(appended.map(({ offset }) => offset)).toEqual(range(0, 8))
        const found = await readAll(log)
        expect(found.length).toBe(8)
        expect(found.every((one) => one.value?.equals(value))).toBe(true)
      })

      duty('refuses a record that is too large, without harm to its neighbours', async ({ log }) => {
        const before = appendAll(log, range(0, 20))
        const large = failureOf(log.append(record(20, { value: Buffer.alloc(2_000_000, 'x') })))
        const after = appendAll(log, range(21, 40))
        expect(await large).toMatchObject({ code: 'RECORD_TOO_LARGE', outcome: 'NOT_WRITTEN' })
        await Promise.all([before, after])
        expect((await readAll(log)).map(numberOf)).toEqual([...range(0, 20), ...range(21, 40)])
      })

      duty('is OVERLOADED at once when the queue is full, and keeps what it took', async ({ log }) => {
        const taken: number[] = []
        const refused: unknown[] = []
        const attempts = range(0, 100_000).map((n) =>
          log.append(record(n)).then(
            () => taken.push(n),
            (error: unknown) => refused.push(error),
          ),
        )
        await Promise.all(attempts)
        expect(refused.length).toBeGreaterThan(0)
        for (const error of refused) expect(error).toMatchObject({ code: 'OVERLOADED', outcome: 'NOT_WRITTEN' })
        expect((await readAll(log)).map(numberOf)).toEqual(taken.sort(byNumber))
        await expect(log.append(record(0))).resolves.toBeDefined()
      })
    })

    describe('ends, beginnings, offsetsAt', () => {
      duty(
        'an empty log begins and ends at 0 in every partition, and a read of it ends at once',
        async ({ log, partitions }) => {
          const zeros = range(0, partitions).map(() => 0)
          expect(await log.ends()).toEqual(zeros)
          expect(await log.beginnings()).toEqual(zeros)
          expect(await log.offsetsAt(START)).toEqual(zeros)
          expect(await readAll(log)).toEqual([])
        },
      )

      duty('the ends are asked freshly: past whatever was acknowledged', async ({ log }) => {
        for (const n of range(0, 20)) {
          const { partition, offset } = await log.append(record(n))
          expect((await log.ends())[partition]).toBe(offset + 1)
        }
      })

      duty('offsetsAt is the first record at or after the time, the end where there is none', async ({ log }) => {
        const [first] = await appendAll(
          log,
          range(0, 5).map((n) => n * 10),
        )
        const at = async (timestamp: number) => (await log.offsetsAt(timestamp))[first!.partition]
        expect(await at(START - 1)).toBe(0)
        expect(await at(START)).toBe(0)
        expect(await at(START + 1)).toBe(1)
        expect(await at(START + 20)).toBe(2)
        expect(await at(START + 39)).toBe(4)
        expect(await at(START + 40)).toBe(4)
        expect(await at(START + 41)).toBe(5)
        for (const [partition, offset] of (await log.offsetsAt(START)).entries()) {
          if (partition !== first!.partition) expect(offset).toBe(0)
        }
      })

      duty('offsetsAt is the beginning for times before 1970', async ({ log }) => {
        await appendAll(log, range(0, 5))
        expect(await log.offsetsAt(-1)).toEqual(await log.beginnings())
        expect(await log.offsetsAt(-2)).toEqual(await log.beginnings())
        expect(await log.offsetsAt(-(2 ** 50))).toEqual(await log.beginnings())
      })

      for (const how of ['one by one', 'together'] as const) {
        duty(`offsetsAt finds the first one also where timestamps run backwards, appended ${how}`, async ({ log }) => {
          const times = [100, 300, 200, 150, 400, 350]
          const appends: Promise<Appended>[] = []
          for (const [n, ms] of times.entries()) {
            appends.push(log.append(record(n, { timestamp: START + ms })))
            if (how === 'one by one') await appends[n]
          }
          const [first] = await Promise.all(appends)
          for (const ms of [50, 100, 101, 175, 200, 250, 300, 301, 375, 400]) {
            const offset = times.findIndex((time) => time >= ms)
            expect([ms, (await log.offsetsAt(START + ms))[first!.partition]]).toEqual([ms, offset])
          }
        })
      }
    })

    describe('read', () => {
      duty('reads from <= offset < to, in order', async ({ log }) => {
        const [first] = await appendAll(log, range(0, 300))
        const { partition } = first!
        for (const [from, to] of [
          [0, 300],
          [0, 1],
          [299, 300],
          [57, 211],
          [100, 100],
        ] as const) {
          expect((await read(log, partition, from, to)).map(numberOf)).toEqual(range(from, to))
        }
      })

      duty('a batch holds about batchBytes', async ({ log }) => {
        const value = Buffer.alloc(10_000, 'x')
        let partition = 0
        for (const n of range(0, 60)) partition = (await log.append(record(n, { value }))).partition
        const sizes: number[] = []
        let count = 0
        for await (const batch of log.read(partition, 0, 60, { batchBytes: 50_000 })) {
          sizes.push(batch.bytes)
          count += batch.records.length
          const held = batch.records.reduce((sum, one) => sum + (one.value?.length ?? 0), 0)
          expect(held).toBeLessThanOrEqual(100_000)
          expect(batch.bytes).toBeGreaterThanOrEqual(held)
        }
        expect(count).toBe(60)
        expect(sizes.length).toBeGreaterThanOrEqual(6)
      })

      duty('a record larger than batchBytes comes nevertheless', async ({ log }) => {
        const [first] = await appendAll(log, [0, 1], { value: Buffer.alloc(500_000, 'x') })
        const found = await read(log, first!.partition, 0, 2, { batchBytes: 1_000 })
        expect(found.map(({ offset }) => offset)).toEqual([0, 1])
      })

      duty('two reads at once do not disturb each other', async ({ log }) => {
        const [first] = await appendAll(log, range(0, 2_000), { value: Buffer.alloc(1_000, 'x') })
        const { partition } = first!
        const small = { batchBytes: 20_000 }
        const [one, two] = await Promise.all([
          read(log, partition, 0, 2_000, small),
          read(log, partition, 500, 1_500, small),
        ])
        expect(one.map(({ offset }) => offset)).toEqual(range(0, 2_000))
        expect(two.map(({ offset }) => offset)).toEqual(range(500, 1_500))
      })

      duty('appends during a read neither hold it up nor come into it', async ({ log }) => {
        const [first] = await appendAll(log, range(0, 500))
        const found: number[] = []
        const more: Promise<Appended>[] = []
        for await (const batch of log.read(first!.partition, 0, 500, { batchBytes: 500 })) {
          found.push(...batch.records.map(numberOf))
          more.push(log.append(record(500 + more.length)))
        }
        expect(found).toEqual(range(0, 500))
        const appended = await Promise.all(more)
        expect(appended.map(({ offset }) => offset)).toEqual(range(500, 500 + more.length))
      })

      duty('leaving the loop releases everything', async ({ log }) => {
        const [first] = await appendAll(log, range(0, 500))
        for (let n = 0; n < 30; n++) {
          for await (const batch of log.read(first!.partition, 0, 500, { batchBytes: 500 })) {
            expect(batch.records.length).toBeGreaterThan(0)
            break
          }
        }
        expect((await read(log, first!.partition, 0, 500)).length).toBe(500)
        await log.close()
      })

      duty('an aborted read just ends', async ({ log }) => {
        const value = Buffer.alloc(1_000, 'x')
        let partition = 0
        for (const n of range(0, 10))
          partition = (await appendAll(log, range(n * 100, n * 100 + 100), { value }))[0]!.partition
        const stop = new AbortController()
        const found: LogRecord[] = []
        for await (const batch of log.read(partition, 0, 1_000, { signal: stop.signal, batchBytes: 1_000 })) {
          found.push(...batch.records)
          stop.abort()
        }
        expect(found.length).toBeLessThan(1_000)
        expect(await read(log, partition, 0, 1_000, { signal: AbortSignal.abort() })).toEqual([])
      })

      duty('close ends a read: whole, or with LOG_UNAVAILABLE, never short in silence', async ({ log }) => {
        const [first] = await appendAll(log, range(0, 2_000), { value: Buffer.alloc(1_000, 'x') })
        let next = 0
        let closed: Promise<void> | undefined
        const reading = (async () => {
          for await (const batch of log.read(first!.partition, 0, 2_000, { batchBytes: 20_000 })) {
            next = batch.next
            closed ??= log.close()
          }
        })()
        const error: unknown = await reading.then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (next < 2_000) expect(error).toMatchObject({ name: 'HeraldError', code: 'LOG_UNAVAILABLE' })
        await closed
      })

      duty(
        'hands out what another client wrote as it is: tombstones, null keys, repeated headers, bytes that are no UTF-8',
        async ({ log, writeForeign }) => {
          const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28])
          const foreign: ForeignRecord[] = [
            { key: Buffer.from('k'), value: null, headers: [], timestamp: START },
            { key: null, value: Buffer.from('no json'), headers: [], timestamp: START + 1 },
            { key: bytes, value: bytes, headers: [['h', bytes]], timestamp: START + 2 },
            {
              key: null,
              value: Buffer.alloc(0),
              headers: [
                ['a', Buffer.from('1')],
                ['a', Buffer.from('2')],
                ['b', Buffer.alloc(0)],
              ],
              timestamp: START + 3,
            },
          ]
          await writeForeign(foreign)
          const expected = foreign.map((one, offset) => ({ partition: 0, offset, ...one }))
          const [end] = await log.ends()
          expect(end).toBe(foreign.length)
          expect((await read(log, 0, 0, end!)).map(contentOf)).toEqual(expected)
          const followed = await follow(log, [], (records) => records.length >= foreign.length)
          expect(followed.map(contentOf)).toEqual(expected)
        },
        ['writeForeign'],
      )

      duty(
        'ends as soon as `to` is reached where the last offsets before it were aborted',
        async ({ log, writeForeign, writeAborted }) => {
          const one = { key: null, value: Buffer.from('{"n":1}'), headers: [], timestamp: START }
          await writeForeign([one])
          await writeAborted(5)
          const [end] = await log.ends()
          expect(end).toBeGreaterThan(1)
          expect((await read(log, 0, 0, end!)).map(({ offset }) => offset)).toEqual([0])
          expect(await read(log, 0, 2, end!)).toEqual([])
          expect(await read(log, 0, end! - 1, end!)).toEqual([])
        },
        ['writeForeign', 'writeAborted'],
      )

      duty(
        'ends as soon as `to` is reached where a control record is the last',
        async ({ log, writeCommitted }) => {
          await writeCommitted({ key: null, value: Buffer.from('{"n":1}'), headers: [], timestamp: START })
          const [end] = await log.ends()
          expect(end).toBeGreaterThan(1)
          expect((await read(log, 0, 0, end!)).map(numberOf)).toEqual([1])
          expect(await read(log, 0, end! - 1, end!)).toEqual([])
        },
        ['writeCommitted'],
      )
    })

    describe('tail', () => {
      duty('from the end: everything that is appended from then on', async ({ log }) => {
        await appendAll(log, range(0, 100))
        const following = follow(log, await log.ends(), (records) => records.length >= 100)
        await appendAll(log, range(100, 200))
        expect((await following).map(numberOf)).toEqual(range(100, 200))
      })

      duty('from the middle, across concurrent appends: everything once, in order', async ({ log, partitions }) => {
        const keys = range(0, 20).map((n) => `key-${n}`)
        const appendSome = (from: number, to: number) =>
          Promise.all(range(from, to).map((n) => log.append(record(n, { key: keys[n % 20]! }))))
        await appendSome(0, 600)
        const ends = await log.ends()
        const from = ends.map((end) => Math.floor(end / 2))
        const left = ends.reduce((sum, end, partition) => sum + end - from[partition]!, 0)
        const following = follow(log, from, (records) => records.length >= left + 1_000)
        for (let n = 600; n < 1_600; n += 50) await appendSome(n, n + 50)
        const found = await following
        const finalEnds = await log.ends()
        for (const partition of range(0, partitions)) {
          const offsets = found.filter((one) => one.partition === partition).map(({ offset }) => offset)
          expect(offsets).toEqual(range(from[partition]!, finalEnds[partition]!))
        }
        const latest = found.map(numberOf).filter((n) => n >= 600)
        expect(latest.sort(byNumber)).toEqual(range(600, 1_600))
      })

      duty('waits for a slow caller, who then gets everything', async ({ log }) => {
        await appendAll(log, range(0, 10))
        let behind = 0
        const found = await follow(
          log,
          [],
          (records) => records.length >= 3_010,
          async () => {
            // The caller does not ask on before a further thousand is acknowledged.
            if (behind < 3) await appendAll(log, range(10 + 1_000 * behind, 1_010 + 1_000 * behind))
            behind++
          },
        )
        expect(found.map(numberOf)).toEqual(range(0, 3_010))
      })

      duty('two at once see the same', async ({ log }) => {
        const all = (records: readonly LogRecord[]) => records.length >= 500
        const following = Promise.all([follow(log, [], all), follow(log, [], all)])
        await appendAll(log, range(0, 500))
        for (const found of await following) expect(found.map(numberOf)).toEqual(range(0, 500))
      })

      duty('starts at 0 in partitions beyond the given vector', async ({ log }) => {
        const appended = await Promise.all(range(0, 60).map((n) => log.append(record(n, { key: `key-${n}` }))))
        const found = await follow(log, [], (records) => records.length >= 60)
        const places = (records: readonly Appended[]) => records.map((one) => `${one.partition}-${one.offset}`).sort()
        expect(places(found.map(({ partition, offset }) => ({ partition, offset, timestamp: 0 })))).toEqual(
          places(appended),
        )
      })

      duty('ends when the signal aborts: waiting at the end, behind, and before it began', async ({ log }) => {
        await appendAll(log, range(0, 100))
        const waiting = new AbortController()
        const pending = log.tail(await log.ends(), () => expect.unreachable(), waiting.signal)
        await nextTurn()
        waiting.abort()
        await pending
        const behind = await follow(log, [], () => true)
        expect(behind.length).toBeGreaterThan(0)
        await log.tail([], () => expect.unreachable(), AbortSignal.abort())
      })

      duty('gives one batch at a time, of whatever partition', async ({ log }) => {
        let appended = 50
        let taking = 0
        await appendAll(log, range(0, appended))
        const found = await follow(
          log,
          [],
          (records) => records.length >= 300,
          async () => {
            expect(++taking).toBe(1)
            if (appended < 300) await appendAll(log, range(appended, appended + 50))
            appended += 50
            await nextTurn()
            taking--
          },
        )
        expect(found).toHaveLength(300)
      })

      duty('rejects with what the caller throws, at once or later, and gives it nothing more', async ({ log }) => {
        await appendAll(log, range(0, 10))
        const failure = new Error('cannot take it')
        for (const take of [
          () => {
            throw failure
          },
          async () => {
            await nextTurn()
            throw failure
          },
        ]) {
          let taken = 0
          const counting = () => {
            taken++
            return take()
          }
          await expect(log.tail([], counting, new AbortController().signal)).rejects.toBe(failure)
          await appendAll(log, range(0, 10))
          expect(taken).toBe(1)
        }
      })

      duty('close ends it', async ({ log }) => {
        await appendAll(log, range(0, 10))
        const following = log.tail(await log.ends(), () => undefined, new AbortController().signal)
        const ended: Promise<unknown> = following.catch((error: unknown) => error)
        await nextTurn()
        await log.close()
        const error = await ended
        if (error !== undefined) expect(error).toMatchObject({ name: 'HeraldError', code: 'LOG_UNAVAILABLE' })
      })

      duty(
        'goes past aborted transactions and control records',
        async ({ log, writeAborted, writeCommitted }) => {
          const foreign = (n: number) => ({
            key: null,
            value: Buffer.from(`{"n":${n}}`),
            headers: [],
            timestamp: START,
          })
          const following = follow(log, await log.ends(), (records) => records.length >= 3)
          await writeCommitted(foreign(0))
          await writeAborted(5)
          await writeCommitted(foreign(1))
          await writeAborted(5)
          await writeCommitted(foreign(2))
          expect((await following).map(numberOf)).toEqual([0, 1, 2])
        },
        ['writeAborted', 'writeCommitted'],
      )
    })

    describe('life', () => {
      duty('is healthy, ready and has an incarnation of 16 bytes', async ({ log }) => {
        await log.ready()
        expect(log.health()).toEqual({ up: true })
        expect(log.incarnation().length).toBe(16)
        await log.append(record(0))
        expect(log.health()).toEqual({ up: true })
      })

      duty(
        'opened again it is the same life of the topic, and goes on where it ended',
        async ({ log, reopen }) => {
          await appendAll(log, range(0, 100))
          const incarnation = log.incarnation()
          const [ends, before] = [await log.ends(), await readAll(log)]
          const again = await reopen()
          expect(again.topic).toBe(log.topic)
          expect(again.incarnation()).toEqual(incarnation)
          expect(await again.ends()).toEqual(ends)
          expect(await readAll(again)).toEqual(before)
          const { partition, offset } = await again.append(record(100))
          expect(offset).toBe(ends[partition])
        },
        ['reopen'],
      )

      duty('close is idempotent', async ({ log }) => {
        await log.append(record(0))
        await Promise.all([log.close(), log.close()])
        await log.close()
      })

      duty(
        'close sends what is queued',
        async ({ log, reopen }) => {
          const appending = appendAll(log, range(0, 500))
          await log.close()
          const appended = await appending
          expect(appended.map(({ offset }) => offset)).toEqual(range(0, 500))
          expect((await readAll(await reopen())).map(numberOf)).toEqual(range(0, 500))
        },
        ['reopen'],
      )

      duty('closed, it rejects everything with LOG_UNAVAILABLE, and has written nothing', async ({ log }) => {
        await log.close()
        expect(await failureOf(log.append(record(0)))).toMatchObject({
          code: 'LOG_UNAVAILABLE',
          outcome: 'NOT_WRITTEN',
        })
        expect((await failureOf(log.ends())).code).toBe('LOG_UNAVAILABLE')
        expect((await failureOf(log.beginnings())).code).toBe('LOG_UNAVAILABLE')
        expect((await failureOf(log.offsetsAt(START))).code).toBe('LOG_UNAVAILABLE')
      })
    })
  })
}
