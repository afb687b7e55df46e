/**
 * The request target, split as it came. `new URL()` would eat `..`, `.` and `%2e`, and throw on others: a
 * path segment is a guild's name, whatever it looks like.
 */

export interface Target {
  /** Undecoded, from the first slash to the query. */
  readonly path: string
  /** Undecoded, without the question mark; null where there is none. */
  readonly query: string | null
  /** The host that a target in absolute form names (RFC 9112, section 3.2.2), which overrides Host. */
  readonly host: string | null
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

export function splitTarget(target: string): Target {
  // Nearly all of them: a path and nothing else.
  if (target.startsWith('/') && !target.includes('?') && !target.includes('#')) {
    return { path: target, query: null, host: null }
  }
  const absolute = ABSOLUTE.exec(target)
  const rest = absolute === null ? target : target.slice(absolute[0].length)
  const withoutFragment = rest.split('#', 1)[0]!
  const mark = withoutFragment.indexOf('?')
  const path = mark < 0 ? withoutFragment : withoutFragment.slice(0, mark)
  return {
    path: path === '' && absolute !== null ? '/' : path,
    query: mark < 0 ? null : withoutFragment.slice(mark + 1),
    host: absolute?.[1] ? absolute[1].replace(/^.*@/, '') : null,
  }
}

/** Percent-decodes; null where that gives no UTF-8. */
export function percentDecode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** The values of a query string by name, in order; null where it is not percent-encoded UTF-8. */
export function parseQuery(query: string): ReadonlyMap<string, readonly string[]> | null {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.includes('=') ? pair.indexOf('=') : pair.length
    const name = formDecode(pair.slice(0, equals))
    const value = formDecode(pair.slice(equals + 1))
    if (name === null || value === null) return null
    const known = values.get(name)
    if (known === undefined) values.set(name, [value])
    else known.push(value)
  }
  return values
}

/** A plus stands for a space here, and only here. */
function formDecode(text: string): string | null {
  return percentDecode(text.replaceAll('+', ' '))
}
