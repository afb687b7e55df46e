/** Which mutation a path belongs to. */
import { describe, expect, it } from 'vitest'
import { buildCatalogue } from '../../../src/catalogue/build.ts'
import { parseSdl } from '../../../src/catalogue/sdl-files.ts'
import { Router } from '../../../src/http/rest/router.ts'
import { SDL } from './game.ts'

const router = new Router(buildCatalogue(parseSdl(SDL, 'game.graphql')))

/** The mutation and its segments, or what was found in their place. */
function find(path: string): unknown {
  const match = router.match(path)
  return typeof match === 'string' ? match : [match.mutation.name, Object.fromEntries(match.segments)]
}

describe('Router', () => {
  it.each([
    ['/bid/sword', ['bid', { item: 'sword' }]],
    ['/bid/..', ['bid', { item: '..' }]],
    ['/bid/%2e%2e', ['bid', { item: '..' }]],
    ['/bid/a;b', ['bid', { item: 'a;b' }]],
    ['/bid/a+b%20c', ['bid', { item: 'a+b c' }]],
    ['/bid/%E2%82%AC', ['bid', { item: '€' }]],
    ['/bid/%25zz', ['bid', { item: '%zz' }]],
    ['/b%69d/sword', ['bid', { item: 'sword' }]],
    ['/move/p/to/3', ['move', { player: 'p', to: '3' }]],
    ['/move/to/to/to', ['move', { player: 'to', to: 'to' }]],
  ])('%s', (path, found) => expect(find(path)).toEqual(found))

  it('prefers the literal to the argument, in whatever order they were declared', () => {
    expect(find('/bid/all')).toEqual(['bidAll', {}])
    expect(find('/bid/%61ll')).toEqual(['bidAll', {}])
    expect(find('/bid/All')).toEqual(['bid', { item: 'All' }])
  })

  it.each(['', '*', 'bid/x', '/', '//', '/bid', '/bid/', '/bid//x', '//bid/x', '/bid/x/', '/Bid/x', '/bid/x/y'])(
    'has no route for %j',
    (path) => expect(find(path)).toBe('not found'),
  )

  it.each(['/bid/%2F', '/bid/a%2fb', '/bid%2Fx', '/%2Fbid/x'])('takes an encoded slash for no separator: %s', (path) =>
    expect(find(path)).toBe('not found'),
  )

  it.each(['/%', '/bid/%zz', '/bid/%ff', '/nowhere/%C3'])('cannot decode %s', (path) =>
    expect(find(path)).toBe('undecodable'),
  )

  it('has no route for a mutation without @rest', () => expect(find('/silent')).toBe('not found'))
})
