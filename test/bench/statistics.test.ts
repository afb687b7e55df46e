import { describe, expect, it } from 'vitest'
import { compare, median, percentiles, summarise, valuesOf } from '../../bench/statistics.ts'
import { first, firstRow, mutation, mutationRow, outcomeOf } from './outcomes.ts'

it.each([
  [[3], 3],
  [[10, 9, 100], 10],
  [[4, 1, 3, 2], 2.5],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

it('knows what half and 99 % of all are below', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index)
  expect(percentiles(values)).toEqual({ p50: 101, p99: 199 })
  expect(percentiles([7])).toEqual({ p50: 7, p99: 7 })
  expect(percentiles([])).toEqual({ p50: 0, p99: 0 })
})

it('has no summary of nothing', () => {
  expect(summarise([])).toBeNull()
  expect(summarise([2, 1, 4])).toEqual({ median: 2, least: 1, most: 4 })
})

it('leaves out rounds without a figure', () => {
  expect(valuesOf(mutation.measured[0]!, 'cpu')).toEqual([55, 100])
  expect(valuesOf(mutation.measured[0]!, 'rate')).toEqual([])
})

describe('compare', () => {
  it("divides each round by the limit's of the same turn, so that a slow moment of the machine cancels out", () => {
    expect(compare(mutation, mutationRow, 'herald')).toEqual({ median: 1.175, least: 1.1, most: 1.25 })
    expect(compare(mutation, mutationRow, 'a peer')).toEqual({ median: 4, least: 4, most: 4 })
  })

  it('takes the figure itself where there is nothing to divide by', () => {
    expect(compare(first, firstRow, 'herald')).toEqual({ median: 41.125, least: 12.25, most: 70 })
  })

  it('subtracts where the goal is a difference', () => {
    const row = { ...mutationRow, isDifference: true }
    expect(compare(mutation, row, 'herald')).toEqual({ median: 12.5, least: 5, most: 20 })
  })

  it('is null where either has no figure, or is not there', () => {
    expect(compare(mutation, mutationRow, 'one that did not start')).toBeNull()
    expect(compare(mutation, mutationRow, 'nobody')).toBeNull()
    expect(compare(outcomeOf([mutationRow], [mutation.measured[0]!]), mutationRow, 'herald')).toBeNull()
  })
})
