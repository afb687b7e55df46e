/** Content negotiation by the Accept header (RFC 9110, section 12.5.1). */

/**
 * The media type of `offered` that the client likes best; null where it takes none. Without the header it
 * takes any. Where it likes two alike, the one that it names first wins, then the one that is offered first.
 */
export function negotiate<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type | null {
  const [first] = offered
  if (first !== undefined && (accept === undefined || accept === '*/*' || accept === first)) return first
  const ranges = (accept?.trim() || '*/*').split(',').map(parseRange)
  let best: { readonly type: Type; readonly quality: number; readonly place: number } | null = null
  for (const type of offered) {
    const place = ranges
      .map(({ range }, place) => ({ place, fit: fits(range, type) }))
      .reduce((most, one) => (one.fit > most.fit ? one : most), { place: -1, fit: 0 }).place
    const quality = ranges[place]?.quality ?? 0
    if (quality === 0) continue
    if (best === null || quality > best.quality || (quality === best.quality && place < best.place)) {
      best = { type, quality, place }
    }
  }
  return best?.type ?? null
}

/** Whether the client names a media type itself, rather than by a wildcard. */
export function names(accept: string | undefined, type: string): boolean {
  return (accept ?? '').split(',').some((text) => parseRange(text).range === type)
}

function parseRange(text: string): { readonly range: string; readonly quality: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
}

/** How closely a range means a type: 3 by name, 2 as `application/*`, 1 as anything, 0 not at all. */
function fits(range: string, type: string): number {
  if (range === type) return 3
  if (range === `${type.slice(0, type.indexOf('/'))}/*`) return 2
  return range === '*/*' ? 1 : 0
}
