/** The one table: to reach, measured, spread, peers. As text for a terminal, and as Markdown. */
import type { Outcome, Row } from './scenario.ts'
import { compare, type Summary } from './statistics.ts'

export interface Line {
  readonly label: string
  readonly toReach: string
  readonly measured: string
  readonly spread: string
  /** Whether it was reached; null: no figure. */
  readonly reached: boolean | null
  readonly peers: string
}

export const HEADINGS = ['', 'to reach', 'measured', 'spread', 'reached', 'peers'] as const

export function linesOf(outcomes: readonly Outcome[]): Line[] {
  return outcomes.flatMap((outcome) => outcome.scenario.rows.map((row) => lineOf(outcome, row)))
}

function lineOf(outcome: Outcome, row: Row): Line {
  const own = compare(outcome, row, row.of ?? 'herald')
  const others = outcome.measured.filter(({ contender }) => contender !== row.against && contender !== 'herald')
  const peers = others.flatMap(({ contender }) => {
    const summary = compare(outcome, row, contender)
    return summary === null ? [`${contender}: no figure`] : [`${contender} ${written(row, summary.median)}`]
  })
  return {
    label: row.label,
    toReach: written(row, row.goal),
    measured: own === null ? 'no figure' : written(row, own.median),
    spread: own === null ? '' : spreadOf(row, own),
    reached: own === null ? null : own.median <= row.goal,
    peers: peers.join(', '),
  }
}

function spreadOf(row: Row, { least, most }: Summary): string {
  return `${numberOf(row, least)} to ${numberOf(row, most)}`
}

/** A number with its unit: a ratio is `1.15x`. */
export function written(row: Row, value: number): string {
  return row.unit.startsWith('x ') ? `${numberOf(row, value)}x` : `${numberOf(row, value)} ${row.unit}`
}

function numberOf({ unit }: Row, value: number): string {
  if (unit.startsWith('x ')) return value.toFixed(2)
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(1)
}

function cellsOf({ label, toReach, measured, spread, reached, peers }: Line): string[] {
  return [label, toReach, measured, spread, reached === null ? '-' : reached ? 'yes' : 'no', peers]
}

export function textTable(lines: readonly Line[]): string {
  const rows = [HEADINGS, ...lines.map(cellsOf)]
  const widths = HEADINGS.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function markdownTable(lines: readonly Line[]): string {
  const rule = HEADINGS.map(() => '---')
  return [HEADINGS, rule, ...lines.map(cellsOf)].map(markdownRow).join('\n')
}

/** A bar within a cell would begin another cell. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
