/** What a whole run leaves: bench/results.md, a page that says all that was measured, and its picture. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { About } from './machine.ts'
import { picture } from './picture.ts'
import { FIGURES, type Figure, type Measured, type Outcome } from './scenario.ts'
import { compare, summarise, valuesOf } from './statistics.ts'
import { linesOf, markdownRow, markdownTable } from './table.ts'

const PAGE = fileURLToPath(new URL('./results.md', import.meta.url))
const PICTURE = fileURLToPath(new URL('./results.svg', import.meta.url))

export interface Circumstances {
  readonly about: About
  readonly date: Date
  readonly rounds: number
  /** Of the whole run. */
  readonly seconds: number
}

/** Writes both files; resolves to their names. */
export async function writeResults(outcomes: readonly Outcome[], circumstances: Circumstances): Promise<string> {
  await writeFile(PAGE, resultsPage(outcomes, circumstances))
  await writeFile(PICTURE, picture(outcomes))
  return 'bench/results.md and bench/results.svg'
}

export function resultsPage(outcomes: readonly Outcome[], { about, date, rounds, seconds }: Circumstances): string {
  return `# Results

Written by \`npm run bench\` on ${date.toISOString().slice(0, 10)}, in ${Math.round(seconds)} s. [README.md](README.md) says what is measured and how.

![Herald against limits and peers](results.svg)

## What was to be reached

Medians of ${rounds} rounds. A ratio is Herald's figure divided by the limit's of the same turn, and the spread goes from the
least of these to the most.

${markdownTable(linesOf(outcomes))}

## The machine

${[markdownRow(['', '']), markdownRow(['---', '---']), ...about.map((line) => markdownRow(line))].join('\n')}

## How noisy it was

${noise(outcomes)}

${outcomes.map(section).join('\n\n')}
`
}

/** Where a limit ran twice, as two contenders, the ratio of the two is 1 but for the noise. */
function noise(outcomes: readonly Outcome[]): string {
  const twins = outcomes.flatMap((outcome) =>
    outcome.scenario.rows.flatMap((row) =>
      outcome.measured.flatMap(({ contender }) => {
        if (contender !== `${row.against} again`) return []
        const summary = compare(outcome, row, contender)
        if (summary === null) return []
        const [median, least, most] = [summary.median, summary.least, summary.most].map((value) => value.toFixed(2))
        return [`- ${row.label}: ${median} (${least} to ${most})`]
      }),
    ),
  )
  const busiest = Math.max(
    0,
    ...outcomes.flatMap(({ measured }) => measured.flatMap((one) => valuesOf(one, 'generator'))),
  )
  return `Some limits ran twice, as two processes that know nothing of each other. Were there no noise, the second divided by the
first would be 1:

${twins.join('\n')}

The load generator was busy for ${Math.round(busiest)} % of a core at most.`
}

function section({ scenario, measured }: Outcome): string {
  const figures = (Object.keys(FIGURES) as Figure[]).filter((figure) =>
    measured.some((one) => valuesOf(one, figure).length > 0),
  )
  const rows = measured.map((one) => markdownRow([one.contender, ...figures.map((figure) => cell(one, figure))]))
  const faults = measured.flatMap(({ contender, faults }) => faults.map((fault) => `\n${contender}: ${fault}`))
  return `## ${scenario.title}

${[markdownRow(['', ...figures.map((figure) => FIGURES[figure])]), markdownRow(['---', ...figures.map(() => '---:')]), ...rows].join('\n')}${faults.join('\n')}`
}

/** `61.2 (60.8 to 63.1)`. */
function cell(measured: Measured, figure: Figure): string {
  const summary = summarise(valuesOf(measured, figure))
  if (summary === null) return '-'
  return `${digits(summary.median)} (${digits(summary.least)} to ${digits(summary.most)})`
}

/** Three digits that count, none of them in an exponent. */
function digits(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}
