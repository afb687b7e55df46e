/**
 * From a request to its result, the same for HTTP, SSE and WebSocket: parse within limits, validate, choose
 * the operation, execute, and show nothing of the inside. The pipeline is Yoga's, with what is ours as its
 * plugins; it is enveloped once, not for each request, which costs a third of a small mutation's time
 * (measured), and Yoga's own HTTP layer, which cannot tell a stream's cursors, is left out of it.
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphQL,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  validate as validateByGraphQL,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
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
  const yoga = createYoga({ schema, plugins: [limits, standardExecution], logging: false, ...OURS })
  const { parse, validate, execute } = yoga.getEnveloped()
  // Documents that proved valid: clients send the same few again and again. Yoga's own cache bounds their number
  // alone, and a document may be a megabyte.
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
      document = parse(text)
    } catch (error) {
      return { errors: [publicError(error, 'GRAPHQL_PARSE_FAILED')] }
    }
    const invalid: readonly GraphQLError[] = validate(schema, document)
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

/** What Yoga would do besides and Herald does itself, each with the reason in the file that does it. */
const OURS = {
  parserAndValidationCache: false,
  maskedErrors: false,
  landingPage: false,
  graphiql: false,
  cors: false,
  multipart: false,
  batching: false,
} as const

const limits: Plugin = {
  onParse({ setParseFn }) {
    setParseFn(parseWithinLimits)
  },
  onValidate({ params: { schema, documentAST }, setResult }) {
    // Alone and before graphql-js's own rules, which they keep from work without bounds.
    const tooMuch = validateByGraphQL(schema as GraphQLSchema, documentAST as DocumentNode, [limitsRule])
    if (tooMuch.length > 0) setResult([...tooMuch])
  },
}

/** graphql-js's own executor, as streams use it too (stream.ts): one operation means the same everywhere. */
const standardExecution: Plugin = {
  onExecute({ setExecuteFn }) {
    setExecuteFn(executeByGraphQL)
  },
}
