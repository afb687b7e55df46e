/** The line through what was measured, from which sizes that nobody has measured are told. */
import { expect, it } from 'vitest'
import { lineThrough, type Point } from '../../../bench/scaling/fit.ts'

const onLine = (base: number, slope: number, ...xs: number[]): Point[] => xs.map((x) => [x, base + slope * x])

it('finds the line that points are on, be they decades apart', () => {
  const { base, slope, error } = lineThrough(onLine(30, 4, 1, 10, 100, 10_000))
  expect(base).toBeCloseTo(30)
  expect(slope).toBeCloseTo(4)
  expect(error).toBeCloseTo(0)
})

it('tells how far the farthest point is off, as a share of it', () => {
  const { error } = lineThrough([
    [1, 100],
    [2, 200],
    [3, 300],
    [4, 500],
  ])
  expect(error).toBeGreaterThan(0.05)
  expect(error).toBeLessThan(0.2)
})

it('lets nothing cost less than nothing', () => {
  const through0 = lineThrough(onLine(-5, 2, 5, 10, 20, 40))
  expect(through0.base).toBe(0)
  expect(through0.slope).toBeGreaterThan(1)
  expect(
    lineThrough([
      [1, 10],
      [10, 10.2],
      [100, 9.9],
      [1_000, 9.5],
    ]),
  ).toMatchObject({ slope: 0 })
})
