/**
 * What a caller's rights mean for an operation: to publish an event without the right is FORBIDDEN; who may read
 * gets what it may read, and who may read nothing is told so.
 */
import type { Caller, Rights } from '../access/caller.ts'
import { HeraldError } from '../errors.ts'

/** What who may not publish this event (an object type's name) is told. */
export function forbiddenToPublish(event: string): HeraldError {
  return new HeraldError('FORBIDDEN', `You may not publish ${event}: your roles do not allow it.`, {
    outcome: 'NOT_WRITTEN',
  })
}

/** What the caller may read. Throws FORBIDDEN for who may not read at all. */
export function readableBy({ rights }: Caller): Rights['readable'] {
  if (rights.mayRead) return rights.readable
  throw new HeraldError('FORBIDDEN', 'You may not read events: your roles do not allow it.')
}
