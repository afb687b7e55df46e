/**
 * OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0): the REST paths, each with its parameters, its reply and what can
 * go wrong, and the paths that Herald serves about itself. GraphQL is left to the SDL.
 */
import { type GraphQLArgument, isNonNullType } from 'graphql'
import type { Catalogue, MutationField } from '../catalogue/catalogue.ts'
import type { RestRoute } from '../catalogue/rest-route.ts'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { templateSchema, textSchema } from './json-schema.ts'
import { about, typesOf } from './members.ts'

export interface OpenApiSettings {
  /** Herald's version. */
  readonly version: string
  /** Whether everybody may, without a token. */
  readonly isOpen: boolean
}

const IDEMPOTENCY_KEY = 'IdempotencyKey'

/** The document, ready for JSON. */
export function openApi(catalogue: Catalogue, { version, isOpen }: OpenApiSettings): object {
  const published = catalogue.mutations.flatMap((mutation) =>
    mutation.rest === null ? [] : [[pathOf(mutation.rest), pathItem(mutation, mutation.rest, catalogue)] as const],
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Herald',
      version,
      description:
        'Each path publishes an event and answers when the log has acknowledged it. GraphQL is at /graphql, its SDL at ' +
        '/schema.graphql; what the topic holds is in /asyncapi.json.',
    },
    servers: [{ url: '/' }],
    ...(!isOpen && { security: [{ bearer: [] }] }),
    paths: { ...Object.fromEntries(published), ...OWN_PATHS },
    components: {
      ...(!isOpen && { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } }),
      parameters: {
        [IDEMPOTENCY_KEY]: {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'A retry with the same key and arguments gets the first answer, and publishes no second event.',
          schema: { type: 'string', minLength: 1 },
        },
      },
      headers: HEADERS,
      responses: RESPONSES,
    },
  }
}

/** As OpenAPI writes it: percent-encoded but for the braces of its arguments. */
function pathOf({ segments }: RestRoute): string {
  return `/${segments.map((each) => ('literal' in each ? encodeURIComponent(each.literal) : `{${each.argument}}`)).join('/')}`
}

function pathItem(mutation: MutationField, rest: RestRoute, catalogue: Catalogue): object {
  const { name, event } = mutation
  const held = (argument: GraphQLArgument) =>
    rest.segments.some((segment) => 'argument' in segment && segment.argument === argument.name)
  const reply = templateSchema(rest.reply, typesOf(mutation.arguments))
  const { description, deprecated } = about(catalogue, 'Mutation', name)
  const shared = {
    ...(description !== undefined && { summary: description }),
    ...(deprecated && { deprecated }),
    tags: [event.name],
  }
  const parameters = [
    ...mutation.arguments
      .filter((argument) => !held(argument))
      .map((argument) => ({
        name: argument.name,
        in: 'query',
        ...(isNonNullType(argument.type) && argument.defaultValue === undefined && { required: true }),
        ...about(catalogue, 'Mutation', name, argument.name),
        schema: {
          ...textSchema(argument.type),
          ...(argument.defaultValue != null && { default: argument.defaultValue }),
        },
      })),
    { $ref: `#/components/parameters/${IDEMPOTENCY_KEY}` },
  ]
  const published = (content?: object) => ({
    '200': {
      description: `The log has acknowledged the ${event.name}.`,
      ...(content !== undefined && { content: { 'text/plain': content } }),
    },
    ...FAILURES,
  })
  return {
    parameters: mutation.arguments.filter(held).map((argument) => ({
      name: argument.name,
      in: 'path',
      required: true,
      ...about(catalogue, 'Mutation', name, argument.name),
      schema: segmentSchema(argument),
    })),
    get: { operationId: name, ...shared, parameters, responses: published({ schema: reply }) },
    head: { operationId: `${name}-head`, ...shared, parameters, responses: published() },
    options: {
      operationId: `${name}-options`,
      summary: 'Tells the methods that the path has; publishes nothing.',
      tags: [event.name],
      responses: {
        '200': { description: 'The methods.', headers: { Allow: { $ref: '#/components/headers/Allow' } } },
        '403': { $ref: '#/components/responses/403' },
        '404': { $ref: '#/components/responses/404' },
      },
    },
  }
}

