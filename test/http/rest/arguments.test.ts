/** Texts of a path and a query string become values of the arguments' types. */
import { describe, expect, it } from 'vitest'
import { buildCatalogue } from '../../../src/catalogue/build.ts'
import { parseSdl } from '../../../src/catalogue/sdl-files.ts'
import { HeraldError } from '../../../src/errors.ts'
import { readArguments } from '../../../src/http/rest/arguments.ts'
import { parseQuery } from '../../../src/http/target.ts'
import { SDL } from './game.ts'

const { mutations } = buildCatalogue(parseSdl(SDL, 'game.graphql'))
const argumentsOf = (name: string) => mutations.find((mutation) => mutation.name === name)!.arguments

function read(query: string, segments: Record<string, string> = { item: 'sword' }, name = 'bid') {
  return { ...readArguments(argumentsOf(name), new Map(Object.entries(segments)), parseQuery(query)!) }
}

function refusal(query: string, segments?: Record<string, string>): HeraldError {
  try {
    read(query, segments)
  } catch (error) {
    if (error instanceof HeraldError) return error
    throw error
  }
  throw new Error(`${query} was taken`)
}

describe('readArguments', () => {
  it('takes every type by its name; what is left out is null', () => {
    expect(read('amount=1')).toEqual({
      ...{ item: 'sword', amount: 1, comment: null, urgent: null, weight: null },
      ...{ rarity: null, at: null, tags: null, marks: null },
    })
    expect(
      read('amount=-7&comment=a+b&urgent=true&weight=1.5e3&rarity=RARE&at=2024-01-02T03:04:05Z&tags=a&tags=b&marks=1'),
    ).toEqual({
      ...{ item: 'sword', amount: -7, comment: 'a b', urgent: true, weight: 1_500, rarity: 'RARE' },
      ...{ at: '2024-01-02T03:04:05Z', tags: ['a', 'b'], marks: [1] },
    })
  })

  it('takes a segment before the query string', () => {
    expect(read('amount=1&item=shield').item).toBe('sword')
  })

  it('passes over names that are no arguments', () => {
    expect(read('amount=1&utm_source=x&__proto__=y&constructor=z')).toMatchObject({ amount: 1 })
  })

  it('takes a default for what is left out', () => {
    expect(read('', {}, 'wave')).toEqual({ times: 3, Referer: null })
    expect(read('times=4', {}, 'wave')).toMatchObject({ times: 4 })
  })

  it.each([
    ['', '"amount" is missing'],
    ['Amount=1', '"amount" is missing'],
    ['amount=', '"amount" is no Int'],
    ['amount=x', '"amount" is no Int'],
    ['amount=1.0', '"amount" is no Int'],
    ['amount=1e3', '"amount" is no Int'],
    ['amount=0x10', '"amount" is no Int'],
    ['amount=01', '"amount" is no Int'],
    ['amount=+1', '"amount" is no Int'],
    ['amount=2147483648', '"amount" is no Int'],
    ['amount=-2147483649', '"amount" is no Int'],
    ['amount=1&amount=1', '"amount" is given more than once'],
    ['amount=1&urgent=yes', '"urgent" is no Boolean'],
    ['amount=1&weight=NaN', '"weight" is no Float'],
    ['amount=1&weight=1e999', '"weight" is no Float'],
    ['amount=1&rarity=rare', '"rarity" is no Rarity'],
    ['amount=1&at=yesterday', '"at" is no DateTime'],
    ['amount=1&marks=1&marks=x', '"marks" is no Int'],
  ])('refuses %j', (query, message) => {
    expect(refusal(query)).toMatchObject({
      code: 'BAD_USER_INPUT',
      outcome: 'NOT_WRITTEN',
      message: expect.stringContaining(message),
    })
  })
})
