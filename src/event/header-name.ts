/** The form that header names take in a record: Title-Case, as Flask hands them out. */

const TOKEN = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/

/** `x-forwarded-for` becomes `X-Forwarded-For`: a capital after anything that is not a letter (`X1Abc`). */
export function titleCase(name: string): string {
  return name
    .toLowerCase()
    .replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase())
}

/** Whether a property of a record can only be a captured header: a token without `_`, in Title-Case. */
export function isHeaderName(name: string): boolean {
  return TOKEN.test(name) && titleCase(name) === name
}
