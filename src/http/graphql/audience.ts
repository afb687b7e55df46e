/**
 * Who is sent the same: subscribers with the same document, operation, rights, and variables, save those that only
 * say where to begin. Many who come back after a restart, each with a cursor of its own, still are one audience.
 */
import {
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type ExecutionArgs,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { DecodedEvent } from '../../event/event.ts'
import type { Audience } from '../../operations/lane.ts'
import type { RequestContext } from '../context.ts'
import { publicError } from './errors.ts'
import { eventWriter, type Write } from './event-writer.ts'
import { ByConditions, fragmentsOf, Selection } from './selection.ts'

/** The vocabulary's arguments that say where a subscription begins and ends, and nothing about its events. */
const PLACE_ARGUMENTS: ReadonlySet<string> = new Set(['after', 'from', 'since', 'until'])

/** What the audiences of an operation have in common. */
interface Operation {
  readonly number: number
  /** The variables that decide what is sent. */
  readonly variables: readonly string[]
}

/** By document and operation's name; equal texts are one document (engine.ts). */
const operations = new WeakMap<DocumentNode, Map<string, Operation>>()
let lastNumber = 0

/** The audience of a subscription that was prepared. */
export function audienceOf(args: ExecutionArgs): Audience {
  const { schema, document, operationName, variableValues } = args
  const { caller } = args.contextValue as RequestContext
  const operation = operationOf(document, operationName ?? '')
  const deciding: { [name: string]: unknown } = {}
  for (const name of operation.variables) {
    // What is left out has its default, which null has not.
    if (variableValues && Object.hasOwn(variableValues, name)) deciding[name] = variableValues[name]
  }
  let write: Write<DecodedEvent> | null = null
  return {
    key: JSON.stringify([operation.number, caller.rights.key, deciding]),
    render(event) {
      let text: string
      try {
        // Made when the first event comes: most of those who wait have none yet. Of the arguments only what it needs:
        // a lane may outlive the connection that it was entered for.
        write ??= writerOf({ schema, document, operationName, variableValues })
        text = write(event)
      } catch (error) {
        text = JSON.stringify({ errors: [publicError(error)] })
      }
      return Buffer.from(text)
    },
  }
}

const writers = new ByConditions<Write<DecodedEvent>>()

/** Writes an event as the result of a subscription that was prepared: its variables are good. */
function writerOf({
  schema,
  document,
  operationName,
  variableValues,
}: Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>): Write<DecodedEvent> {
  const operation = getOperationAST(document, operationName)!
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {})
  return writers.get(document, operation, coerced, () => {
    const selection = new Selection({ schema, document }, coerced)
    const type = schema.getSubscriptionType()!
    // A subscription has one field: validation sees to it.
    const [key, nodes] = selection.root(type, operation)[0]!
    const write = eventWriter(selection, type.getFields()[nodes[0]!.name.value]!.type, nodes)
    return (event) => `{"data":{"${key}":${write(event)}}}`
  })
}

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
    }
    known.set(name, operation)
  }
  return operation
}

function decidingVariables(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const names = new Set<string>()
  const fragments = fragmentsOf(document)
  const rootFields = new Set<ASTNode>(operation.selectionSet.selections)
  // A Set goes on to what is added on the way: the fragments that are spread, each once.
  const parts = new Set<DefinitionNode>([operation])
  for (const part of parts) {
    visit(part, {
      VariableDefinition: () => false,
      FragmentSpread({ name }) {
        const fragment = fragments[name.value]
        if (fragment !== undefined) parts.add(fragment)
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
