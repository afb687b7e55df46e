/**
 * A page of the log as JSON text: for a query of `events` alone, as nearly every replay is, its events are written
 * straight from the records (event-writer.ts), and what is beside them here. The result is graphql-js's to the byte
 * (compiled-page.test.ts holds the two against each other on random documents).
 *
 * Whatever is not as plain (other root fields beside it, directives on the operation, variables or arguments that
 * are no good) is left to the executor: `pagePlanOf` gives null.
 */
import {
  type ExecutionArgs,
  type FieldNode,
  type GraphQLInterfaceType,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { CursorCodec, Place } from '../../event/cursor.ts'
import type { DecodedEvent } from '../../event/event.ts'
import type { Operations } from '../../operations/operations.ts'
import { bytesOf, type OpenPage, type PageBounds } from '../../operations/replay.ts'
import type { RequestContext } from '../context.ts'
import { type Asked, copiesIn } from './cost.ts'
import { publicError } from './errors.ts'
import { eventWriter, objectWriter, unknownField, type Write } from './event-writer.ts'
import { hold } from './memory.ts'
import { replayArguments } from './schema.ts'
import { ByConditions, Selection } from './selection.ts'

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
  const shape = shapes.get(document, operation, coerced, () =>
    shapeOf(new Selection({ schema, document }, coerced), operation),
  )
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

/** What a page ends with, when it was read. */
interface Read {
  readonly bounds: PageBounds
  readonly cursors: CursorCodec
}

/** A field of the connection: known when the page is opened, or only when it is read, or its events. */
type Part =
  | { readonly kind: 'opened'; readonly write: Write<OpenPage> }
  | { readonly kind: 'read'; readonly write: Write<Read> }
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

const shapes = new ByConditions<Shape | null>()

/** Null where the page is not all that the operation asks for. */
function shapeOf(selection: Selection, operation: OperationDefinitionNode): Shape | null {
  const { schema, fragments } = selection
  const [first, ...others] = selection.root(schema.getQueryType()!, operation)
  if (first === undefined || others.length > 0) return null
  const [key, nodes] = first
  if (nodes[0]!.name.value !== 'events') return null
  const parts = selection
    .fields(selection.object('EventConnection'), nodes)
    .map(([label, inner]) => [`"${label}":`, partOf(selection, inner)] as const)
  const lists = parts.filter(([, { kind }]) => kind === 'events').length
  const list = parts.findIndex(([, { kind }]) => kind === 'events')
  const bounds = parts.findIndex(([, { kind }]) => kind === 'read')
  const copies = copiesIn({ schema, fieldNodes: nodes, fragments })
  return {
    key,
    nodes,
    fragments,
    parts,
    isStraight: lists === 1 && copies <= MOST_COPIES && (bounds < 0 || bounds > list),
  }
}

function partOf(selection: Selection, nodes: readonly FieldNode[]): Part {
  const name = nodes[0]!.name.value
  switch (name) {
    case '__typename':
      return { kind: 'opened', write: () => '"EventConnection"' }
    case 'end':
      return { kind: 'opened', write: ({ logEnd, cursors }) => `"${cursors.encode(logEnd)}"` }
    case 'pageInfo':
      return { kind: 'read', write: pageInfoWriter(selection, nodes) }
    case 'nodes':
      return { kind: 'events', write: nodeWriter(selection, nodes) }
    case 'edges':
      return { kind: 'events', write: edgeWriter(selection, nodes) }
    default:
      throw unknownField('EventConnection', name)
  }
}

function nodeWriter(selection: Selection, nodes: readonly FieldNode[]): Write<DecodedEvent> {
  return eventWriter(selection, selection.schema.getType('Event') as GraphQLInterfaceType, nodes)
}

function edgeWriter(selection: Selection, nodes: readonly FieldNode[]): Write<DecodedEvent> {
  return objectWriter(selection.fields(selection.object('EventEdge'), nodes), (name, inner): Write<DecodedEvent> => {
    switch (name) {
      case '__typename':
        return () => '"EventEdge"'
      case 'cursor':
        return ({ cursor }) => `"${cursor}"`
      case 'node':
        return nodeWriter(selection, inner)
      default:
        throw unknownField('EventEdge', name)
    }
  })
}

function pageInfoWriter(selection: Selection, nodes: readonly FieldNode[]): Write<Read> {
  const cursor = (place: Place | null, { cursors }: Read) => (place === null ? 'null' : `"${cursors.encode(place)}"`)
  return objectWriter(selection.fields(selection.object('PageInfo'), nodes), (name): Write<Read> => {
    switch (name) {
      case '__typename':
        return () => '"PageInfo"'
      case 'hasNextPage':
        return ({ bounds }) => String(bounds.hasNextPage)
      case 'hasPreviousPage':
        return ({ bounds }) => String(bounds.hasPreviousPage)
      case 'startCursor':
        return (read) => cursor(read.bounds.start, read)
      case 'endCursor':
        return (read) => cursor(read.bounds.end, read)
      default:
        throw unknownField('PageInfo', name)
    }
  })
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
      if (part.kind === 'opened') text += part.write(page)
      else if (part.kind === 'read') text += part.write({ bounds: bounds!, cursors: page.cursors })
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
            text += between + part.write(run[j]!)
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
