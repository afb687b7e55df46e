/**
 * `/session`: a browser trades a token for a cookie. POST signs in (JSON, the form, or an Authorization header), GET
 * tells who is signed in or shows the form, DELETE signs out. Only pages of our own origin, or of ALLOWED_ORIGINS, may:
 * no other page signs anybody in or out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../../access/caller.ts'
import type { Sessions } from '../../access/sessions.ts'
import { ERRORS, HeraldError } from '../../errors.ts'
import { answer, answerJsonError, beginAnswer, JSON_TYPE, refuseAsJson, TEXT } from '../answer.ts'
import { readBody } from '../body.ts'
import { bearerToken, type Gate, refuseAsText, statusOf } from '../gate.ts'
import { names } from '../graphql/accept.ts'
import { type Origins, originRefusal } from '../origin.ts'
import { parseQuery, type Target } from '../target.ts'
import { cookieOf, fitsCookie, noCookie } from './cookie.ts'
import { againPage, PAGE_HEADERS, signedInPage, signInPage } from './page.ts'

const HTML = 'text/html; charset=utf-8'
const ALLOW = 'GET, HEAD, POST, DELETE, OPTIONS'
const FORM_TYPE = 'application/x-www-form-urlencoded'
/** Where a sign-in may lead: our own pages, never another site. */
const PAGES = /^\/(?:graphql|console)(?:\?[!-~]*)?$/
const FIRST_PAGE = '/console'
const NO_STORE = { 'Cache-Control': 'no-store' }

export interface SessionDependencies {
  readonly gate: Gate
  readonly sessions: Sessions
  readonly origins: Origins
}

/** What a sign-in, or a sign-out, asks for. */
interface Asked {
  readonly token: string | null
  readonly next: string
  readonly isSignOut: boolean
}

export async function serveSession(
  dependencies: SessionDependencies,
  target: Target,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { gate, origins } = dependencies
  response.setHeader('Vary', 'Accept, Cookie, Origin')
  if (!origins.allows(request)) return answer(response, 403, TEXT, `FORBIDDEN: ${originRefusal(request)}\n`)
  if (gate.isOpen) return answer(response, 404, TEXT, 'There is nothing to sign in to: AUTH is none.\n')
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return serveWho(gate, nextOf(parseQuery(target.query ?? '')), request, response)
    case 'POST':
      return serveSignIn(dependencies, request, response)
    case 'DELETE':
      beginAnswer(response, 204, { ...NO_STORE, 'Set-Cookie': noCookie(request) })
      return void response.end()
    case 'OPTIONS':
      return answer(response, 200, TEXT, '', { Allow: ALLOW })
    default:
      return answer(response, 405, TEXT, 'A session is read by GET, begun by POST, ended by DELETE.\n', {
        Allow: ALLOW,
      })
  }
}

/** Who is signed in; browsers get the form if nobody is, and go on to `next` if somebody is. */
async function serveWho(
  gate: Gate,
  next: string | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!wantsPage(request)) {
    const caller = await gate.admit(request, response, refuseAsJson)
    return caller === null ? undefined : answer(response, 200, JSON_TYPE, describe(caller), NO_STORE)
  }
  const caller = await gate.admit(request, response, (_response, refusal, status) => {
    if (status !== ERRORS.UNAUTHENTICATED.status) return refuseAsText(response, refusal, status)
    response.removeHeader('WWW-Authenticate')
    const isFromElsewhere = request.headers['sec-fetch-site'] === 'cross-site'
    const page = isFromElsewhere ? againPage() : signInPage({ next: next ?? FIRST_PAGE, problem: null })
    answer(response, 200, HTML, page, PAGE_HEADERS)
  })
  if (caller === null) return
  if (next !== null) return answer(response, 303, TEXT, `${next}\n`, { ...NO_STORE, Location: next })
  answer(response, 200, HTML, signedInPage(caller.name), PAGE_HEADERS)
}

async function serveSignIn(
  { gate, sessions }: SessionDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isForm = typeOf(request) === FORM_TYPE
  const body = await readBody(request)
  if (body === null) return answer(response, 413, TEXT, 'The body is larger than 1 MiB.\n', { Connection: 'close' })
  const asked = isForm ? askedByForm(body.toString('utf8')) : askedByClient(request, body.toString('utf8'))
  if (asked === null) {
    return answerJsonError(
      response,
      'BAD_USER_INPUT',
      'Send {"token": "…"} as application/json, or Authorization: Bearer.',
    )
  }
  if (asked.isSignOut) {
    return answer(response, 303, TEXT, '/session\n', {
      ...NO_STORE,
      Location: '/session',
      'Set-Cookie': noCookie(request),
    })
  }
  try {
    const { token, next } = asked
    if (token === null) throw new HeraldError('UNAUTHENTICATED', 'There is no token.')
    const caller = await gate.callerOfToken(token, request)
    caller.quota?.take('requests')
    const sealed = sessions.seal(token)
    if (!fitsCookie(sealed)) {
      throw new HeraldError('BAD_USER_INPUT', 'This token is too large for a cookie; ask its issuer for a smaller one.')
    }
    const headers = { ...NO_STORE, 'Set-Cookie': cookieOf(request, sealed, caller.expiresAt) }
    if (isForm) answer(response, 303, TEXT, `${next}\n`, { ...headers, Location: next })
    else answer(response, 200, JSON_TYPE, describe(caller), headers)
  } catch (error) {
    if (!(error instanceof HeraldError)) throw error
    const status = statusOf(error)
    if (!isForm) return refuseAsJson(response, error, status)
    answer(response, status, HTML, signInPage({ next: asked.next, problem: error.message }), PAGE_HEADERS)
  }
}

function askedByForm(body: string): Asked {
  const values = parseQuery(body)
  const token = values?.get('token')?.[0]?.trim()
  return { token: token || null, next: nextOf(values) ?? FIRST_PAGE, isSignOut: values?.has('sign_out') ?? false }
}

/** Null for a body that is neither empty nor a JSON object with a token. */
function askedByClient(request: IncomingMessage, body: string): Asked | null {
  const asked = { next: FIRST_PAGE, isSignOut: false }
  const { authorization } = request.headers
  try {
    if (authorization !== undefined) return { ...asked, token: bearerToken(authorization) }
    if (typeOf(request) !== 'application/json') return null
    const { token } = Object(JSON.parse(body)) as { readonly token?: unknown }
    return typeof token === 'string' && token !== '' ? { ...asked, token } : null
  } catch {
    return null
  }
}

function nextOf(values: ReadonlyMap<string, readonly string[]> | null): string | null {
  const next = values?.get('next')?.[0]
  return next !== undefined && PAGES.test(next) ? next : null
}

function describe({ name, expiresAt, rights }: Caller): string {
  return JSON.stringify({
    name,
    mayRead: rights.mayRead,
    expiresAt: expiresAt === null ? null : new Date(Math.min(expiresAt, 8.64e15)).toISOString(),
  })
}

function typeOf({ headers: { 'content-type': type = '' } }: IncomingMessage): string {
  return type.split(';', 1)[0]!.trim().toLowerCase()
}

function wantsPage({ headers: { accept } }: IncomingMessage): boolean {
  return names(accept, 'text/html')
}
