/**
 * Yoga, set up as Herald needs it: documents within limits, errors with codes, nothing of the inside shown.
 * HTTP requests go through it whole (http.ts); streams take its parsing, validation and context (stream.ts).
 */
import type { GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { RequestContext } from '../context.ts'
import { publicError } from './errors.ts'
import { limitsRule, parseWithinLimits } from './limits.ts'

export type Engine = YogaServerInstance<RequestContext, Record<string, never>>

export function createEngine(schema: GraphQLSchema): Engine {
  return createYoga<RequestContext>({
    schema,
    graphqlEndpoint: '/graphql',
    plugins: [limits, publicErrors],
    // Everything that Yoga would also serve is Herald's own: bodies are read and bounded before Yoga sees
    // them, origins are checked, the playground works offline, and only JSON publishes.
    maskedErrors: false,
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: false,
    logging: false,
  }) as unknown as Engine
}

const limits: Plugin = {
  onParse({ setParseFn }) {
    setParseFn(parseWithinLimits)
  },
  onValidate({ addValidationRule }) {
    addValidationRule(limitsRule)
  },
}

const publicErrors: Plugin = {
  onResultProcess({ result, setResult }) {
    if (Symbol.asyncIterator in result || Array.isArray(result) || result.errors === undefined) return
    const errors = result.errors.map((error) => {
      const shown = publicError(error)
      // The status that Yoga chose for the answer; it takes it out again.
      if (error.extensions.http !== undefined) shown.extensions.http = error.extensions.http
      return shown
    })
    setResult({ ...result, errors })
  },
}
