/** Whose turn it is to read: one in each turn of the event loop, in the order in which they came. */
import { expect, it } from 'vitest'
import { Pace } from '../../src/operations/pace.ts'

/** A turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

it('lets one go on in each turn, in order, and whoever is alone at once', async () => {
  const pace = new Pace()
  const went: string[] = []
  const go = (name: string) => void pace.turn().then(() => went.push(name))
  for (const name of ['a', 'b', 'c']) go(name)
  await Promise.resolve()
  expect(went).toEqual(['a'])
  await turn()
  expect(went).toEqual(['a', 'b'])
  await turn()
  expect(went).toEqual(['a', 'b', 'c'])
  await turn()
  go('d')
  await Promise.resolve()
  expect(went.at(-1)).toBe('d')
})

// 50 pages that were read at once kept whoever published an event waiting for all of them.
it('lets others have every second turn at least, however many wait', async () => {
  const pace = new Pace()
  let read = 0
  for (let n = 0; n < 1_000; n++) void pace.turn().then(() => read++)
  for (let turns = 1; turns <= 10; turns++) {
    await turn()
    expect(read).toBeLessThanOrEqual(turns + 1)
  }
})
