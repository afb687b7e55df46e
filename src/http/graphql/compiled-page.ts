/**
 * A page of the log as JSON text, written straight from the records: for a query of `events` alone, as nearly every
 * replay is, graphql-js's execution of each field of each event costs more than reading the log does. What the
 * document selects is worked out once, by graphql-js's own rules of collecting fields, into a list of writers; the
 * result is the same to the byte (compiled-page.test.ts holds the two against each other on random documents).
 *
 * Whatever is not as plain (other root fields beside it, directives on the operation, variables or arguments that
 * are no good) is left to the executor: `pagePlanOf` gives null.
 */
import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'
import { formatDateTime } from '../../catalogue/date-time.ts'
import type { Json } from '../../catalogue/field-type.ts'
import type { CursorCodec } from '../../event/cursor.ts'
import type { DecodedEvent } from '../../event/event.ts'
import type { Operations } from '../../operations/operations.ts'
import { bytesOf, type OpenPage, type PageBounds } from '../../operations/replay.ts'
import type { RequestContext } from '../context.ts'
import { type Asked, copiesIn } from './cost.ts'
import { publicError } from './errors.ts'
import { hold } from './memory.ts'
import { replayArguments } from './schema.ts'

/** Characters of a piece of text: large enough to make writing cheap, small enough for many at once. */
const PIECE = 64 * 1024

/** How often a page may repeat its records and still be written while it is read: pieces would be too large. */
const MOST_COPIES = 2

type Variables = { readonly [name: string]: unknown }

/** The text in pieces, the last of which is returned: one that is returned at once is the whole. */
export type PageText = AsyncGenerator<string, string, void>

/** Reads the page and writes it. Where there is none, the text is the result that says why. */
export type PagePlan = (operations: Operations, context: RequestContext) => PageText

/** Null where the operation is left to the executor. The document must be valid, and the operation a query. */
export function pagePlanOf({ schema, document, operationName, variableValues }: ExecutionArgs): PagePlan | null {
  const operation = getOperationAST(document, operationName)
  if (!operation || (operation.directives?.length ?? 0) > 0 || !mayBePage(operation.selectionSet)) return null
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {})
  if (coerced === undefined) return null
  const shape = shapeOf(schema, document.definitions.filter(isFragment), operation, coerced)
  if (shape === null) return null
  const asked = { schema, fieldNodes: shape.nodes, fragments: shape.fragments }
  let args: Variables
  try {
    args = getArgumentValues(schema.getQueryType()!.getFields().events!, shape.nodes[0]!, coerced)
  } catch {
    return null
  }
  return (operations, context) =>
    textOf(
      shape,
      () => operations.openPage(replayArguments(args, context, asked), context.caller, context.signal),
      (bytes) => hold(context, bytes * copiesIn(asked)),
    )
}

/** A quick look, for all the operations that are no replay. */
function mayBePage({ selections }: SelectionSetNode): boolean {
  return selections.every((selection) => selection.kind !== Kind.FIELD || selection.name.value === 'events')
}

function isFragment(definition: { readonly kind: string }): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION
}

/** What writing an event needs beside it. */
interface Writing {
  readonly cursors: CursorCodec
}

type Write<T> = (value: T, writing: Writing) => string

/** A field of the connection: known when the page is opened, or only when it is read, or its events. */
type Part =
  | { readonly kind: 'opened'; readonly write: Write<OpenPage> }
  | { readonly kind: 'read'; readonly write: Write<PageBounds> }
  | { readonly kind: 'events'; readonly write: Write<DecodedEvent> }

/** What a document selects of a page. */
interface Shape {
  /** The root field's key in the answer. */
  readonly key: string
  readonly nodes: readonly FieldNode[]
  readonly fragments: Asked['fragments']
  readonly parts: readonly (readonly [label: string, Part])[]
  /** Whether it can be written while it is read: its events come once, and nothing before them tells how they end. */
  readonly isStraight: boolean
}

/** What was worked out, by operation, and by what its conditions (`@skip`, `@include`) depend on. */
const shapes = new WeakMap<OperationDefinitionNode, Map<string, Shape | null>>()
const conditions = new WeakMap<OperationDefinitionNode, readonly string[]>()

