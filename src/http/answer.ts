/** Writing answers: every one has a type, a length, and the headers that keep browsers from guessing. */
import type { ServerResponse } from 'node:http'
import { ERRORS, type ErrorCode, type HeraldError, RETRY_AFTER_SECONDS } from '../errors.ts'

export const TEXT = 'text/plain; charset=utf-8'
export const JSON_TYPE = 'application/json; charset=utf-8'

type AnswerHeaders = { readonly [name: string]: string }

const NONE: AnswerHeaders = {}

/**
 * What keeps browsers from making more of an answer than it is, whatever its path: they guess no type, show it in no
 * frame, run nothing in it, give it to no page of another origin that does not ask by CORS, and tell its address to
 * nobody. Pages say some of it otherwise, each with its reason.
 */
export const SECURITY_HEADERS: AnswerHeaders = {
  'X-Content-Type-Options': 'nosniff',
  // From the developer tools of any answer our own API can be tried out, an EventSource too.
  'Content-Security-Policy': "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
}

/** The same for `writeHead`, made once: each answer has them. */
const SECURITY = Object.entries(SECURITY_HEADERS)

/** Answers with a whole body. HEAD gets the headers alone: Node leaves the body out. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: AnswerHeaders = NONE,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  writeHead(response, status, ['Content-Type', type, 'Content-Length', String(length)], headers)
  response.end(body)
  if (length > LARGE_BYTES) {
    const late = setTimeout(() => response.destroy(), patienceFor(length))
    response.once('close', () => clearTimeout(late))
  }
}

/** From so many bytes on it is watched whether the client takes an answer: what it does not take stays in memory. */
const LARGE_BYTES = 256 * 1024
const PATIENCE_MS = 60_000
/** 64 kB a second: slower than any line on which large answers are of use. */
const BYTES_PER_MS = 64

/** How long a client may take to read so many bytes, in milliseconds. */
export function patienceFor(bytes: number): number {
  return PATIENCE_MS + bytes / BYTES_PER_MS
}

/** Begins an answer whose length is not known, or that has no body; whoever calls writes and ends it. */
export function beginAnswer(response: ServerResponse, status: number, headers: AnswerHeaders = NONE): void {
  writeHead(response, status, [], headers)
}

/** Writes the head of every answer: what is in `head` (names and values by turns) first, then the rest. */
function writeHead(response: ServerResponse, status: number, head: string[], headers: AnswerHeaders): void {
  for (const [name, value] of SECURITY) if (headers[name] === undefined) head.push(name, value)
  for (const name in headers) head.push(name, headers[name]!)
  response.writeHead(status, head)
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
