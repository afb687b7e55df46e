/**
 * The one table of what can go wrong, in the words of the users: code, HTTP status, whether the same
 * request may succeed later. Every layer throws `HeraldError`; only `http/` turns one into an answer.
 * Anything else that is thrown is a fault of ours: it is masked as INTERNAL_SERVER_ERROR and logged.
 */

interface ErrorKind {
  /** Status of a REST answer, and of a GraphQL answer that has no data at all. */
  readonly status: number
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean
}

export const ERRORS = {
  GRAPHQL_PARSE_FAILED: { status: 400, retryable: false },
  GRAPHQL_VALIDATION_FAILED: { status: 400, retryable: false },
  BAD_USER_INPUT: { status: 400, retryable: false },
  CURSOR_INVALID: { status: 400, retryable: false },
  CURSOR_EXPIRED: { status: 410, retryable: false },
  SUBSCRIBER_TOO_SLOW: { status: 503, retryable: true },
  LOG_UNAVAILABLE: { status: 503, retryable: true },
  OVERLOADED: { status: 503, retryable: true },
  RECORD_TOO_LARGE: { status: 413, retryable: false },
  UNAUTHENTICATED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  RATE_LIMITED: { status: 429, retryable: true },
  INTERNAL_SERVER_ERROR: { status: 500, retryable: false },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

/**
 * What became of an event whose publishing failed. `NOT_WRITTEN` is a promise: it is not in the log and
 * never will be. `UNKNOWN`: it is in the log once or not at all.
 */
export type Outcome = 'NOT_WRITTEN' | 'UNKNOWN'

/** An error that a user may see: its message says what to do, and shows nothing of the inside. */
export class HeraldError extends Error {
  override readonly name = 'HeraldError'
  readonly code: ErrorCode
  readonly outcome: Outcome | undefined

  constructor(code: ErrorCode, message: string, options: { outcome?: Outcome; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.outcome = options.outcome
  }
}

/** Seconds that `Retry-After` names on a 429 or 503. */
export const RETRY_AFTER_SECONDS = 1
