/**
 * `npm run bench:scaling`: how publishing and fan-out grow with workers, gateways, partitions and subscribers, on a real
 * Kafka. Writes the measured tables, the costs that were fitted to them, and what follows for sizes that no machine here
 * has, into docs/scaling.md between its markers; about five minutes on two cores.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measure } from './scaling/measure.ts'
import { reportOf, writeReport } from './scaling/report.ts'

const USAGE = `Usage: npm run bench:scaling [-- OPTIONS]
  --rounds N     rounds of each point, of which the median counts; default 3
  --seconds N    seconds of each round; default 1.5
  --json FILE    writes the figures of all points there too
  --no-write     leaves docs/scaling.md as it is; so do other rounds and seconds`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '1.5' },
      json: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  if (process.platform !== 'linux') throw new Error('The bench reads CPU time from /proc, so it runs on Linux only.')
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 20 && seconds >= 0.2 && seconds <= 60))
    throw new Error(USAGE)
  const progress = (line: string) => console.error(`[${String(Math.round(process.uptime())).padStart(3)} s] ${line}`)
  const measured = await measure({ rounds, seconds, progress })
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`)
  const report = reportOf(measured, { rounds, seconds })
  console.log(report)
  if (!values['no-write'] && rounds >= 3 && seconds >= 1.5) progress(`wrote ${writeReport(report)}`)
}

main().then(
  // What a killed server left behind must not keep us.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  },
)
