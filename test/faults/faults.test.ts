/**
 * The short form of the runs under faults, for every `npm test`: real processes die, and nothing that was
 * promised may break. `npm run test:faults` is the long one. The broken variants at the end stand for the
 * question whether any of this could fail: the same run, broken in one place, must be found out.
 */
import { describe, expect, it } from 'vitest'
import { describeOwnKafka } from '../support/kafka.ts'
import { acknowledgeEarly, cursorMover } from './break.ts'
import { check, type Verdict } from './checker.ts'
import { allFrozen, gatewayKilled, leaderKilled, runCluster } from './cluster.ts'
import { runEmbedded, TOPIC } from './embedded.ts'
import type { History } from './history.ts'
import { pageOf } from './page.ts'
import type { MoveCursor } from './subscriber.ts'

/** Patience for a machine that is busy with much else: a run takes a tenth of it. */
const CLUSTER_MS = 600_000
const EMBEDDED_MS = 300_000

/** The verdict without its times, cut to what a person reads. */
function violations({ lost, doubled, outOfOrder, brokenPromises }: Verdict) {
  const some = (all: readonly string[]) => all.slice(0, 5)
  return {
    lost: some(lost),
    doubled: some(doubled),
    outOfOrder: some(outOfOrder),
    brokenPromises: some(brokenPromises),
  }
}

const NONE = { lost: [], doubled: [], outOfOrder: [], brokenPromises: [] }

/** Prints the page, and holds the history to being clean. */
function expectClean(title: string, history: History): void {
  const verdict = check(history)
  console.log(pageOf(title, history, verdict))
  expect(violations(verdict)).toEqual(NONE)
}

const acknowledged = ({ publishes }: History) => publishes.filter(({ answer }) => answer.kind === 'acknowledged').length

await describeOwnKafka('three brokers and two gateways', () => {
  it(
    'lose nothing, double nothing and keep the order while a leader, all brokers and a gateway are away',
    async () => {
      const schedule = [leaderKilled, allFrozen(5), gatewayKilled(0)]
      // Many publishers, since what costs is a batch, and theirs are larger.
      const history = await runCluster({ events: 10_000, publishers: 64, schedule })
      expectClean('Kafka', history)
      expect(acknowledged(history)).toBeGreaterThanOrEqual(10_000)
      // The faults were felt: publishes failed, and subscribers on both transports had to come back.
      expect(history.publishes.some(({ answer }) => answer.kind !== 'acknowledged')).toBe(true)
      const lasting = ['ws-1', 'sse-2'].map((name) => history.streams.find(({ subscriber }) => subscriber === name))
      for (const stream of lasting) expect(stream?.connections.length).toBeGreaterThan(1)
    },
    CLUSTER_MS,
  )
})

describe('the embedded log', () => {
  it(
    'loses nothing and doubles nothing while its gateway is killed again and again',
    async () => {
      const history = await runEmbedded({ kills: 2, eventsBetween: 300 })
      expectClean('Embedded', history)
      expect(history.publishes.some(({ answer }) => answer.kind === 'none')).toBe(true)
      const lasting = history.streams.filter(({ left }) => !left)
      expect(lasting.every(({ connections }) => connections.length > 2)).toBe(true)
    },
    EMBEDDED_MS,
  )
})

describe('a running system that is broken on purpose is found out', () => {
  it(
    'acknowledging before the send loses events; resuming one late misses events, resuming one early doubles them',
    async () => {
      const late = cursorMover(TOPIC, 1)
      const early = cursorMover(TOPIC, -1)
      const moveCursor: MoveCursor = (cursor, transport) => (transport === 'ws' ? late(cursor) : early(cursor))
      const broken = { between: acknowledgeEarly, moveCursor }
      const { lost, doubled } = check(await runEmbedded({ kills: 1, eventsBetween: 100, ...broken }))
      const unsent = lost.filter((line) => line.endsWith('was acknowledged, and is not in the log'))
      const missed = lost.filter((line) => /^\S*\bws(-\d+)? never got /.test(line))
      const twice = doubled.filter((line) => /^\S*\bsse(-\d+)? got /.test(line))
      expect([unsent.length, missed.length, twice.length].every((count) => count > 0)).toBe(true)
      // Nothing else is wrong: each flaw is found where it is. (One that was acknowledged and is asked for again, with
      // its key, is passed on twice: to the gateway before it died, and to the one after.)
      expect(lost.filter((line) => !unsent.includes(line) && !missed.includes(line))).toEqual([])
      expect(doubled.filter((line) => !twice.includes(line) && !line.includes(' is in the log '))).toEqual([])
    },
    EMBEDDED_MS,
  )
})
