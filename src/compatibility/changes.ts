/**
 * Whether SDL may take the place of older SDL: every difference, each by its coordinate, and whether it breaks a
 * reader of records that are there or a caller who goes on as before. Descriptions and the order of things are no
 * differences.
 */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { callChanges } from './calls.ts'
import type { Change } from './change.ts'
import { typeChanges } from './types.ts'

/** What changed from one catalogue to the other, what breaks first. */
export function changesBetween(before: Catalogue, after: Catalogue): Change[] {
  const changes = [...typeChanges(before, after), ...callChanges(before, after)]
  return [...changes.filter(({ breaks }) => breaks), ...changes.filter(({ breaks }) => !breaks)]
}
