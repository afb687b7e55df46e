/** Writing answers: every one has a type, a length, and the headers that keep browsers from guessing. */
import type { ServerResponse } from 'node:http'
import { ERRORS, type ErrorCode, type HeraldError, RETRY_AFTER_SECONDS } from '../errors.ts'

export const TEXT = 'text/plain; charset=utf-8'
export const JSON_TYPE = 'application/json; charset=utf-8'

type AnswerHeaders = { readonly [name: string]: string }

const NONE: AnswerHeaders = {}

/** Answers with a whole body. HEAD gets the headers alone: Node leaves the body out. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: AnswerHeaders = NONE,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const head = ['Content-Type', type, 'Content-Length', String(length), 'X-Content-Type-Options', 'nosniff']
  for (const name in headers) head.push(name, headers[name]!)
  response.writeHead(status, head)
  response.end(body)
}

/** Answers with a GraphQL error, for clients that speak JSON. */
export function answerJsonError(response: ServerResponse, code: ErrorCode, message: string, status?: number): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  answer(response, status ?? ERRORS[code].status, JSON_TYPE, body, retryAfter(code))
}

/** Refuses whoever is not let in, as `answerJsonError`. */
export function refuseAsJson(response: ServerResponse, { code, message }: HeraldError, status: number): void {
  answerJsonError(response, code, message, status)
}

/** `Retry-After` where the same request may succeed later. */
export function retryAfter(code: ErrorCode): AnswerHeaders {
  return ERRORS[code].retryable ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {}
}
