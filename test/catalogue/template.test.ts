/** Templates: what is expanded is matched back, or not at all; and whether two can be confused is exact. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Template } from '../../src/catalogue/template.ts'

const LETTERS = ['a', 'b', ':']
const NAMES = ['x', 'y', 'z']

/** Templates of few letters, so that chance makes them overlap. */
function templates(options: { names: number; literal: number }): fc.Arbitrary<Template> {
  const literal = (minLength: number) =>
    fc.array(fc.constantFrom(...LETTERS), { minLength, maxLength: options.literal }).map((parts) => parts.join(''))
  return fc
    .nat({ max: options.names })
    .chain((count) =>
      fc.tuple(literal(0), ...Array.from({ length: count }, (_, i) => literal(i === count - 1 ? 0 : 1))),
    )
    .map(([first, ...rest]) => new Template(first + rest.map((after, i) => `{${NAMES[i]}}${after}`).join('')))
}

const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('$&', '$1', '"', '{x}', '{guildName}', '__proto__', 'constructor', '', ':', '::', 'a', 'a:b'),
)

/** By brute force: a glob's language, told by a regular expression. */
function pattern({ literals }: Template): RegExp {
  return new RegExp(`^${literals.join('.*')}$`)
}

const SHORT_TEXTS = ['']
for (const text of SHORT_TEXTS) if (text.length < 9) SHORT_TEXTS.push(...LETTERS.map((letter) => text + letter))

describe('Template', () => {
  it('matches what it expanded: with other values only where theirs expand to the same text', () => {
    fc.assert(
      fc.property(
        templates({ names: 3, literal: 2 }),
        fc.array(value, { minLength: 3, maxLength: 3 }),
        (template, values) => {
          const text = template.expand((name) => values[NAMES.indexOf(name)]!)
          const back = template.match(text)
          expect(back).toHaveLength(template.names.length)
          expect(template.expand((name) => back![template.names.indexOf(name)]!)).toBe(text)
        },
      ),
    )
  })

  it('gives values back that hold nothing of its literals', () => {
    const plain = fc.string({ unit: 'binary' }).map((text) => text.replace(/[ab:]/g, ''))
    fc.assert(
      fc.property(
        templates({ names: 3, literal: 2 }),
        fc.array(plain, { minLength: 3, maxLength: 3 }),
        (template, values) => {
          const text = template.expand((name) => values[NAMES.indexOf(name)]!)
          expect(template.match(text)).toEqual(values.slice(0, template.names.length))
        },
      ),
    )
  })

  it('matches exactly the texts of its form', () => {
    fc.assert(
      fc.property(templates({ names: 3, literal: 2 }), fc.constantFrom(...SHORT_TEXTS), (template, text) => {
        expect(template.match(text) !== null).toBe(pattern(template).test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  // The shortest text that two such templates share is no longer than both prefixes or suffixes and all middles: 5.
  it('knows exactly whether some text matches two templates', () => {
    const small = templates({ names: 2, literal: 1 })
    let confusable = 0
    fc.assert(
      fc.property(small, small, (one, other) => {
        const [first, second] = [pattern(one), pattern(other)]
        const shared = SHORT_TEXTS.some((text) => first.test(text) && second.test(text))
        expect(one.isConfusableWith(other)).toBe(shared)
        expect(other.isConfusableWith(one)).toBe(shared)
        if (shared) confusable++
      }),
      { numRuns: 300 },
    )
    expect(confusable).toBeGreaterThan(10)
    expect(confusable).toBeLessThan(290)
  })

  it.each(['{', '}', '{}', '{ x }', '{x', 'x}', '{1}', '{x-y}', '{{x}}', '{x}{x}'])('refuses %j', (text) => {
    expect(() => new Template(text)).toThrow(text)
  })

  it.each([
    ['', true],
    ['a', true],
    ['{x}', true],
    ['{x}:{y}', true],
    ['{x}{y}', false],
    ['{x}:{y}{z}', false],
  ])('tells that %j can be parsed back: %s', (text, isReversible) => {
    expect(new Template(text).isReversible).toBe(isReversible)
  })
})
