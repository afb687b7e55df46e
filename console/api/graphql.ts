/**
 * The console's way to the gateway: an operation goes out by POST, a result or an `ApiError` comes back. Nothing
 * here is the console's privilege; it is what any client does.
 */
import type { TypedDocumentString } from '../generated/graphql.ts'
import { learnClock } from './clock.ts'

const ENDPOINT = '/graphql'

/** Codes of src/errors.ts after which the same request may succeed by itself. */
const PASSING: ReadonlySet<string> = new Set([
  'LOG_UNAVAILABLE',
  'OVERLOADED',
  'RATE_LIMITED',
  'SUBSCRIBER_TOO_SLOW',
  'UNREACHABLE',
])

/** What the gateway refused, or that it could not be reached (`UNREACHABLE`). The message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** `extensions.code` of GraphQL's error. */
  readonly code: string
  /** For a publishing: NOT_WRITTEN, UNKNOWN, or null where nothing is said. */
  readonly outcome: string | null

  constructor(code: string, message: string, outcome: string | null = null) {
    super(message)
    this.code = code
    this.outcome = outcome
  }

  /** Whether trying again is all there is to do. */
  get isPassing(): boolean {
    return PASSING.has(this.code)
  }
}

/** What an answer of the gateway is. */
export interface GraphQLResult<Data> {
  readonly data?: Data | null
  readonly errors?: readonly {
    readonly message: string
    readonly extensions?: { readonly code?: string; readonly outcome?: string }
  }[]
}

type Document<Data, Variables> = TypedDocumentString<Data, Variables>

interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Runs a query or a mutation. Rejects with `ApiError`, or with the reason of an abort. */
export async function ask<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
  options: AskOptions = {},
): Promise<Data> {
  const response = await post(document, variables, 'application/json', options)
  const result = await readResult<Data>(response)
  const error = errorOf(result)
  if (error !== null) throw error
  if (result.data == null) throw new ApiError('INTERNAL_SERVER_ERROR', 'The gateway answered with nothing.')
  return result.data
}

/** Sends an operation. Rejects with `ApiError` (`UNREACHABLE`), or with the reason of an abort. */
export async function post<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
  accept: string,
  { headers = {}, signal }: AskOptions,
): Promise<Response> {
  try {
    const response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: String(document), variables }),
      ...(signal !== undefined && { signal }),
    })
    learnClock(response)
    return response
  } catch {
    signal?.throwIfAborted()
    throw new ApiError('UNREACHABLE', 'The gateway cannot be reached.')
  }
}

/** The JSON of an answer. Rejects with `ApiError` where it is none, as a proxy's page is none. */
export async function readResult<Data>(response: Response): Promise<GraphQLResult<Data>> {
  try {
    return (await response.json()) as GraphQLResult<Data>
  } catch {
    const { status } = response
    // Nothing where something was asked for comes from what is stopping, or from a proxy whose server is away.
    const code = status === 401 ? 'UNAUTHENTICATED' : status >= 400 && status < 500 ? 'REFUSED' : 'UNREACHABLE'
    throw new ApiError(code, `The gateway answered with status ${status} and no result.`)
  }
}

/** The first error of a result; null where there is none. */
export function errorOf({ errors }: GraphQLResult<unknown>): ApiError | null {
  const [error] = errors ?? []
  if (error === undefined) return null
  const { code = 'INTERNAL_SERVER_ERROR', outcome = null } = error.extensions ?? {}
  return new ApiError(code, error.message, outcome)
}
