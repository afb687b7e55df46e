/** The one page that a run prints: what was done, what was found, how long each fault kept anybody waiting. */
import { isClean, type Verdict } from './checker.ts'
import type { History, Stream } from './history.ts'

/** How many violations of each kind are told in full. */
const TOLD = 10

/** The page, ready to print. */
export function pageOf(title: string, history: History, verdict: Verdict): string {
  const { publishes, streams, log } = history
  const count = (kind: string) => publishes.filter(({ answer }) => answer.kind === kind).length
  const refused = publishes.filter(({ answer }) => answer.kind === 'failed')
  const unknown = refused.filter(({ answer }) => answer.kind === 'failed' && answer.outcome === 'UNKNOWN').length
  const deliveries = streams.reduce((sum, stream) => sum + stream.deliveries.length, 0)
  const lasting = streams.filter(({ left }) => !left).length
  const [read, came] = [true, false].map((isPages) =>
    streams.filter(({ left, pinnedAt }) => left && (pinnedAt === Number.POSITIVE_INFINITY) === isPages),
  ) as [Stream[], Stream[]]
  const archives = came.filter(({ isFromBeginning }) => isFromBeginning).length
  const pages = read.reduce((sum, { connections }) => sum + connections.length, 0)
  const retries = publishes.reduce((sum, { keyed }) => sum + (keyed?.retries.length ?? 0), 0)
  const connections = streams.reduce((sum, stream) => sum + stream.connections.length, 0)
  const single = publishes.filter(({ keyed }) => keyed === undefined)
  const slowest = single.reduce((most, { invokedAt, endedAt }) => Math.max(most, endedAt - invokedAt), 0)
  const kinds = [
    ['lost', verdict.lost],
    ['doubled', verdict.doubled],
    ['out of order', verdict.outOfOrder],
    ['broken promises', verdict.brokenPromises],
  ] as const
  return [
    title,
    `  events       ${publishes.length} published: ${count('acknowledged')} acknowledged, ${refused.length - unknown} NOT_WRITTEN, ${unknown} UNKNOWN, ${count('none')} without an answer`,
    `  log          ${log.length} records`,
    `  retries      ${retries} with an Idempotency-Key`,
    `  subscribers  ${lasting} to the end, ${came.length - archives} newcomers, ${archives} from EARLIEST to END; ${connections - pages} connections`,
    `  readers      ${pages} pages in ${read.length} chains while it was broken`,
    `  deliveries   ${deliveries}`,
    `  slowest answer to a publish  ${seconds(slowest)}`,
    '  longest gap in service for the client that had it worst, and how long after the repair all had been served:',
    `    ${'fault'.padEnd(40)}${['publishing', 'streaming', 'served'].map((word) => word.padStart(12)).join('')}`,
    ...verdict.gaps.map(({ fault, publishing, streaming, served }) => {
      const times = [publishing, streaming, served].map((ms) => (ms === null ? 'never' : seconds(ms)).padStart(12))
      return `    ${fault.padEnd(40)}${times.join('')}`
    }),
    ...kinds.map(([kind, found]) => `  ${kind.padEnd(16)} ${found.length}`),
    ...kinds.flatMap(([kind, found]) => found.slice(0, TOLD).map((line) => `    ${kind}: ${line}`)),
    isClean(verdict) ? '  The history is clean.' : '  VIOLATED.',
    '',
  ].join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}
