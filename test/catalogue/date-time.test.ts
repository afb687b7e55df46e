/** DateTime: RFC 3339 as Date reads it, stricter where Date is lenient, and fractions rounded up. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDateTime, parseDateTime } from '../../src/catalogue/date-time.ts'

const EARLIEST = Date.parse('0000-01-01T00:00:00.000Z')
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')
const moment = fc.integer({ min: EARLIEST, max: LATEST })
const two = (number: number) => String(number).padStart(2, '0')

describe('parseDateTime', () => {
  it('reads what formatDateTime writes', () => {
    fc.assert(
      fc.property(moment, (ms) => {
        expect(parseDateTime(formatDateTime(ms))).toBe(ms)
      }),
    )
  })

  it('agrees with Date on every offset', () => {
    const offset = fc.tuple(fc.constantFrom('+', '-'), fc.nat({ max: 23 }), fc.nat({ max: 59 }))
    fc.assert(
      fc.property(moment, offset, (ms, [sign, hours, minutes]) => {
        const text = `${formatDateTime(ms).slice(0, -1)}${sign}${two(hours)}:${two(minutes)}`
        expect(parseDateTime(text)).toBe(Date.parse(text))
      }),
    )
  })

  it('rounds a fraction of a millisecond up, however small', () => {
    fc.assert(
      fc.property(moment, fc.stringMatching(/^[0-9]{0,30}$/), (ms, digits) => {
        const text = formatDateTime(ms).replace('Z', `${digits}Z`)
        expect(parseDateTime(text)).toBe(ms + (/[1-9]/.test(digits) ? 1 : 0))
      }),
    )
  })

  it('takes a day exactly where the calendar has it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9999 }), fc.nat({ max: 13 }), fc.nat({ max: 32 }), (year, month, day) => {
        const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T00:00:00.000Z`
        const date = new Date(text)
        const exists = !Number.isNaN(date.getTime()) && date.toISOString() === text
        expect(parseDateTime(text)).toBe(exists ? date.getTime() : null)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['a leap second, which is the second after it', '2016-12-31T23:59:60Z', Date.parse('2017-01-01T00:00:00Z')],
    ['small letters', '2026-11-24t12:00:00.5z', Date.parse('2026-11-24T12:00:00.500Z')],
    ['a blank', '2026-11-24 12:00:00Z', Date.parse('2026-11-24T12:00:00Z')],
    ['an unknown local offset', '2026-11-24T12:00:00-00:00', Date.parse('2026-11-24T12:00:00Z')],
  ])('takes %s', (_what, text, ms) => expect(parseDateTime(text)).toBe(ms))

  it.each([
    '',
    '2026',
    '2026-11-24',
    '2026-11-24T12:00Z',
    '2026-11-24T12:00:00',
    '2026-11-24T12:00:00.Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T12:60:00Z',
    '2026-11-24T12:00:61Z',
    '2026-11-24T12:00:00+24:00',
    '2026-11-24T12:00:00+00:60',
    '2026-11-24T12:00:00+0100',
    '+002026-11-24T12:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    ' 2026-11-24T12:00:00Z',
    '2026-11-24T12:00:00Z\n',
    '٢٠٢٦-11-24T12:00:00Z',
    '0',
  ])('refuses %j', (text) => expect(parseDateTime(text)).toBeNull())
})

describe('formatDateTime', () => {
  it.each([
    [-1, '1969-12-31T23:59:59.999Z'],
    [Number.MAX_SAFE_INTEGER, '9999-12-31T23:59:59.999Z'],
    [2 ** 63, '9999-12-31T23:59:59.999Z'],
    [-(2 ** 63), '0000-01-01T00:00:00.000Z'],
  ])('holds %d at a four-digit year', (ms, text) => expect(formatDateTime(ms)).toBe(text))
})
