import { describe, expect, it } from 'vitest'
import { readOptions } from '../../bench/options.ts'

describe('what npm run bench can be told', () => {
  it('is a whole run by default, which alone is kept', () => {
    expect(readOptions([])).toMatchObject({ only: [], rounds: 3, seconds: null, scale: 1, peers: true, write: true })
    expect(readOptions(['--rounds', '5']).write).toBe(true)
  })

  it.each([
    ['--only', 'mutation'],
    ['--rounds', '2'],
    ['--seconds', '9'],
    ['--scale', '0.5'],
    ['--no-peers'],
    ['--no-write'],
  ])('%s %s keeps nothing', (...args) => {
    expect(readOptions(args).write).toBe(false)
  })

  it.each([
    ['--rounds', '0'],
    ['--rounds', ''],
    ['--rounds', 'many'],
    ['--scale', '2'],
    ['--seconds', '-1'],
    ['--faster'],
  ])('%s %s is refused with the usage', (...args) => {
    expect(() => readOptions(args)).toThrow(/Usage: npm run bench/)
  })

  it('takes several scenarios', () => {
    expect(readOptions(['--only', 'mutation,rest,']).only).toEqual(['mutation', 'rest'])
  })
})
