/**
 * `npm run test:faults`: the full schedule, about three minutes, on real brokers and real gateways, then the page.
 * Exits with 1 where the history holds a violation.
 */
import { check, isClean } from './checker.ts'
import {
  allFrozen,
  allKilled,
  chaos,
  followersFrozen,
  gatewayKilled,
  leaderFrozen,
  leaderKilled,
  rollingRestart,
  runCluster,
} from './cluster.ts'
import { runEmbedded } from './embedded.ts'
import type { History } from './history.ts'
import { pageOf } from './page.ts'

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`)

function judge(title: string, history: History): void {
  const verdict = check(history)
  console.log(`\n${pageOf(title, history, verdict)}`)
  if (!isClean(verdict)) process.exitCode = 1
}

say('starting three brokers and two gateways')
judge(
  'KAFKA, three brokers, two gateways',
  await runCluster({
    events: 20_000,
    progress: say,
    schedule: [
      leaderKilled,
      gatewayKilled(0),
      leaderFrozen(8),
      gatewayKilled(1),
      rollingRestart,
      allFrozen(8),
      allKilled(8),
      followersFrozen(5),
      chaos(25),
    ],
  }),
)
say('the embedded log')
judge('EMBEDDED LOG, one gateway', await runEmbedded({ kills: 5, eventsBetween: 500 }))
