/**
 * In what Herald's REST paths are meant to differ from the seed's Flask application, and why. Whatever else differs
 * is a bug of Herald's. Each row says exactly what it explains, so that it cannot hide another difference.
 */
import type { RawRequest } from '../http/rest/raw-http.ts'
import type { Difference } from './side-by-side.ts'

interface WantedDifference {
  readonly reason: string
  /** Whether this row accounts for a difference. */
  readonly explains: (difference: Difference) => boolean
}

/** Differences that an answer without an event makes, given its status and the beginning of its body. */
function refused(status: number, body: string, { what, flask, herald }: Difference): boolean {
  if (what === 'status') return herald === status
  if (what === 'body') return typeof herald === 'string' && (body === '' ? herald === '' : herald.startsWith(body))
  return what === 'records' && flask === 1 && herald === 0
}

const NOT_FOUND = '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n'
const NOT_ALLOWED = '<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n'
const CREDENTIALS = /^(?:authorization|proxy-authorization|cookie|set-cookie)$|token|secret|password|api-?key|session/i

function pathOf({ line }: RawRequest): string {
  return line.split(' ')[1]!.split('?')[0]!
}

/** The values that a request gives a header, in order. */
function valuesOf({ headers }: RawRequest, name: string): string[] {
  return headers
    .map((header) => [header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim()] as const)
    .filter(([given]) => given.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value)
}

const headerOf = ({ what }: Difference) => (what.startsWith('record.') ? what.slice('record.'.length) : null)

/** True of every answer that has a body: not told case by case. */
export const EVERYWHERE: WantedDifference = {
  reason: "The type is text/plain: Flask's text/html lets a guild's name be markup.",
  explains: ({ what, flask, herald }) =>
    what === 'Content-Type' && flask === 'text/html; charset=utf-8' && herald === 'text/plain; charset=utf-8',
}

export const DIFFERENCES = {
  'repeated header': {
    reason: 'All its values are joined with ", ", whichever header it is; Flask joins with "," or keeps the last.',
    explains: (difference) => {
      const name = headerOf(difference)
      const values = name === null ? [] : valuesOf(difference.request, name)
      return values.length > 1 && difference.herald === values.join(', ')
    },
  },
  credentials: {
    reason: 'Credentials are left out: a topic is read by many, and kept.',
    explains: (difference) => {
      const { flask, herald } = difference
      const name = headerOf(difference)
      if (name === 'Host') return flask === `user:pass@${herald}`
      return name !== null && CREDENTIALS.test(name) && herald === undefined
    },
  },
  'doubled slash': {
    reason: 'An empty segment is no guild and no path: 404, where Flask redirects or takes it for one slash.',
    explains: (difference) => pathOf(difference.request).includes('//') && refused(404, NOT_FOUND, difference),
  },
  'encoded slash': {
    reason: 'The raw target is split, then decoded: %2F is part of a segment. Flask decodes first.',
    explains: (difference) => /%2f/i.test(pathOf(difference.request)) && refused(404, NOT_FOUND, difference),
  },
  'no percent-encoded UTF-8': {
    reason: '400, where Flask puts in U+FFFD or takes raw bytes: the event would not hold the name that was asked for.',
    explains: (difference) =>
      (difference.what === 'Allow' && difference.herald === undefined) ||
      refused(400, 'The path is not percent-encoded UTF-8.\n', difference) ||
      // Node's parser refuses a target with bytes beyond ASCII before Herald sees it.
      (/[^\0-\x7f]/.test(pathOf(difference.request)) && refused(400, 'Bad Request\n', difference)),
  },
  'method in lower case': {
    reason: 'Methods are case-sensitive (RFC 9110, 9.1): `get` is another one, and gets 405. Flask takes it for GET.',
    explains: (difference) => difference.what === 'Allow' || refused(405, NOT_ALLOWED, difference),
  },
  'trailing white space': {
    reason: "It is no part of a header's value (RFC 9110, 5.5), and Node's parser takes it off.",
    explains: (difference) => headerOf(difference) !== null && String(difference.flask).trimEnd() === difference.herald,
  },
  'refused by the parser': {
    reason: "Node's parser refuses what is no HTTP/1.1, smuggled lengths among it: 400. Python's takes it, or closes.",
    explains: (difference) =>
      refused(400, 'Bad Request\n', difference) ||
      refused(400, '', difference) ||
      (difference.what === 'Content-Type' && difference.flask !== 'text/html; charset=utf-8') ||
      (difference.what === 'Content-Type' && difference.herald === undefined),
  },
  'absolute target without a path': {
    reason: 'Its path is / (RFC 9110, 4.2.3) and served as such; Flask redirects to /.',
    explains: ({ request, what, flask, herald }) =>
      /^\w+:\/\/[^/]+$/.test(pathOf(request)) &&
      ((what === 'status' && flask === 308 && herald === 200) ||
        (what === 'body' && herald === '\nThis is the default response!\n') ||
        (what === 'records' && flask === 0 && herald === 1)),
  },
} as const satisfies Record<string, WantedDifference>

export type DifferenceName = keyof typeof DIFFERENCES
