/** What answers hold in memory is bounded, for one request and for all together, and given back. */
import { afterEach, expect, it } from 'vitest'
import type { RequestContext } from '../../../src/http/context.ts'
import { hold, holds, letGo } from '../../../src/http/graphql/memory.ts'

const MEGABYTE = 1024 * 1024
const contexts: RequestContext[] = []
const request = (): RequestContext => {
  const context = {} as RequestContext
  contexts.push(context)
  return context
}
afterEach(() => {
  for (const context of contexts.splice(0)) letGo(context)
})

it('what is too large for one request is the request’s fault', () => {
  const one = request()
  hold(one, 60 * MEGABYTE)
  expect(() => hold(one, 5 * MEGABYTE)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  hold(one, 4 * MEGABYTE)
})

it('what is too much for all together passes, and there is room again when one is gone', () => {
  const [a, b, c] = [request(), request(), request()]
  hold(a, 60 * MEGABYTE)
  hold(b, 60 * MEGABYTE)
  expect(() => hold(c, 20 * MEGABYTE)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
  expect(holds(c)).toBe(false)
  letGo(a)
  // Once is enough: what was given back twice would make room for what does not fit.
  letGo(a)
  hold(c, 60 * MEGABYTE)
  expect(() => hold(c, 9 * MEGABYTE)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  expect(() => hold(request(), 9 * MEGABYTE)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
})
