/**
 * What an operation selects, by graphql-js's own rules of collecting fields, for what writes results by itself
 * (compiled-page.ts, event-writer.ts) and works that out once for an operation and what its conditions say.
 */
import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'

type Variables = { readonly [name: string]: unknown }
type Fragments = { readonly [name: string]: FragmentDefinitionNode }

/** A field under its key, with all the nodes that select it. */
export type SelectedField = readonly [key: string, nodes: readonly FieldNode[]]

export class Selection {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  readonly #variables: Variables

  /** `variables`: coerced. The document must be valid. */
  constructor({ schema, document }: Pick<ExecutionArgs, 'schema' | 'document'>, variables: Variables) {
    this.schema = schema
    this.fragments = fragmentsOf(document)
    this.#variables = variables
  }

  /** The fields of an operation. */
  root(type: GraphQLObjectType, { selectionSet }: OperationDefinitionNode): SelectedField[] {
    return [...collectFields(this.schema, this.fragments, this.#variables, type, selectionSet)]
  }

  /** The fields that are selected of a value of a type. */
  fields(type: GraphQLObjectType, nodes: readonly FieldNode[]): SelectedField[] {
    return [...collectSubfields(this.schema, this.fragments, this.#variables, type, nodes)]
  }

  object(name: string): GraphQLObjectType {
    const type = this.schema.getType(name)
    if (!isObjectType(type)) throw new Error(`${name} is no object type`)
    return type
  }
}

/** A document's fragments, by name. */
export function fragmentsOf({ definitions }: ExecutionArgs['document']): Fragments {
  const fragments: { [name: string]: FragmentDefinitionNode } = Object.create(null)
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
  }
  return fragments
}

/** As many as its conditions allow, which a client chooses: a few of them are kept of an operation. */
const KEPT = 16

/** What was worked out, by operation, and by what its conditions (`@skip`, `@include`) say. */
export class ByConditions<T> {
  readonly #known = new WeakMap<OperationDefinitionNode, { conditions: readonly string[]; made: Map<string, T> }>()

  get(document: ExecutionArgs['document'], operation: OperationDefinitionNode, variables: Variables, make: () => T): T {
    let known = this.#known.get(operation)
    if (known === undefined) {
      known = { conditions: conditionsOf([operation, ...Object.values(fragmentsOf(document))]), made: new Map() }
      this.#known.set(operation, known)
    }
    const key = known.conditions.map((name) => String(variables[name])).join()
    const found = known.made.get(key)
    if (found !== undefined) return found
    const made = make()
    if (known.made.size < KEPT) known.made.set(key, made)
    return made
  }
}

/** Names of the variables that conditions depend on. */
function conditionsOf(definitions: readonly (OperationDefinitionNode | FragmentDefinitionNode)[]): string[] {
  const names = new Set<string>()
  for (const definition of definitions) {
    visit(definition, {
      Directive(node) {
        for (const { value } of node.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
      },
    })
  }
  return [...names]
}
