/** A straight line through measured points: the cost of one more, and how far the points are from it. */

/** `[x, y]`, y above 0. */
export type Point = readonly [x: number, y: number]

export interface Line {
  /** y where x is 0. */
  readonly base: number
  /** What one more x costs. */
  readonly slope: number
  /** The farthest point's distance from the line, as a share of its y. */
  readonly error: number
}

/**
 * Least squares of the relative distances: points lie decades apart, and the large ones must not be the only ones that
 * count. Nothing costs less than nothing: a line that would begin below 0 goes through 0, one that would fall is level.
 */
export function lineThrough(points: readonly Point[]): Line {
  const weighted = points.map(([x, y]) => ({ x, y, weight: 1 / y ** 2 }))
  const sum = (of: (x: number, y: number) => number) =>
    weighted.reduce((total, { x, y, weight }) => total + weight * of(x, y), 0)
  const [w, sx, sy, sxx, sxy] = [sum(() => 1), sum((x) => x), sum((_, y) => y), sum((x) => x * x), sum((x, y) => x * y)]
  const slope = (w * sxy - sx * sy) / (w * sxx - sx * sx)
  const base = (sy - slope * sx) / w
  const line = slope < 0 ? { base: sy / w, slope: 0 } : base < 0 ? { base: 0, slope: sxy / sxx } : { base, slope }
  return { ...line, error: Math.max(...points.map(([x, y]) => Math.abs(line.base + line.slope * x - y) / y)) }
}
