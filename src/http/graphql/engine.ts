/**
 * From a request to its result, the same for HTTP, SSE and WebSocket: parse within limits, validate, choose
 * the operation, execute, and show nothing of the inside. Documents that proved valid are kept, since clients
 * send the same few again and again.
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  validate,
} from 'graphql'
import type { RequestContext } from '../context.ts'
import { publicError, publicResult, requestError } from './errors.ts'
import { limitsRule, parseWithinLimits } from './limits.ts'
import type { GraphQLRequest } from './request.ts'

/** How many documents are kept, and how long the text of one may be. */
const KEPT = { documents: 1_000, characters: 16 * 1024 }

/** What can be executed. */
export interface Prepared {
  readonly operation: OperationTypeNode
  readonly args: ExecutionArgs
}

/** What is wrong with a request; each error may be shown. */
export interface Refused {
  readonly errors: readonly GraphQLError[]
}

export interface Engine {
  /** Throws nothing. */
  prepare(request: GraphQLRequest, context: RequestContext): Prepared | Refused
  /** Executes a query or a mutation. The errors in its result may be shown. */
  execute(args: ExecutionArgs): Promise<ExecutionResult>
}

export function createEngine(schema: GraphQLSchema): Engine {
  const kept = new Map<string, DocumentNode>()

  function documentOf(text: string): DocumentNode | Refused {
    const known = kept.get(text)
    if (known !== undefined) {
      // A Map remembers the order in which its entries came: what is used moves to the end.
      kept.delete(text)
      kept.set(text, known)
      return known
    }
    let document: DocumentNode
    try {
      document = parseWithinLimits(text)
    } catch (error) {
      return { errors: [publicError(error, 'GRAPHQL_PARSE_FAILED')] }
    }
    // The limits come first, alone: they keep graphql-js's own rules from work without bounds.
    const tooMuch = validate(schema, document, [limitsRule])
    const invalid = tooMuch.length > 0 ? tooMuch : validate(schema, document)
    if (invalid.length > 0) return { errors: invalid.map((error) => publicError(error, 'GRAPHQL_VALIDATION_FAILED')) }
    if (text.length <= KEPT.characters) {
      kept.set(text, document)
      if (kept.size > KEPT.documents) kept.delete(kept.keys().next().value!)
    }
    return document
  }

  return {
    prepare({ query, variables, operationName }, contextValue) {
      const document = documentOf(query)
      if ('errors' in document) return document
      const operation = getOperationAST(document, operationName)
      if (!operation) {
        const message =
          operationName === null
            ? 'The document has several operations: name one in "operationName".'
            : 'The document has no operation of the name in "operationName".'
        return { errors: [requestError('BAD_USER_INPUT', message)] }
      }
      const args = { schema, document, contextValue, variableValues: variables, operationName }
      return { operation: operation.operation, args }
    },
    execute: async (args) => publicResult(await execute(args)),
  }
}
