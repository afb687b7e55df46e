/**
 * The scalar DateTime: RFC 3339, kept as the text that it came as. graphql-scalars has one that turns it
 * into a Date, which drops what is finer than a millisecond; `since` must round that up, or it would begin
 * before the moment that was asked for.
 */

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

const LATEST = Date.parse('9999-12-31T23:59:59.999Z')
const EARLIEST = Date.parse('0000-01-01T00:00:00.000Z')

/**
 * Milliseconds since 1970 of an RFC 3339 text, a fraction of a millisecond rounded up; null where it is
 * none (February 30th, an hour 24 and an offset of 24:00 are none). A leap second is the second after it.
 */
export function parseDateTime(text: string): number | null {
  const match = RFC_3339.exec(text)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const fraction = match[7] ?? ''
  const offsetHours = Number(match[9] ?? 0)
  const offsetMinutes = Number(match[10] ?? 0)
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return null
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  date.setUTCHours(hour, minute, second)
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0')) + (/[1-9]/.test(fraction.slice(3)) ? 1 : 0)
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000
  return date.getTime() + milliseconds - offset
}

/**
 * RFC 3339 with milliseconds. What is outside of its four-digit years (any writer may put any number into
 * a record's timestamp) is held at its first or last moment.
 */
export function formatDateTime(milliseconds: number): string {
  // Records come in the order of their times, more or less: most are of the same second as the one before.
  const within = milliseconds - lastSecond.begins
  if (within >= 0 && within < 1_000 && Number.isInteger(within)) {
    return `${lastSecond.text}${within < 10 ? '00' : within < 100 ? '0' : ''}${within}Z`
  }
  const text = format(milliseconds)
  if (milliseconds >= EARLIEST && milliseconds <= LATEST) {
    lastSecond = { begins: Math.floor(milliseconds / 1_000) * 1_000, text: text.slice(0, -4) }
  }
  return text
}

/** The second that was formatted last, and its text up to the point. */
let lastSecond = { begins: Number.NaN, text: '' }

function format(milliseconds: number): string {
  return new Date(Math.min(Math.max(milliseconds, EARLIEST), LATEST)).toISOString()
}
