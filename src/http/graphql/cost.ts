/**
 * What a request's pages may cost, counted before they are read. A page says how many events it holds at most (`first`,
 * `last`), the document how many fields of each are written: the product is the work, and it is summed up over the
 * request, since aliases would multiply it. The same for every way in which a page is executed.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { HeraldError } from '../../errors.ts'
import { MAX_PAGE } from '../../operations/replay.ts'
import type { RequestContext } from '../context.ts'

/** Two of the largest pages. */
const MAX_EVENTS = 2 * MAX_PAGE
/** 40 of each event in one of the largest pages: less than a second's work. */
const MAX_FIELDS = 400_000
/** How many headers an event has, about: fewer than a browser sends, more than a script does. */
const HEADERS = 4
/** A page that looks for something may read 16 MiB and find nothing: it costs as much as one with so many events. */
const LEAST_OF_A_SEARCH = 2_000

/** What is asked for: a root field, as graphql-js tells it to a resolver. */
export type Asked = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'schema'>

/** How much a document selects of a page. */
interface Selected {
  /** Fields of one event, of whatever type it is. */
  readonly fields: number
  /** How often a text of the event's publisher is written, under different names. */
  readonly copies: number
}

/** By the root field's node: a document that is kept is counted once. */
const known = new WeakMap<FieldNode, Selected>()

/** What the pages of a request cost so far. */
const spent = new WeakMap<RequestContext, { events: number; fields: number }>()

/** Counts a page of `events` events. `isSearch`: it leaves out some of what it reads. Throws BAD_USER_INPUT. */
export function spend(context: RequestContext, asked: Asked, events: number, isSearch: boolean): void {
  const sum = spent.get(context) ?? { events: 0, fields: 0 }
  spent.set(context, sum)
  sum.events += Math.max(0, isSearch ? Math.max(events, LEAST_OF_A_SEARCH) : events)
  sum.fields += Math.max(0, events) * selectedBy(asked).fields
  if (sum.events > MAX_EVENTS) {
    const search = isSearch ? `, of which one with a filter counts as ${LEAST_OF_A_SEARCH} at least` : ''
    throw tooMuch(`The pages of one request hold ${MAX_EVENTS} events at most, all together${search}.`)
  }
  if (sum.fields > MAX_FIELDS) {
    throw tooMuch(
      `The pages of one request hold ${MAX_FIELDS} fields at most, all together: ask for fewer events (first, last) or fewer fields of each.`,
    )
  }
}

/** How often a page's answer may hold what a record holds. */
export function copiesIn(asked: Asked): number {
  return selectedBy(asked).copies
}

/** Of each node by itself: which of them are merged depends on the variables of conditions. */
function selectedBy({ fieldNodes, fragments, schema }: Asked): Selected {
  let fields = 0
  let copies = 0
  for (const node of fieldNodes) {
    let own = known.get(node)
    if (own === undefined) {
      own = new Count(schema, fragments).of(node)
      known.set(node, own)
    }
    fields += own.fields
    copies += own.copies
  }
  return { fields, copies }
}

/** Which event types a field is of: '' for all. */
type Condition = string

class Count {
  readonly #schema: GraphQLSchema
  readonly #fragments: { readonly [name: string]: FragmentDefinitionNode }
  /** Where fields stand in the answer, and how many they are there, by the type of event that has them. */
  readonly #places = new Map<Condition, Map<string, number>>()
  /** Where one field stands in the answer, by its path of names. */
  readonly #copies = new Map<string, Set<string>>()

  constructor(schema: GraphQLSchema, fragments: { readonly [name: string]: FragmentDefinitionNode }) {
    this.#schema = schema
    this.#fragments = fragments
  }

  of({ selectionSet }: FieldNode): Selected {
    // Of the connection only what is there for each event counts.
    if (selectionSet) this.#walk(selectionSet, '', '', '', (name) => name === 'nodes' || name === 'edges')
    const fieldsOf = (places: ReadonlyMap<string, number> = new Map()) =>
      [...places.values()].reduce((a, b) => a + b, 0)
    const ofTypes = [...this.#places].flatMap(([condition, places]) => (condition === '' ? [] : [fieldsOf(places)]))
    const copies = [...this.#copies.values()].map(({ size }) => size)
    return { fields: fieldsOf(this.#places.get('')) + Math.max(0, ...ofTypes), copies: Math.max(1, ...copies) }
  }

  #walk(
    { selections }: SelectionSetNode,
    place: string,
    path: string,
    condition: Condition,
    counts: (name: string) => boolean = () => true,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias, selectionSet } = selection
        if (!counts(name.value)) continue
        const own = `${place}.${alias?.value ?? name.value}`
        // An event is the same one, and an edge's node or a page's: what it holds is written again.
        const ownPath = ['nodes', 'edges', 'node'].includes(name.value) ? path : `${path}.${name.value}`
        const places = this.#places.get(condition) ?? new Map<string, number>()
        this.#places.set(condition, places.set(own, path === '.headers' ? HEADERS : 1))
        if (selectionSet) this.#walk(selectionSet, own, ownPath, condition)
        else if (!isSmall(ownPath)) this.#copies.set(ownPath, (this.#copies.get(ownPath) ?? new Set()).add(own))
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments[selection.name.value]!
      const type = fragment.typeCondition?.name.value
      const isOfType = type !== undefined && this.#isEvent(type)
      this.#walk(fragment.selectionSet, place, path, isOfType ? type : condition, counts)
    }
  }

  #isEvent(name: string): boolean {
    const type = this.#schema.getType(name)
    return isObjectType(type) && type.getInterfaces().length > 0
  }
}

/** Whether a field of an event is a few bytes, whatever its publisher sent. */
function isSmall(path: string): boolean {
  return SMALL.has(path) || path.endsWith('.__typename') || (path.startsWith('.record.') && path !== '.record.key')
}

const SMALL: ReadonlySet<string> = new Set(['.id', '.timestamp', '.cursor'])

function tooMuch(message: string): HeraldError {
  return new HeraldError('BAD_USER_INPUT', message)
}
