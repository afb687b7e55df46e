/** The gateway's clock, which records' timestamps are told by; the browser's own may be minutes off. */

let skewMs = 0

/** Now, by the gateway's clock, in milliseconds since 1970. */
export function gatewayNow(): number {
  return Date.now() + skewMs
}

/** Learns from the `Date` of an answer that has just come. It has whole seconds: less than two are no difference. */
export function learnClock({ headers }: Response): void {
  const at = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(at)) return
  const difference = at + 500 - Date.now()
  skewMs = Math.abs(difference) < 2_000 ? 0 : difference
}