function shapeOf(
  schema: GraphQLSchema,
  fragments: readonly FragmentDefinitionNode[],
  operation: OperationDefinitionNode,
  variables: Variables,
): Shape | null {
  const known = shapes.get(operation) ?? new Map<string, Shape | null>()
  shapes.set(operation, known)
  const names = conditions.get(operation) ?? conditionsOf([operation, ...fragments])
  conditions.set(operation, names)
  const key = names.map((name) => String(variables[name])).join()
  let shape = known.get(key)
  if (shape === undefined) {
    shape = new Compiler(schema, fragments, variables).shape(operation)
    // As many as its conditions allow, which a client chooses: a few of them are kept.
    if (known.size < 16) known.set(key, shape)
  }
  return shape
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

class Compiler {
  readonly #schema: GraphQLSchema
  readonly #fragments: { readonly [name: string]: FragmentDefinitionNode }
  readonly #variables: Variables

  constructor(schema: GraphQLSchema, fragments: readonly FragmentDefinitionNode[], variables: Variables) {
    this.#schema = schema
    this.#fragments = Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]))
    this.#variables = variables
  }

  /** Null where the page is not all that the operation asks for. */
  shape({ selectionSet }: OperationDefinitionNode): Shape | null {
    const query = this.#schema.getQueryType()!
    const [first, ...others] = collectFields(this.#schema, this.#fragments, this.#variables, query, selectionSet)
    if (first === undefined || others.length > 0) return null
    const [key, nodes] = first
    if (nodes[0]!.name.value !== 'events') return null
    const connection = this.#object('EventConnection')
    const parts = this.#fields(connection, nodes, (name, inner) => this.#part(name, inner))
    const lists = parts.filter(([, { kind }]) => kind === 'events').length
    const list = parts.findIndex(([, { kind }]) => kind === 'events')
    const bounds = parts.findIndex(([, { kind }]) => kind === 'read')
    const copies = copiesIn({ schema: this.#schema, fieldNodes: nodes, fragments: this.#fragments })
    return {
      key,
      nodes,
      fragments: this.#fragments,
      parts,
      isStraight: lists === 1 && copies <= MOST_COPIES && (bounds < 0 || bounds > list),
    }
  }

  #part(name: string, nodes: readonly FieldNode[]): Part {
    switch (name) {
      case '__typename':
        return { kind: 'opened', write: () => '"EventConnection"' }
      case 'end':
        return { kind: 'opened', write: ({ logEnd }, { cursors }) => `"${cursors.encode(logEnd)}"` }
      case 'pageInfo':
        return { kind: 'read', write: this.#pageInfo(nodes) }
      case 'nodes':
        return { kind: 'events', write: this.#event(nodes) }
      case 'edges':
        return { kind: 'events', write: this.#edge(nodes) }
      default:
        throw unknownField('EventConnection', name)
    }
  }

  #pageInfo(nodes: readonly FieldNode[]): Write<PageBounds> {
    return objectOf<PageBounds>(
      this.#fields(this.#object('PageInfo'), nodes, (name): Write<PageBounds> => {
        switch (name) {
          case '__typename':
            return () => '"PageInfo"'
          case 'hasNextPage':
            return ({ hasNextPage }) => String(hasNextPage)
          case 'hasPreviousPage':
            return ({ hasPreviousPage }) => String(hasPreviousPage)
          case 'startCursor':
            return ({ start }, { cursors }) => (start === null ? 'null' : `"${cursors.encode(start)}"`)
          case 'endCursor':
            return ({ end }, { cursors }) => (end === null ? 'null' : `"${cursors.encode(end)}"`)
          default:
            throw unknownField('PageInfo', name)
        }
      }),
    )
  }

  #edge(nodes: readonly FieldNode[]): Write<DecodedEvent> {
    return objectOf<DecodedEvent>(
      this.#fields(this.#object('EventEdge'), nodes, (name, inner): Write<DecodedEvent> => {
        switch (name) {
          case '__typename':
            return () => '"EventEdge"'
          case 'cursor':
            return ({ cursor }) => `"${cursor}"`
          case 'node':
            return this.#event(inner)
          default:
            throw unknownField('EventEdge', name)
        }
      }),
    )
  }

  #event(nodes: readonly FieldNode[]): Write<DecodedEvent> {
    const typed = (name: string): Write<DecodedEvent> => {
      const type = this.#object(name)
      return objectOf<DecodedEvent>(this.#fields(type, nodes, (field, inner) => this.#eventField(type, field, inner)))
    }
    // Where the selection is the same for every type, which one it is need not be found out.
    if (nodes.every(({ selectionSet }) => isSameForAll(selectionSet!))) return typed('UnknownEvent')
    const byType = new Map<string, Write<DecodedEvent>>()
    return (event, writing) => {
      const name = event.__typename
      let write = byType.get(name)
      if (write === undefined) {
        write = typed(name)
        byType.set(name, write)
      }
      return write(event, writing)
    }
  }

  #eventField(type: GraphQLObjectType, name: string, nodes: readonly FieldNode[]): Write<DecodedEvent> {
    switch (name) {
      case '__typename':
        return () => `"${type.name}"`
      // An id is a UUID, or of the topic's name and two numbers; a moment's and a cursor's characters need no escape.
      case 'id':
        return ({ parts }) => `"${parts.id}"`
      case 'timestamp':
        return ({ parts }) => `"${formatDateTime(parts.timestamp)}"`
      case 'cursor':
        return ({ cursor }) => `"${cursor}"`
      case 'type':
        return ({ parts }) => JSON.stringify(parts.type)
      case 'headers':
        return listOf(this.#leaves<{ name: string; value: string }>('Header', nodes), ({ headers }) => headers)
      case 'record': {
        const write = this.#leaves<DecodedEvent['record']>('Record', nodes)
        return ({ record }, writing) => write(record, writing)
      }
    }
    if (type.name === 'UnknownEvent' && name === 'value') return ({ parts }) => JSON.stringify(parts.value)
    const field = type.getFields()[name]
    if (field === undefined) throw unknownField(type.name, name)
    const write = valueWriter(field.type)
    return ({ parts }) => write(parts.properties[name] ?? null)
  }

  /** An object whose fields are as JSON has them. */
  #leaves<T extends object>(typeName: string, nodes: readonly FieldNode[]): Write<T> {
    return objectOf<T>(
      this.#fields(this.#object(typeName), nodes, (name): Write<T> => {
        if (name === '__typename') return () => `"${typeName}"`
        return (value) => JSON.stringify(value[name as keyof T])
      }),
    )
  }

  /** The fields that are selected of a type, under their keys. */
  #fields<T>(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    compile: (name: string, nodes: readonly FieldNode[]) => T,
  ): [label: string, T][] {
    const fields = collectSubfields(this.#schema, this.#fragments, this.#variables, type, nodes)
    return [...fields].map(([key, inner]) => [`"${key}":`, compile(inner[0]!.name.value, inner)])
  }

  #object(name: string): GraphQLObjectType {
    const type = this.#schema.getType(name)
    if (!isObjectType(type)) throw new Error(`${name} is no object type`)
    return type
  }
}

