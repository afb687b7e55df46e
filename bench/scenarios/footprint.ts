/** What Herald costs before anybody uses it: `npm start` until it is ready, its memory, and its CPU when idle. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startLimit, untilReady } from '../contenders.ts'
import { type Server, startServer } from '../process.ts'
import type { Contender, Scenario } from '../scenario.ts'

/** After the start there is some work left to do, which is no idling. */
const SETTLE_MS = 1_500
const IDLE_MS = 4_500
/** V8 gives back what starting took when it has rested for eight seconds, or for sixteen, as it happens. */
const REST_MS = 18_000

async function npmStart(brokers: string, topic: string): Promise<{ server: Server; readyMs: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-bench-'))
  const begin = performance.now()
  const server = await startServer({
    command: 'npm',
    args: ['start'],
    env: { PORT: '0', DATA_DIR: dataDir, KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic },
  })
  await untilReady(server.url)
  const readyMs = performance.now() - begin
  const stop = async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { server: { ...server, stop }, readyMs }
}

function starter(
  name: string,
  role: Contender['role'],
  start: (brokers: string, topic: string) => Promise<{ server: Server; readyMs: number }>,
): Contender {
  return {
    name,
    role,
    async open(bench) {
      const topic = await bench.topic(name)
      const started = async () => {
        const { server, readyMs } = await start(bench.brokers, topic)
        return { server, readyMs, at: performance.now() }
      }
      // Each rests while the next is measured, and the other contender's.
      let resting = await started()
      return {
        async round() {
          const rested = resting
          try {
            resting = await started()
            const { server, readyMs } = resting
            await delay(SETTLE_MS)
            // What npm itself costs, should it stay above the server, is not counted.
            const before = server.own().cpuMs
            await delay(IDLE_MS)
            const cpuMs = server.own().cpuMs - before
            await delay(Math.max(0, rested.at + REST_MS - performance.now()))
            return {
              ready: readyMs,
              resident: rested.server.own().residentBytes / 1e6,
              idleCpu: (cpuMs / IDLE_MS) * 100,
            }
          } finally {
            if (rested !== resting) await rested.server.stop()
          }
        },
        close: () => resting.server.stop(),
      }
    },
  }
}

export const footprintScenarios: readonly Scenario[] = [
  {
    name: 'start',
    title: 'From `npm start` to ready',
    rows: [
      { label: '`npm start` to ready', figure: 'ready', against: null, unit: 'ms', goal: 2_200 },
      { label: 'memory at rest', figure: 'resident', against: 'limit', unit: 'x limit', goal: 1.5 },
      {
        label: 'idle CPU above the limit',
        figure: 'idleCpu',
        against: 'limit',
        unit: 'points of %',
        goal: 1,
        isDifference: true,
      },
    ],
    contenders: [
      starter('herald', 'herald', npmStart),
      starter('limit', 'limit', async (brokers, topic) => {
        const server = await startLimit('publish', brokers, topic)
        return { server, readyMs: server.startedMs }
      }),
    ],
    warmSeconds: 0,
    roundSeconds: 0,
  },
]
