/**
 * Who is sent the same: subscribers with the same document, operation, rights, and variables, save those that only
 * say where to begin. Many who come back after a restart, each with a cursor of its own, still are one audience.
 */
import {
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionArgs,
  executeSync,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { DecodedEvent } from '../../event/event.ts'
import type { Audience } from '../../operations/lane.ts'
import type { PublishRequest } from '../../operations/publish.ts'
import type { RequestContext } from '../context.ts'
import { publicError, publicResult, publicText } from './errors.ts'
import { type EventPlan, eventPlanOf } from './plan.ts'

/** The vocabulary's arguments that say where a subscription begins and ends, and nothing about its events. */
const PLACE_ARGUMENTS: ReadonlySet<string> = new Set(['after', 'from', 'since', 'until'])

/** What the audiences of an operation have in common. */
interface Operation {
  readonly number: number
  /** The variables that decide what is sent. */
  readonly variables: readonly string[]
  /** Null: graphql-js executes it; undefined: not looked at yet. */
  plan: EventPlan | null | undefined
}

/** By document and operation's name; equal texts are one document (engine.ts). */
const operations = new WeakMap<DocumentNode, Map<string, Operation>>()
let lastNumber = 0

/** The audience of a subscription that was prepared. */
export function audienceOf(args: ExecutionArgs): Audience {
  const { document, operationName, variableValues } = args
  const { caller } = args.contextValue as RequestContext
  const operation = operationOf(document, operationName ?? '')
  const deciding: { [name: string]: unknown } = {}
  for (const name of operation.variables) {
    // What is left out has its default, which null has not.
    if (variableValues && Object.hasOwn(variableValues, name)) deciding[name] = variableValues[name]
  }
  const contextValue: RequestContext = { caller, head: NO_HEAD, lastEventId: null, signal: NEVER }
  return {
    key: JSON.stringify([operation.number, caller.rights.key, deciding]),
    render(event) {
      let text: string
      try {
        text = textOf(event, args, contextValue, operation)
      } catch (error) {
        text = JSON.stringify({ errors: [publicError(error)] })
      }
      return Buffer.from(text)
    },
  }
}

function textOf(event: DecodedEvent, args: ExecutionArgs, contextValue: RequestContext, operation: Operation): string {
  const { schema, document, operationName, variableValues = null } = args
  // Made when the first event comes: most of those who wait have none yet.
  if (operation.plan === undefined) {
    operation.plan = eventPlanOf(schema, document, getOperationAST(document, operationName)!)
  }
  const executed = operation.plan?.render(event, contextValue, variableValues)
  return executed?.data === undefined
    ? JSON.stringify(publicResult(executeSync({ ...args, contextValue, rootValue: event })))
    : publicText(executed.data, executed.errors)
}

/** What is shared by many is enriched by nobody's request, and outlives that of each. */
const NO_HEAD: PublishRequest = { rawHeaders: [], targetHost: null, idempotencyKey: null, traceparent: null }
const NEVER = new AbortController().signal

function operationOf(document: DocumentNode, name: string): Operation {
  let known = operations.get(document)
  if (known === undefined) {
    known = new Map()
    operations.set(document, known)
  }
  let operation = known.get(name)
  if (operation === undefined) {
    operation = {
      number: ++lastNumber,
      variables: decidingVariables(document, getOperationAST(document, name || null)!),
      plan: undefined,
    }
    known.set(name, operation)
  }
  return operation
}

function decidingVariables(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const names = new Set<string>()
  const rootFields = new Set<ASTNode>(operation.selectionSet.selections)
  // A Set goes on to what is added on the way: the fragments that are spread, each once.
  const parts = new Set<DefinitionNode>([operation])
  for (const part of parts) {
    visit(part, {
      VariableDefinition: () => false,
      FragmentSpread({ name }) {
        for (const other of document.definitions) {
          if (other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === name.value) parts.add(other)
        }
      },
      Field(field) {
        if (!rootFields.has(field)) return undefined
        const rest = (field.arguments ?? []).filter((argument) => !PLACE_ARGUMENTS.has(argument.name.value))
        return { ...field, arguments: rest }
      },
      Variable({ name }) {
        names.add(name.value)
      },
    })
  }
  return [...names]
}
