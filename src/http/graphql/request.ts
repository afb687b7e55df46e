/** GraphQL requests as they come in by HTTP, SSE or WebSocket: `unknown` at the edge, parsed once. */
import { HeraldError } from '../../errors.ts'
import { parseQuery } from '../target.ts'

export interface GraphQLRequest {
  readonly query: string
  readonly variables: { readonly [name: string]: unknown } | null
  /** Null where none is given; an empty name is none. */
  readonly operationName: string | null
}

/** More than anything that is an argument here; a scalar of the user's own may take what it likes. */
const MAX_NESTING = 64

/** The request of a POST's body. Throws BAD_USER_INPUT. */
export function requestOfBody(body: string): GraphQLRequest {
  return parseRequest(parseJson(body, 'The body'))
}

/** The request of a GET's query string, without the question mark. Throws BAD_USER_INPUT. */
export function requestOfQuery(query: string): GraphQLRequest {
  const parameters = parseQuery(query)
  if (parameters === null) throw refusal('The query string is not percent-encoded UTF-8.')
  const text = (name: string) => parameters.get(name)?.[0]
  const json = (name: string) => (text(name) ? parseJson(text(name)!, `"${name}"`) : undefined)
  return parseRequest({
    query: text('query'),
    variables: json('variables'),
    operationName: text('operationName'),
    extensions: json('extensions'),
  })
}

/** The request that an object is, a WebSocket message's payload for instance. Throws BAD_USER_INPUT. */
export function parseRequest(body: unknown): GraphQLRequest {
  if (!isRecord(body)) throw refusal('A request is a JSON object with "query".')
  const { query, variables, operationName, extensions } = body
  if (typeof query !== 'string') throw refusal('"query" must be a string.')
  if (variables != null && !isRecord(variables)) throw refusal('"variables" must be an object.')
  if (operationName != null && typeof operationName !== 'string') throw refusal('"operationName" must be a string.')
  if (extensions != null && !isRecord(extensions)) throw refusal('"extensions" must be an object.')
  if (!isShallow(variables, MAX_NESTING)) throw refusal(`"variables" are nested more than ${MAX_NESTING} deep.`)
  return { query, variables: variables ?? null, operationName: operationName || null }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal(`${what} is no JSON.`)
  }
}

function refusal(message: string): HeraldError {
  return new HeraldError('BAD_USER_INPUT', message)
}

/** What is written out again by recursion, JSON.stringify's too, must not overflow the stack. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    if (!isShallow(inner, levels - 1)) return false
  }
  return true
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
