/**
 * From a request to its result, the same for HTTP, SSE and WebSocket: parse within limits, validate, choose
 * the operation, execute, and show nothing of the inside. The pipeline is Yoga's, with what is ours as its
 * plugins; it is enveloped once, not for each request, which costs a third of a small mutation's time
 * (measured), and Yoga's own HTTP layer, which cannot tell a stream's cursors, is left out of it. What is asked for
 * again is executed by a plan of our own (plan.ts).
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphQL,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { ErrorCode } from '../../errors.ts'
import { Pace } from '../../operations/pace.ts'
import type { RequestContext } from '../context.ts'
import { publicError, publicResult, publicText, requestError } from './errors.ts'
import { excessOf, parseWithinLimits } from './limits.ts'
import { type Plan, planOf } from './plan.ts'
import type { GraphQLRequest } from './request.ts'

/** How many documents are kept, and how long the text of one may be. */
const KEPT = { documents: 1_000, characters: 16 * 1024 }
/** At which use of a document its operations are planned. */
const PLANNED_AT = 2

/** What can be executed. */
export interface Prepared {
  readonly operation: OperationTypeNode
  readonly args: ExecutionArgs
  /** Null: graphql-js executes it. */
  readonly plan: Plan | null
}

/** A result as it is sent. */
export interface Answer {
  /** JSON of the result. */
  readonly text: string
  /** Null where there is data, if only null; else the code of what is wrong with the request. */
  readonly refusal: ErrorCode | null
}

/** What is wrong with a request; each error may be shown. */
export interface Refused {
  readonly errors: readonly GraphQLError[]
}

export interface Engine {
  /** Throws nothing. */
  prepare(request: GraphQLRequest, context: RequestContext): Prepared | Refused
  /**
   * Resolves when a query may be executed: one in each turn of the event loop, so that hundreds that came in one packet
   * keep nobody else waiting.
   */
  turn(): Promise<void>
  /** Executes a query or a mutation. The errors in its result may be shown; also those of what was refused. */
  answer(prepared: Prepared | Refused): Promise<Answer>
}

/** A document that proved valid. */
interface Kept {
  readonly document: DocumentNode
  /** How often it was asked for. */
  uses: number
  /** Made when a document comes again: one that never does would only pay for it. */
  readonly plans: Map<OperationDefinitionNode, Plan | null>
}

export function createEngine(schema: GraphQLSchema): Engine {
  const yoga = createYoga({ schema, plugins: [limits, standardExecution], logging: false, ...OURS })
  const { parse, validate, execute } = yoga.getEnveloped()
  // Documents that proved valid: clients send the same few again and again. Yoga's own cache bounds their number
  // alone, and a document may be a megabyte.
  const kept = new Map<string, Kept>()
  let newest: Kept | null = null
  const pace = new Pace()

  function documentOf(text: string): Kept | Refused {
    const known = kept.get(text)
    if (known !== undefined) {
      // A Map remembers the order in which its entries came: what is used moves to the end, unless it is there already,
      // since a Map is made anew after a few such moves.
      if (known !== newest) {
        kept.delete(text)
        kept.set(text, known)
        newest = known
      }
      known.uses++
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
    const made: Kept = { document, uses: 1, plans: new Map() }
    if (text.length <= KEPT.characters) {
      kept.set(text, made)
      newest = made
      if (kept.size > KEPT.documents) kept.delete(kept.keys().next().value!)
    }
    return made
  }

  function planFor({ document, uses, plans }: Kept, operation: OperationDefinitionNode): Plan | null {
    if (uses < PLANNED_AT) return null
    let plan = plans.get(operation)
    if (plan === undefined) {
      plan = planOf(schema, document, operation)
      plans.set(operation, plan)
    }
    return plan
  }

  return {
    prepare({ query, variables, operationName }, contextValue) {
      let known: Kept | Refused
      try {
        known = documentOf(query)
      } catch (error) {
        // A rule of graphql-js's threw: whoever asked gets an answer all the same.
        return { errors: [publicError(error, 'GRAPHQL_VALIDATION_FAILED')] }
      }
      if ('errors' in known) return known
      const { document } = known
      const operation = getOperationAST(document, operationName)
      if (!operation) {
        const message =
          operationName === null
            ? 'The document has several operations: name one in "operationName".'
            : 'The document has no operation of the name in "operationName".'
        return { errors: [requestError('BAD_USER_INPUT', message)] }
      }
      const args = { schema, document, contextValue, variableValues: variables, operationName }
      return { operation: operation.operation, args, plan: planFor(known, operation) }
    },
    turn: () => pace.turn(),
    async answer(prepared) {
      if ('errors' in prepared) return answerOf(prepared)
      const { plan, args } = prepared
      if (plan === null) return answerOf(publicResult(await execute(args)))
      const { data, errors } = await plan.run(args.contextValue as RequestContext, args.variableValues ?? null)
      if (data === undefined) return answerOf(publicResult({ errors }))
      return { text: publicText(data, errors), refusal: null }
    },
  }
}

function answerOf(result: ExecutionResult): Answer {
  const refusal = result.data === undefined ? (result.errors?.[0]?.extensions.code as ErrorCode) : null
  return { text: JSON.stringify(result), refusal }
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
    const excess = excessOf(schema as GraphQLSchema, documentAST as DocumentNode)
    if (excess.length > 0) setResult([...excess])
  },
}

/** graphql-js's own executor, as streams use it too (stream.ts): one operation means the same everywhere. */
const standardExecution: Plugin = {
  onExecute({ setExecuteFn }) {
    setExecuteFn(executeByGraphQL)
  },
}
