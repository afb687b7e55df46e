/** Replay: pages of 10,000 and of 100 against a bare consumer, and the memory that reading a whole log takes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { heraldOn, peerOn, type Start, startHerald, startLimit } from '../contenders.ts'
import type { Bench, Contender, Figures, Scenario } from '../scenario.ts'

/** Events in the topic that is replayed. */
const TOTAL = 200_000
/** Read by pages of 100: there, fewer are as good. */
const TOTAL_SMALL = 40_000
/** Read by the naive resolver, which joins a group for each page. */
const TOTAL_NAIVE = 20_000
const TOTAL_NAIVE_SMALL = 2_000

/** The fields that every contender can give. */
const pagesOf = (size: number) =>
  `query Page($after: Cursor) { events(first: ${size}, after: $after) { nodes { id type timestamp ... on GuildJoined { guildName } } pageInfo { hasNextPage endCursor } } }`
const naivePagesOf = (size: number) => pagesOf(size).replace('$after: Cursor', '$after: String')

const counted = (bench: Bench, total: number) => Math.max(1_000, Math.round(total * bench.scale))

/** A server that gives pages over GraphQL. */
function pager(name: string, role: Contender['role'], query: string, total: number, start: Start): Contender {
  return {
    name,
    role,
    async open(bench) {
      const count = counted(bench, total)
      const server = await start(bench.brokers, await bench.filled(count))
      return {
        round: (atLeast) =>
          again(atLeast, async () => {
            const before = server.usage().cpuMs
            const { events, seconds } = await bench.generator.run({
              kind: 'replay',
              port: server.port,
              query,
              total: count,
            })
            return figuresOf(server.usage().cpuMs - before, events, count, seconds)
          }),
        close: () => server.stop(),
      }
    },
  }
}

/** Reads again until so many seconds have passed, once at least: the last reading counts. */
async function again(seconds: number, read: () => Promise<Figures>): Promise<Figures> {
  const end = performance.now() + seconds * 1_000
  for (;;) {
    const figures = await read()
    if (performance.now() >= end) return figures
  }
}

/** Throws unless the whole topic was read. */
function figuresOf(cpuMs: number, events: number, expected: number, seconds: number): Figures {
  if (events !== expected) throw new Error(`${events} events of ${expected} were read`)
  return { cpu: (cpuMs * 1_000) / events, rate: events / seconds }
}

function consumer(name: string, role: Contender['role'], total: number, parse: boolean): Contender {
  return {
    name,
    role,
    async open(bench) {
      const count = counted(bench, total)
      const topic = await bench.filled(count)
      const server = await startLimit('consumer', bench.brokers, topic)
      return {
        round: (atLeast) =>
          again(atLeast, async () => {
            const before = server.usage().cpuMs
            const begin = performance.now()
            server.child.send({ read: topic, count, parse })
            const [{ read }] = (await once(server.child, 'message')) as [{ read: number }]
            return figuresOf(server.usage().cpuMs - before, read, count, (performance.now() - begin) / 1_000)
          }),
        close: () => server.stop(),
      }
    },
  }
}

/** kcat is a process for each reading; bash's `times` tells what its child has used. */
function kcat(total: number): Contender {
  return {
    name: 'kcat',
    role: 'limit',
    async open(bench) {
      const count = counted(bench, total)
      const topic = await bench.filled(count)
      return {
        async round() {
          const begin = performance.now()
          const command = `command -v kcat >/dev/null || exit; kcat -C -q -b ${bench.brokers} -t ${topic} -o beginning -e | wc -l; times`
          const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] })
          let output = ''
          child.stdout.setEncoding('utf8').on('data', (text: string) => {
            output += text
          })
          await once(child, 'close')
          if (output === '') throw new Error('kcat is not installed')
          const [lines = '', , children = ''] = output.trim().split('\n')
          const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
            (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
            0,
          )
          return figuresOf(seconds * 1_000, Number(lines), count, (performance.now() - begin) / 1_000)
        },
        close: async () => {},
      }
    },
  }
}

const herald = (size: number, total: number) => pager('herald', 'herald', pagesOf(size), total, heraldOn)
const naive = (size: number, total: number) =>
  pager('naive resolver', 'peer', naivePagesOf(size), total, peerOn('naive-replay'))

/** A whole log by pages of 10,000: the most memory that the process had, above what it had idle. */
const memory: Contender = {
  name: 'herald',
  role: 'herald',
  async open(bench) {
    const count = counted(bench, TOTAL)
    const topic = await bench.filled(count)
    return {
      async round() {
        const server = await startHerald({ brokers: bench.brokers, topic })
        try {
          await new Promise((resolve) => setTimeout(resolve, 500))
          const idle = server.usage().residentBytes
          let most = idle
          const watch = setInterval(() => {
            most = Math.max(most, server.usage().residentBytes)
          }, 10)
          // Three times over: were memory to grow with the length, it would be seen.
          for (let time = 0; time < 3; time++) {
            const { events } = await bench.generator.run({
              kind: 'replay',
              port: server.port,
              query: pagesOf(10_000),
              total: count,
            })
            if (events !== count) throw new Error(`${events} events of ${count} were read`)
          }
          clearInterval(watch)
          return { aboveIdle: (most - idle) / 1e6, resident: most / 1e6 }
        } finally {
          await server.stop()
        }
      },
      close: async () => {},
    }
  },
}

export const replayScenarios: readonly Scenario[] = [
  {
    name: 'replay-10000',
    title: 'Replay, pages of 10,000',
    rows: [{ label: 'replay, pages of 10,000', figure: 'cpu', against: 'bare consumer', unit: 'x limit', goal: 0.9 }],
    contenders: [
      herald(10_000, TOTAL),
      consumer('bare consumer', 'limit', TOTAL, false),
      consumer('bare consumer again', 'limit', TOTAL, false),
      consumer('bare consumer, JSON parsed', 'limit', TOTAL, true),
      kcat(TOTAL),
      naive(10_000, TOTAL_NAIVE),
    ],
    warmSeconds: 4,
    roundSeconds: 0,
  },
  {
    name: 'replay-100',
    title: 'Replay, pages of 100',
    rows: [{ label: 'replay, pages of 100', figure: 'cpu', against: 'bare consumer', unit: 'x limit', goal: 2 }],
    contenders: [
      herald(100, TOTAL_SMALL),
      consumer('bare consumer', 'limit', TOTAL, false),
      naive(100, TOTAL_NAIVE_SMALL),
    ],
    warmSeconds: 4,
    roundSeconds: 0,
  },
  {
    name: 'replay-memory',
    title: "Replay's memory",
    rows: [{ label: "replay's memory above idle", figure: 'aboveIdle', against: null, unit: 'MB', goal: 150 }],
    contenders: [memory],
    warmSeconds: 0,
    roundSeconds: 0,
  },
]
