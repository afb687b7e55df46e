/** GraphQL requests as they come in by HTTP, SSE or WebSocket: `unknown` at the edge, parsed once. */
import { type DocumentNode, type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql'
import type { RequestContext } from '../context.ts'
import type { Engine } from './engine.ts'
import { publicError, requestError } from './errors.ts'

export interface GraphQLRequest {
  readonly query: string
  readonly variables: { readonly [name: string]: unknown } | null
  readonly operationName: string | null
}

/** Throws a GraphQLError with BAD_USER_INPUT. */
export function parseRequest(body: unknown): GraphQLRequest {
  if (!isRecord(body)) throw requestError('BAD_USER_INPUT', 'A request is a JSON object with "query".')
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw requestError('BAD_USER_INPUT', '"query" must be a string.')
  if (variables != null && !isRecord(variables)) throw requestError('BAD_USER_INPUT', '"variables" must be an object.')
  if (operationName != null && typeof operationName !== 'string') {
    throw requestError('BAD_USER_INPUT', '"operationName" must be a string.')
  }
  return { query, variables: variables ?? null, operationName: operationName ?? null }
}

/** Parses JSON. Throws a GraphQLError with BAD_USER_INPUT. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw requestError('BAD_USER_INPUT', 'The body is no JSON.')
  }
}

/** What can be executed, with the operation that was chosen; or what is wrong with the request. */
export async function prepare(
  engine: Engine,
  request: GraphQLRequest,
  context: RequestContext,
): Promise<
  { args: ExecutionArgs; operation: 'query' | 'mutation' | 'subscription' } | { errors: readonly GraphQLError[] }
> {
  const { schema, parse, validate, contextFactory } = engine.getEnveloped(context)
  let document: DocumentNode
  try {
    document = parse(request.query)
  } catch (error) {
    return { errors: [publicError(error, 'GRAPHQL_PARSE_FAILED')] }
  }
  const invalid = validate(schema, document)
  if (invalid.length > 0) {
    return { errors: invalid.map((error: GraphQLError) => publicError(error, 'GRAPHQL_VALIDATION_FAILED')) }
  }
  const operation = getOperationAST(document, request.operationName)
  if (!operation) {
    const message =
      request.operationName === null ? 'The document has several operations; name one.' : 'No such operation.'
    return { errors: [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })] }
  }
  return {
    operation: operation.operation,
    args: {
      schema,
      document,
      contextValue: await contextFactory(),
      variableValues: request.variables,
      operationName: request.operationName,
    },
  }
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
