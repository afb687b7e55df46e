/**
 * Routes: the paths of `@rest`, matched on the raw target's segments. Each segment is decoded by itself, so
 * that `%2F` stays inside one (and is refused, as in Flask, where it would split it); a literal path goes
 * before one with arguments.
 */
import type { Catalogue, MutationField } from '../../catalogue/catalogue.ts'
import { precedence, type RestRoute } from '../../catalogue/rest-route.ts'
import { percentDecode } from '../target.ts'

export interface RouteMatch {
  readonly mutation: MutationField
  readonly route: RestRoute
  /** Texts of the arguments that the path holds. */
  readonly segments: ReadonlyMap<string, string>
}

export type RouteResult = RouteMatch | 'not found' | 'undecodable'

interface Entry {
  readonly mutation: MutationField
  readonly route: RestRoute
}

export class Router {
  readonly #entries: readonly Entry[]

  constructor({ mutations }: Catalogue) {
    const entries = mutations.flatMap((mutation) =>
      mutation.rest === null ? [] : [{ mutation, route: mutation.rest }],
    )
    this.#entries = entries.sort((a, b) => (precedence(a.route) < precedence(b.route) ? -1 : 1))
  }

  match(path: string): RouteResult {
    if (!path.startsWith('/')) return 'not found'
    const raw = path === '/' ? [] : path.slice(1).split('/')
    const segments: string[] = []
    for (const text of raw) {
      const segment = percentDecode(text)
      if (segment === null) return 'undecodable'
      if (segment === '' || segment.includes('/')) return 'not found'
      segments.push(segment)
    }
    for (const { mutation, route } of this.#entries) {
      const found = matchSegments(route, segments)
      if (found !== null) return { mutation, route, segments: found }
    }
    return 'not found'
  }
}

function matchSegments(route: RestRoute, segments: readonly string[]): Map<string, string> | null {
  if (route.segments.length !== segments.length) return null
  const found = new Map<string, string>()
  for (const [index, segment] of route.segments.entries()) {
    const text = segments[index]!
    if ('argument' in segment) found.set(segment.argument, text)
    else if (segment.literal !== text) return null
  }
  return found
}
