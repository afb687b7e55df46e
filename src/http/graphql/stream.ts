/**
 * A GraphQL subscription as its transports need it: graphql-js finds and calls what the document subscribes to, and
 * from there on the operation's own subscription delivers. graphql-js's `subscribe` would execute each event for each
 * subscriber, and loses where an event came from.
 */
import { createSourceEventStream, type ExecutionArgs, type GraphQLError } from 'graphql'
import type { Subscription } from '../../operations/subscription.ts'
import { publicError } from './errors.ts'

/** What a subscription field's resolver returns. */
export class Source implements AsyncIterable<never> {
  readonly subscription: Subscription

  constructor(subscription: Subscription) {
    this.subscription = subscription
  }

  /** By this graphql-js knows a source of events; nobody draws from it. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error('A subscription delivers to its sink.')
  }
}

/** Resolves once the place is pinned. The errors may be shown; nothing is thrown. */
export async function openStream(args: ExecutionArgs): Promise<Subscription | { errors: readonly GraphQLError[] }> {
  let source: Awaited<ReturnType<typeof createSourceEventStream>>
  try {
    source = await createSourceEventStream(args)
  } catch (error) {
    return { errors: [publicError(error)] }
  }
  if (source instanceof Source) return source.subscription
  const { errors = [] } = source as { readonly errors?: readonly GraphQLError[] }
  return { errors: errors.map((error) => publicError(error)) }
}

/** The error that ends a subscription, with the cursor to go on from; it may be shown. */
export function lastError(error: unknown, cursor: string | null): GraphQLError {
  const shown = publicError(error)
  if (cursor !== null) shown.extensions.cursor = cursor
  return shown
}