/** A text in a path is one segment, and not empty. */
function segmentSchema({ type }: GraphQLArgument): object {
  const schema = textSchema(type)
  return schema.type === 'string' && !('enum' in schema) ? { ...schema, pattern: '^[^/]+$' } : schema
}

const TEXT = { 'text/plain': { schema: { type: 'string' } } }

const HEADERS = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer', minimum: 0 } },
  'Herald-Outcome': {
    description:
      'What became of the event. NOT_WRITTEN is a promise; UNKNOWN: it is in the log once or not at all, never twice.',
    schema: { type: 'string', enum: ['NOT_WRITTEN', 'UNKNOWN'] },
  },
  'WWW-Authenticate': { description: 'How to say who asks.', schema: { type: 'string' } },
  Allow: { description: 'The methods that the path has.', schema: { type: 'string' } },
}

/** A refusal: its codes are of the table of errors, which says whether the same request may succeed later. */
function refusal(description: string, codes: readonly ErrorCode[], headers: readonly (keyof typeof HEADERS)[]): object {
  const all = [...headers, ...(codes.some((code) => ERRORS[code].retryable) ? (['Retry-After'] as const) : [])]
  return {
    description: codes.length === 0 ? description : `${description} (${codes.join(', ')})`,
    ...(all.length > 0 && {
      headers: Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    content: TEXT,
  }
}

/** What a REST path may answer instead, by status. */
const RESPONSES: { readonly [status: string]: object } = {
  400: refusal(
    'An argument is missing, doubled or of another type, or the target is not percent-encoded UTF-8.',
    ['BAD_USER_INPUT'],
    ['Herald-Outcome'],
  ),
  401: refusal(
    'The request does not say who asks, or not rightly.',
    ['UNAUTHENTICATED'],
    ['WWW-Authenticate', 'Herald-Outcome'],
  ),
  403: refusal(
    "The request comes from another site's page, or from a caller who may not publish this.",
    ['FORBIDDEN'],
    ['Herald-Outcome'],
  ),
  404: refusal('No such path: an argument is empty or holds a slash.', [], []),
  405: refusal('Another method than GET, HEAD and OPTIONS.', [], ['Allow']),
  413: refusal('The body, or the record, is too large.', ['RECORD_TOO_LARGE'], ['Herald-Outcome']),
  429: refusal('Too many requests of this client.', ['RATE_LIMITED'], ['Herald-Outcome']),
  500: refusal('Something went wrong inside Herald.', ['INTERNAL_SERVER_ERROR'], ['Herald-Outcome']),
  503: refusal('The log is away, or too much waits for it.', ['LOG_UNAVAILABLE', 'OVERLOADED'], ['Herald-Outcome']),
}

const FAILURES = Object.fromEntries(
  Object.keys(RESPONSES).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
)

/** A path of Herald's own, which answers GET and HEAD alike; `isOpen`: to everybody. */
function reading(operationId: string, summary: string, isOpen: boolean, responses: object): object {
  const refusals = ['405', ...(isOpen ? [] : ['401', '403'])]
  const operation = (suffix: string) => ({
    // No mutation can be named so, which has no hyphen.
    operationId: `herald-${operationId}${suffix}`,
    summary,
    tags: ['Herald'],
    ...(isOpen && { security: [] }),
    responses: {
      ...responses,
      ...Object.fromEntries(refusals.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
    },
  })
  return { get: operation(''), head: operation('-head') }
}

const text = (description: string) => ({ description, content: TEXT })
const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
})

const OWN_PATHS = {
  '/livez': reading('livez', 'Whether the process lives.', true, { '200': text('It does.') }),
  '/readyz': reading('readyz', 'Whether the log answers.', true, {
    '200': text('It does.'),
    '503': refusal('It does not, for this reason.', ['LOG_UNAVAILABLE'], []),
  }),
  '/metrics': reading('metrics', 'The metrics, for Prometheus.', true, {
    '200': text('In the text format of Prometheus.'),
  }),
  '/openapi.json': reading('openapi', 'This document.', false, { '200': json('OpenAPI 3.1.') }),
  '/asyncapi.json': reading('asyncapi', 'What the topic holds.', false, { '200': json('AsyncAPI 3.0.') }),
  '/schema.graphql': reading('schema', 'The SDL, with its directives.', false, { '200': text('SDL.') }),
}
