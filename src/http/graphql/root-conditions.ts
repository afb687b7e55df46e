/**
 * A subscription's root field has no `@skip` and no `@include`: the specification of September 2025 forbids them
 * (section 5.2.4.1, CollectSubscriptionFields), since without its one field a subscription has nothing to stream.
 * graphql-js 16 does not know that yet: its own rule throws where the condition is a variable, and its executor where
 * the field is left out.
 */
import {
  type ASTVisitor,
  type DirectiveNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type ValidationContext,
} from 'graphql'

/** A validation rule, to be run before graphql-js's own. */
export function rootConditionsRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation !== OperationTypeNode.SUBSCRIPTION) return false
      const condition = conditionAmong(selectionSet.selections, context, new Set())
      if (condition !== null) {
        const message = `A subscription must have its field: take @${condition.name.value} away.`
        context.reportError(new GraphQLError(message, { nodes: condition }))
      }
      return false
    },
  }
}

/** The first condition among them, fragments spread out; `spread`: names of those that were looked at. */
function conditionAmong(
  selections: readonly SelectionNode[],
  context: ValidationContext,
  spread: Set<string>,
): DirectiveNode | null {
  for (const selection of selections) {
    const own = selection.directives?.find(({ name }) => name.value === 'skip' || name.value === 'include')
    if (own !== undefined) return own
    if (selection.kind === Kind.FIELD) continue
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : unspread(selection.name.value)
    const inner = fragment && conditionAmong(fragment.selectionSet.selections, context, spread)
    if (inner) return inner
  }
  return null

  function unspread(name: string) {
    if (spread.has(name)) return null
    spread.add(name)
    return context.getFragment(name)
  }
}
