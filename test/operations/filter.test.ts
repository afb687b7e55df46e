/** Filters, on what makes them say yes or no. */
import { expect, it } from 'vitest'
import { both, eventFilter } from '../../src/operations/filter.ts'

it('asks nothing where nothing restricts', () => {
  const idle = [null, undefined, {}, { type: null }, { type: {} }, { type: { eq: null, in: null, startsWith: null } }]
  for (const filter of idle) expect(eventFilter(filter)).toBeNull()
  expect(both(null, null)).toBeNull()
})
