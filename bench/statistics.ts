/** Medians and spreads, and what the table says of a row. */
import type { Figure, Figures, Measured, Outcome, Row } from './scenario.ts'

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The median and what 99 % are below; 0 where there is nothing. */
export function percentiles(values: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

/** A figure over all rounds. */
export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}

/** One contender's figure in every round that has one. */
export function valuesOf({ rounds }: Measured, figure: Figure): number[] {
  return rounds.flatMap((figures: Figures | null) => figures?.[figure] ?? [])
}

/** A contender held against the row's limit, round by round. Null where either has no figure in any round. */
export function compare({ measured }: Outcome, row: Row, contender: string): Summary | null {
  const own = measured.find((one) => one.contender === contender)
  if (own === undefined) return null
  if (row.against === null) return summarise(valuesOf(own, row.figure))
  const base = measured.find((one) => one.contender === row.against)
  if (base === undefined) return null
  const values = own.rounds.flatMap((figures, round) => {
    const mine = figures?.[row.figure]
    const theirs = base.rounds[round]?.[row.figure]
    if (mine === undefined || theirs === undefined) return []
    return row.isDifference ? mine - theirs : mine / theirs
  })
  return summarise(values)
}
