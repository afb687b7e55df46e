/**
 * `npm run bench`: Herald side by side with limits and peers, in one run, interleaved, on a real Kafka. Prints one
 * table; a whole run writes bench/results.md and bench/results.svg too. `npm run bench -- --list` names the scenarios.
 */
import { loadavg } from 'node:os'
import { startBrokers } from './broker.ts'
import { startGenerator } from './load/generator.ts'
import { aboutMachine } from './machine.ts'
import { readOptions } from './options.ts'
import { installPeers } from './peers.ts'
import { writeResults } from './results.ts'
import { type Bench, type Outcome, runScenario, type Scenario } from './scenario.ts'
import { deliveryScenarios } from './scenarios/delivery.ts'
import { embeddedScenarios } from './scenarios/embedded.ts'
import { fanOutScenarios } from './scenarios/fan-out.ts'
import { footprintScenarios } from './scenarios/footprint.ts'
import { publishScenarios } from './scenarios/publish.ts'
import { replayScenarios } from './scenarios/replay.ts'
import { linesOf, textTable } from './table.ts'

const SCENARIOS: readonly Scenario[] = [
  ...publishScenarios,
  ...replayScenarios,
  ...fanOutScenarios,
  ...deliveryScenarios,
  ...footprintScenarios,
  ...embeddedScenarios,
]

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.list) {
    for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(20)}${title}`)
    return
  }
  if (process.platform !== 'linux') throw new Error('The bench reads CPU time from /proc, so it runs on Linux only.')
  const chosen = SCENARIOS.filter(
    ({ name }) => options.only.length === 0 || options.only.some((asked) => isMeant(name, asked)),
  )
  if (chosen.length === 0) throw new Error(`There is no scenario ${options.only.join(', ')}; --list names them.`)
  const progress = (line: string) => console.error(`[${String(Math.round(process.uptime())).padStart(3)} s] ${line}`)
  if (options.peers) await installPeers(progress)
  const about = await aboutMachine()
  const busy = loadavg()[0]!
  if (busy > 1) progress(`others keep this machine busy (load ${busy.toFixed(1)}): what is measured now is noisy`)
  progress('starting Kafka')
  const brokers = await startBrokers(progress)
  const generator = startGenerator()
  const bench: Bench = {
    brokers: brokers.bootstrap,
    generator,
    scale: options.scale,
    topic: brokers.topic,
    endOf: brokers.endOf,
    filled: brokers.filled,
    slowBroker: brokers.slow,
  }
  const outcomes: Outcome[] = []
  try {
    for (const scenario of chosen) outcomes.push(await runScenario(scenario, bench, options, progress))
  } finally {
    await generator.close()
    await brokers.close()
  }
  console.log(`\n${textTable(linesOf(outcomes))}\n`)
  const circumstances = { about, date: new Date(), rounds: options.rounds, seconds: process.uptime() }
  if (options.write) progress(`wrote ${await writeResults(outcomes, circumstances)}`)
  const faults = outcomes.flatMap(({ scenario, measured }) =>
    measured.flatMap(({ contender, faults }) => faults.map((fault) => `${scenario.name}, ${contender}: ${fault}`)),
  )
  for (const fault of faults) console.error(`no figure: ${fault}`)
  process.exitCode = outcomes.some(lacksFigure) ? 1 : 0
}

/** `replay-100` means that one alone, `replay` all of them. */
function isMeant(name: string, asked: string): boolean {
  return SCENARIOS.some((one) => one.name === asked) ? name === asked : name.startsWith(asked)
}

/** Whether Herald, or what it is held against, had a fault. A peer, or a kcat that is not installed, is no failure. */
function lacksFigure({ scenario, measured }: Outcome): boolean {
  const needed = scenario.rows.flatMap(({ against, of = 'herald' }) => [against, of])
  return measured.some(({ contender, faults }) => faults.length > 0 && needed.includes(contender))
}

main().then(
  // What a killed server left behind must not keep us.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
