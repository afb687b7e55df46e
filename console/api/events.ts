/**
 * Events as the console keeps them: the interface's fields, typed by codegen, and an event's own fields by name, which
 * only the schema of the running gateway knows.
 */
import type { ConsoleEventFragment } from '../generated/graphql.ts'

/** The interface's fields. `__typename` is any event's: the vocabulary that codegen read declares but one. */
export type EventFields = Omit<ConsoleEventFragment, '__typename'> & { readonly __typename: string }

export interface ConsoleEvent extends EventFields {
  /** The event's own fields, in the order of the schema. */
  readonly own: readonly (readonly [name: string, value: unknown])[]
  /** Milliseconds since 1970. */
  readonly time: number
}
