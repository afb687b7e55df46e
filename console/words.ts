/** How numbers, moments and names are written. */

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A whole number, `12,345`. Offsets come as text, since they may be larger than numbers go. */
export function count(value: number | string): string {
  return COUNT.format(typeof value === 'string' ? BigInt(value) : value)
}

/** Events a second: `0`, `0.4`, `12`, `1,250`. */
export function perSecond(rate: number): string {
  return rate > 0 && rate < 10 ? rate.toFixed(1) : count(rate)
}

/** Time of day, in the reader's time zone: `17:04:05`. */
export function clockTime(ms: number): string {
  const time = new Date(ms)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** The milliseconds of a moment: `042`. */
export function milliseconds(ms: number): string {
  return String(new Date(ms).getMilliseconds()).padStart(3, '0')
}

/** Time of day with milliseconds. */
export function exactTime(ms: number): string {
  return `${clockTime(ms)}.${milliseconds(ms)}`
}

/** A day, where it is not today: `24 Nov`. */
export function day(ms: number): string {
  const date = new Date(ms)
  if (date.toDateString() === new Date().toDateString()) return ''
  return date.toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })
}

/** A cursor as people can tell it from another. */
export function shortCursor(cursor: string): string {
  return cursor.length <= 16 ? cursor : `${cursor.slice(0, 6)}…${cursor.slice(-6)}`
}

/** A mutation's name as a sentence: `buySword` is `Buy sword`. */
export function sentence(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A value as one line. */
export function inline(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`
}
