/** The form that header names take in a record: Title-Case, as Flask hands them out. */

const TOKEN = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/

/** `x-forwarded-for` becomes `X-Forwarded-For`: a capital after anything that is not a letter (`X1Abc`). */
export function titleCase(name: string): string {
  return name
    .toLowerCase()
    .replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())
}

/** What was found of names before: a topic's records have the same few. Anybody may write others, so it is bounded. */
const known = new Map<string, boolean>()
const KNOWN = { names: 1_000, characters: 64 }

/** Whether a property of a record can only be a captured header: a token without `_`, in Title-Case. */
export function isHeaderName(name: string): boolean {
  const before = known.get(name)
  if (before !== undefined) return before
  const found = TOKEN.test(name) && titleCase(name) === name
  if (known.size < KNOWN.names && name.length <= KNOWN.characters) known.set(name, found)
  return found
}
