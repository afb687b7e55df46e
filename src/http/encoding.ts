/** Content codings: what a page that is kept compressed is sent in. */

/**
 * Whether `Accept-Encoding` takes a coding (RFC 9110, section 12.5.3). One that it does not name is not taken, unless
 * `*` is.
 */
export function takesCoding(acceptEncoding: string | readonly string[] | undefined, coding: string): boolean {
  const weights = new Map(
    String(acceptEncoding ?? '')
      .toLowerCase()
      .split(',')
      .map((item) => {
        const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
        const weight = parameters.find((parameter) => parameter.startsWith('q='))
        return [name, weight === undefined ? 1 : Number(weight.slice(2))] as const
      }),
  )
  return (weights.get(coding) ?? weights.get('*') ?? 0) > 0
}
