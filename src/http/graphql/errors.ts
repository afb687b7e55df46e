/**
 * From what was thrown to what a client may see. A `HeraldError` shows its message and code; graphql-js's own
 * errors about documents and variables get the code they stand for; everything else is a fault of ours: it
 * is masked, and reported to whoever watches the log.
 */
import { type ExecutionResult, GraphQLError, type GraphQLErrorOptions } from 'graphql'
import { type ErrorCode, HeraldError } from '../../errors.ts'
import { channels } from '../../observability/channels.ts'

/** The error as it may be shown. `code` is for graphql-js's own errors, which carry none. */
export function publicError(error: unknown, code: ErrorCode = 'BAD_USER_INPUT'): GraphQLError {
  const original = originalOf(error)
  const place = placeOf(error)
  if (original instanceof HeraldError) {
    const { outcome } = original
    return new GraphQLError(original.message, {
      ...place,
      extensions: { code: original.code, ...(outcome && { outcome }) },
    })
  }
  if (error instanceof GraphQLError && original instanceof GraphQLError) {
    // `http` is what Yoga tells its own HTTP layer; over a WebSocket nobody would take it out again.
    const { http: _status, ...extensions } = original.extensions
    return new GraphQLError(error.message, { ...place, extensions: { code, ...extensions } })
  }
  channels.fault.publish({ error: original })
  return new GraphQLError('Something went wrong inside Herald; its log tells more.', {
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  })
}

/** What was thrown first: graphql-js wraps it to say where. */
function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error
}

/** Where in the document the error belongs. */
function placeOf(error: unknown): GraphQLErrorOptions {
  if (!(error instanceof GraphQLError)) return {}
  const { nodes, source, positions, path } = error
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null }
}

/** A result whose errors may all be shown. */
export function publicResult(result: ExecutionResult): ExecutionResult {
  if (result.errors === undefined) return result
  return { ...result, errors: result.errors.map((error) => publicError(error)) }
}

/** JSON of such a result, where that of its data is there already. */
export function publicText(data: string, errors: readonly GraphQLError[]): string {
  if (errors.length === 0) return `{"data":${data}}`
  return `{"errors":${JSON.stringify(errors.map((error) => publicError(error)))},"data":${data}}`
}

/** An error of the request itself, with its code. */
export function requestError(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}