/** Whether every type of event has these fields alike: only the interface's, and not the type's name. */
function isSameForAll({ selections }: SelectionSetNode): boolean {
  return selections.every((selection) => selection.kind === Kind.FIELD && selection.name.value !== '__typename')
}

function objectOf<T>(fields: readonly (readonly [label: string, Write<T>])[]): Write<T> {
  const first = fields[0]
  if (first === undefined) return () => '{}'
  const open = `{${first[0]}`
  const begin = first[1]
  const labels = fields.slice(1).map(([label]) => `,${label}`)
  const writes = fields.slice(1).map(([, write]) => write)
  return (value, writing) => {
    let text = open + begin(value, writing)
    for (let i = 0; i < writes.length; i++) text += labels[i] + writes[i]!(value, writing)
    return `${text}}`
  }
}

function listOf<T, Item>(write: Write<Item>, items: (value: T) => readonly Item[]): Write<T> {
  return (value, writing) =>
    `[${items(value)
      .map((item) => write(item, writing))
      .join()}]`
}

/** How a value of an event's own field is written. It fits its type, so none is an error. */
function valueWriter(type: GraphQLOutputType): (value: Json) => string {
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    const write = valueWriter(nullable.ofType)
    return (value) => (value === null ? 'null' : `[${(value as readonly Json[]).map(write).join()}]`)
  }
  if (!isLeafType(nullable)) throw new Error(`${type} is no type of an event's field`)
  return (value) => (value === null ? 'null' : JSON.stringify(nullable.serialize(value)))
}

/** Validation lets no such field through: the vocabulary has one that this file does not know. */
function unknownField(type: string, name: string): Error {
  return new Error(`${type}.${name} cannot be written`)
}

/** `keep` is told of the bytes of a page that must be read before it is written; what it throws is the result. */
async function* textOf(
  { key, nodes, parts, isStraight }: Shape,
  open: () => Promise<OpenPage>,
  keep: (bytes: number) => void,
): PageText {
  const refusal = (error: unknown) =>
    JSON.stringify({ errors: [publicError(locatedError(error, nodes, [key]))], data: null })
  let page: OpenPage
  try {
    page = await open()
  } catch (error) {
    return refusal(error)
  }
  const writing: Writing = page
  let text = `{"data":{"${key}":{`
  let separator = ''
  let bounds: PageBounds | null = null
  const kept: (readonly DecodedEvent[])[] = []
  if (!isStraight) {
    for (let result = await page.runs.next(); bounds === null; result = await page.runs.next()) {
      if (result.done) {
        bounds = result.value
        continue
      }
      try {
        keep(bytesOf(result.value))
      } catch (error) {
        await page.runs.return(NO_BOUNDS)
        return refusal(error)
      }
      kept.push(result.value)
    }
  }
  try {
    for (const [label, part] of parts) {
      text += separator + label
      separator = ','
      if (part.kind === 'opened') text += part.write(page, writing)
      else if (part.kind === 'read') text += part.write(bounds!, writing)
      else {
        let between = '['
        for (let i = 0; ; i++) {
          let run: readonly DecodedEvent[]
          if (isStraight) {
            const result = await page.runs.next()
            if (result.done) {
              bounds = result.value
              break
            }
            run = result.value
          } else if (i < kept.length) run = kept[i]!
          else break
          for (let j = 0; j < run.length; j++) {
            text += between + part.write(run[j]!, writing)
            between = ','
            if (text.length < PIECE) continue
            yield text
            text = ''
          }
        }
        text += between === '[' ? '[]' : ']'
      }
    }
  } finally {
    if (bounds === null) await page.runs.return(NO_BOUNDS)
  }
  return `${text}}}}`
}

/** What a generator that is left early is given; nobody sees it. */
const NO_BOUNDS: PageBounds = { hasNextPage: false, hasPreviousPage: false, start: null, end: null }
