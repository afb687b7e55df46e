/**
 * A GraphQL subscription as its transports need it: results together with the cursor of the event that each
 * is made of, and word of the place between them. graphql-js's own `subscribe` maps events to results and
 * loses where they came from.
 */
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute, type GraphQLError } from 'graphql'
import type { Operations } from '../../operations/operations.ts'
import type { Delivery, Subscription } from '../../operations/subscribe.ts'
import { publicError, publicResult } from './errors.ts'

/** A result and the cursor behind it; without a result only the place has moved. */
export interface StreamItem {
  readonly result?: ExecutionResult
  readonly cursor: string
}

export interface Stream {
  /** Cursor of the place where it begins. */
  readonly start: string
  /** Whether it ends at once: `until: END`, and nothing is left. */
  readonly isOver: boolean
  /** Throws a GraphQLError that may be shown, with the `cursor` to go on from in its extensions. */
  readonly items: AsyncGenerator<StreamItem, void, void>
}

/** Resolves once the place is pinned. The context's signal ends the stream. */
export async function openStream(
  args: ExecutionArgs,
  operations: Operations,
): Promise<Stream | { errors: readonly GraphQLError[] }> {
  const source = await createSourceEventStream(args)
  if (!(Symbol.asyncIterator in source)) {
    return { errors: (source.errors ?? []).map((error) => publicError(error)) }
  }
  const subscription = source as Subscription
  const start = operations.cursorOf(subscription.start)
  return { start, isOver: subscription.isOver, items: results(args, subscription, start, operations) }
}

async function* results(
  args: ExecutionArgs,
  deliveries: AsyncIterable<Delivery>,
  start: string,
  operations: Operations,
): AsyncGenerator<StreamItem, void, void> {
  let cursor = start
  try {
    for await (const delivery of deliveries) {
      if ('progress' in delivery) {
        cursor = operations.cursorOf(delivery.progress)
        yield { cursor }
      } else {
        cursor = delivery.event.cursor
        const result = await execute({ ...args, rootValue: delivery.event })
        yield { result: publicResult(result), cursor }
      }
    }
  } catch (error) {
    const shown = publicError(error)
    shown.extensions.cursor = cursor
    throw shown
  }
}
