/** The target is split as it came: nothing is resolved, decoded or thrown at. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery, percentDecode, splitTarget } from '../../../src/http/target.ts'

describe('splitTarget', () => {
  it.each([
    ['/', '/', null, null],
    ['/a/../b/./%2e', '/a/../b/./%2e', null, null],
    ['//[a', '//[a', null, null],
    ['/a?', '/a', '', null],
    ['/a?b?c/d', '/a', 'b?c/d', null],
    ['/a#b?c', '/a', null, null],
    ['/a?b#c', '/a', 'b', null],
    ['http://h:1/a?b', '/a', 'b', 'h:1'],
    ['HTTP://h', '/', null, 'h'],
    ['http://h?b', '/', 'b', 'h'],
    ['https://user:pass@h/a', '/a', null, 'h'],
    ['http://a@b@h/', '/', null, 'h'],
    ['http:///a', '/a', null, null],
    ['ftp://h/a', '/a', null, 'h'],
    ['/http://h/a', '/http://h/a', null, null],
    ['*', '*', null, null],
    ['h:1', 'h:1', null, null],
  ])('%s', (target, path, query, host) => {
    expect(splitTarget(target)).toEqual({ path, query, host })
  })

  it('takes any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void splitTarget(text)))
  })
})

it('percent-decodes UTF-8 and nothing else', () => {
  expect(percentDecode('a%2Fb+%E2%82%AC')).toBe('a/b+€')
  for (const text of ['%', '%4', '%zz', '%ff', '%C0%AF', '%ED%A0%80']) expect(percentDecode(text)).toBeNull()
})

describe('parseQuery', () => {
  it.each([
    ['', []],
    ['a', [['a', ['']]]],
    ['a=', [['a', ['']]]],
    ['=a', [['', ['a']]]],
    [
      'a=1&b=2&a=3',
      [
        ['a', ['1', '3']],
        ['b', ['2']],
      ],
    ],
    ['&&a=1&', [['a', ['1']]]],
    ['a=b=c', [['a', ['b=c']]]],
    ['a+b=c+d%2B', [['a b', ['c d+']]]],
    ['%61=%E2%82%AC', [['a', ['€']]]],
    ['__proto__=1', [['__proto__', ['1']]]],
  ] as [string, [string, string[]][]][])('%s', (query, values) => {
    expect([...(parseQuery(query) ?? [])]).toEqual(values)
  })

  it('gives null for what is no percent-encoded UTF-8', () => {
    expect(parseQuery('a=%zz')).toBeNull()
    expect(parseQuery('%ff=a')).toBeNull()
  })

  it('reads back what URLSearchParams writes', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })))
    fc.assert(
      fc.property(pairs, (written) => {
        const read = parseQuery(String(new URLSearchParams(written)))
        for (const [name] of written) {
          expect(read?.get(name)).toEqual(written.filter(([other]) => other === name).map(([, value]) => value))
        }
      }),
    )
  })
})
