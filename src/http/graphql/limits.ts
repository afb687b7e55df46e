/**
 * What a document may cost. Tokens and nesting are counted by the lexer, before anything recursive looks at
 * the document: a list 20,000 deep overflows the stack of graphql-js's parser, and its error would be a 500.
 * The rest is counted with fragments spread out, before graphql-js's own rules, whose work they bound.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  Lexer,
  parse,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationContext,
  validate,
} from 'graphql'
import { requestError } from './errors.ts'
import { rootConditionsRule } from './root-conditions.ts'

export const MAX_TOKENS = 2_000
export const MAX_DEPTH = 20
export const MAX_ALIASES = 50
export const MAX_ROOT_FIELDS = 50

const BRACE = 0x7b
const BRACKET = 0x5b
const PARENTHESIS = 0x28
const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/** Parses a document. Throws graphql-js's syntax error, or one with BAD_USER_INPUT past a limit. */
export function parseWithinLimits(text: string): DocumentNode {
  const source = new Source(text)
  if (!isSurelySmall(text)) countTokens(source)
  return parse(source)
}

/**
 * What of a document is past a limit, or would make graphql-js's rules throw. To be asked before it is validated,
 * which costs more than its size may tell.
 */
export function excessOf(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  return validate(schema, document, [limitsRule, rootConditionsRule])
}

/** No token is shorter than a character, and nothing is nested deeper than it opens: most need not be counted. */
function isSurelySmall(text: string): boolean {
  if (text.length > MAX_TOKENS) return false
  let openings = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BRACE || code === BRACKET || code === PARENTHESIS) openings++
  }
  return openings <= MAX_DEPTH * 2
}

function countTokens(source: Source): void {
  const lexer = new Lexer(source)
  let tokens = 0
  let depth = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    if (++tokens > MAX_TOKENS) throw tooMuch(`more than ${MAX_TOKENS} tokens`)
    if (OPENING.has(token.kind) && ++depth > MAX_DEPTH * 2) throw tooMuch('nested too deeply')
    if (CLOSING.has(token.kind)) depth--
  }
}

/** A validation rule: fields nested through fragments, aliases and root fields stay within bounds. */
function limitsRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const tally = new Tally(context)
      tally.walk(operation.selectionSet, 1, new Set())
      if (tally.excess !== null) context.reportError(tally.excess)
    },
  }
}

/** Counts what an operation selects, fragments spread out, and stops at the first excess. */
class Tally {
  excess: GraphQLError | null = null
  #aliases = 0
  #rootFields = 0
  #visits = 0
  readonly #context: ValidationContext

  constructor(context: ValidationContext) {
    this.#context = context
  }

  walk(selections: SelectionSetNode, depth: number, spread: ReadonlySet<string>): void {
    for (const selection of selections.selections) {
      if (this.excess !== null) return
      // Fragments that spread each other twice double at every level: what is counted is bounded as well.
      if (++this.#visits > MAX_TOKENS * 5) this.excess = tooMuch('too many fields once its fragments are spread out')
      else if (selection.kind === Kind.FIELD) this.#field(selection, depth, spread)
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.walk(selection.selectionSet, depth, spread)
      else {
        const name = selection.name.value
        const fragment = this.#context.getFragment(name)
        // A cycle is refused by a rule of graphql-js's own.
        if (fragment && !spread.has(name)) this.walk(fragment.selectionSet, depth, new Set([...spread, name]))
      }
    }
  }

  #field(field: FieldNode, depth: number, spread: ReadonlySet<string>): void {
    if (depth > MAX_DEPTH) this.excess = tooMuch(`more than ${MAX_DEPTH} levels of fields`)
    else if (field.alias !== undefined && ++this.#aliases > MAX_ALIASES) {
      this.excess = tooMuch(`more than ${MAX_ALIASES} aliases`)
    } else if (depth === 1 && ++this.#rootFields > MAX_ROOT_FIELDS) {
      this.excess = tooMuch(`more than ${MAX_ROOT_FIELDS} root fields`)
    } else if (field.selectionSet) this.walk(field.selectionSet, depth + 1, spread)
  }
}

function tooMuch(what: string): GraphQLError {
  return requestError('BAD_USER_INPUT', `The document is too much: ${what}.`)
}
