/**
 * What answers hold in memory, from when they are made until their clients have taken them: bounded for one request, and
 * for all together, whatever their clients do. What would not fit is OVERLOADED before it is made.
 */
import { HeraldError } from '../../errors.ts'
import type { RequestContext } from '../context.ts'

const MEGABYTE = 1024 * 1024
/** Of records, or of their text: what they cost as objects comes on top. */
const MOST = { ofRequest: 64 * MEGABYTE, ofAll: 128 * MEGABYTE }

const held = new WeakMap<RequestContext, number>()
let sum = 0

/** Counts bytes that a request's answer holds from now on. Throws OVERLOADED; BAD_USER_INPUT where it never fits. */
export function hold(context: RequestContext, bytes: number): void {
  const own = (held.get(context) ?? 0) + bytes
  if (own > MOST.ofRequest) {
    throw new HeraldError(
      'BAD_USER_INPUT',
      'The answer is too large for one request: ask for fewer events (first, last), or for each field once.',
    )
  }
  if (sum + bytes > MOST.ofAll) {
    throw new HeraldError(
      'OVERLOADED',
      'Too many large answers wait for their clients. Try again, or ask for fewer events.',
    )
  }
  held.set(context, own)
  sum += bytes
}

/** Whether the request's answer was counted at all. */
export function holds(context: RequestContext): boolean {
  return held.has(context)
}

/** The request's answer is gone. */
export function letGo(context: RequestContext): void {
  sum -= held.get(context) ?? 0
  held.delete(context)
}
