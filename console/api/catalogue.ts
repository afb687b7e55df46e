/**
 * What the gateway declares, by introspection: the events with their own fields, and the mutations that publish them.
 * Forms, colours and the selection of the stream are made of it; no event's name stands in the console.
 */
import {
  type ConsolePlaceFragment,
  ConsolePlaceFragmentDoc,
  ConsoleSchemaDocument,
  type ConsoleSchemaQuery,
  type ConsoleTypeRefFragment,
  TypedDocumentString,
} from '../generated/graphql.ts'
import type { ConsoleEvent, EventFields } from './events.ts'
import { ask } from './graphql.ts'

/** A type of an argument or a field; `text` is as in SDL, `[Color!]!`. */
export interface TypeRef {
  readonly text: string
  readonly isRequired: boolean
  readonly isList: boolean
  /** The named type in the middle. */
  readonly name: string
}

export interface Argument {
  readonly name: string
  readonly description: string
  readonly type: TypeRef
  /** Values of an enum, with what they mean; null where the type is none. */
  readonly choices: readonly { readonly name: string; readonly description: string }[] | null
  readonly hasDefault: boolean
}

export interface Mutation {
  readonly name: string
  readonly description: string
  readonly arguments: readonly Argument[]
  /** Name of the event that it publishes. */
  readonly event: string
}

export interface EventKind {
  readonly name: string
  readonly description: string
  /** The class that gives it its colour, `kind-3`; the undeclared have none of the palette's. */
  readonly colour: string
  /** Its own fields, each under the name that the stream's selection gives it. */
  readonly fields: readonly { readonly name: string; readonly alias: string }[]
}

export interface Catalogue {
  readonly mutations: readonly Mutation[]
  /** In the order of the schema, the one for undeclared records last. */
  readonly events: readonly EventKind[]
}

/** The interface Event's one implementation in the vocabulary itself: whatever no event declares. */
const UNDECLARED = 'UnknownEvent'

/** How many colours there are (style/base.css); kinds past them begin anew. */
const PALETTE = 8

/** Asks the gateway for its schema. Rejects with `ApiError`. */
export async function readCatalogue(signal: AbortSignal): Promise<Catalogue> {
  return catalogueOf(await ask(ConsoleSchemaDocument, {}, { signal }))
}

/** The catalogue in an introspection's result. */
export function catalogueOf({ __schema: schema, __type: event }: ConsoleSchemaQuery): Catalogue {
  const enums = new Map(
    schema.types.flatMap(({ kind, name, enumValues }) =>
      kind === 'ENUM'
        ? [[name, (enumValues ?? []).map(({ name, description }) => ({ name, description: description ?? '' }))]]
        : [],
    ),
  )
  const mutations = (schema.mutationType?.fields ?? []).map(
    ({ name, description, args, type }): Mutation => ({
      name,
      description: description ?? '',
      event: typeRef(type).name,
      arguments: args.map((argument) => {
        const type = typeRef(argument.type)
        return {
          name: argument.name,
          description: argument.description ?? '',
          type,
          choices: enums.get(type.name) ?? null,
          hasDefault: argument.defaultValue !== null,
        }
      }),
    }),
  )
  const common = new Set(event?.fields?.map(({ name }) => name))
  const kinds = (event?.possibleTypes ?? []).map(({ name, description, fields }) => ({
    name: name ?? '',
    description: description ?? '',
    fields: (fields ?? [])
      .filter((field) => !common.has(field.name))
      .map((field) => ({ name: field.name, type: typeRef(field.type).text })),
  }))
  const declared = kinds.filter(({ name }) => name !== UNDECLARED)
  const undeclared = kinds.filter(({ name }) => name === UNDECLARED)
  const coloured = [
    ...declared.map((kind, index) => ({ ...kind, colour: `kind-${index % PALETTE}` })),
    ...undeclared.map((kind) => ({ ...kind, colour: 'kind-none' })),
  ]
  return { mutations, events: withAliases(coloured) }
}

type UnaliasedKind = Omit<EventKind, 'fields'> & { readonly fields: readonly { name: string; type: string }[] }

/**
 * Two events may have a field of one name and two types, and GraphQL refuses to select both under that name. The
 * later type gets an alias; the same alias wherever it comes, so that there are few: a document has at most fifty.
 */
function withAliases(kinds: readonly UnaliasedKind[]): EventKind[] {
  const types = new Map<string, string[]>()
  return kinds.map((kind) => ({
    ...kind,
    fields: kind.fields.map(({ name, type }) => {
      const known = types.get(name) ?? []
      if (!known.includes(type)) known.push(type)
      types.set(name, known)
      const index = known.indexOf(type)
      return { name, alias: index === 0 ? name : `${name}_${index + 1}` }
    }),
  }))
}

function typeRef(type: ConsoleTypeRefFragment): TypeRef {
  const { kind, name, ofType } = type
  if (kind === 'NON_NULL' || kind === 'LIST') {
    const inner = typeRef(ofType as ConsoleTypeRefFragment)
    return kind === 'LIST'
      ? { text: `[${inner.text}]`, isRequired: false, isList: true, name: inner.name }
      : { ...inner, text: `${inner.text}!`, isRequired: true }
  }
  return { text: name ?? '', isRequired: false, isList: false, name: name ?? '' }
}

/** A document may have 2,000 tokens: own fields beyond so many are not asked for. */
const MOST_TOKENS = 1_700

/** Adds the events' own fields to an operation that has the fragment `ConsoleEvent`. */
export function withOwnFields<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  { events }: Catalogue,
): TypedDocumentString<Data, Variables> {
  let tokens = 0
  const selections = events.flatMap(({ name, fields }) => {
    // `... on Name { alias : name … }`
    tokens += 5 + fields.length * 3
    if (fields.length === 0 || tokens > MOST_TOKENS) return []
    const names = fields.map(({ name, alias }) => (alias === name ? name : `${alias}: ${name}`))
    return [`... on ${name} { ${names.join(' ')} }`]
  })
  const open = 'fragment ConsoleEvent on Event {'
  return new TypedDocumentString<Data, Variables>(
    String(document).replace(open, () => [open, ...selections].join('\n  ')),
  )
}

/** The class that colours a kind of event. */
export function colourOf({ events }: Catalogue, kind: string): string {
  return events.find(({ name }) => name === kind)?.colour ?? 'kind-none'
}

/** An event as it came, parsed: whatever is not the interface's is its own. */
export function parseEvent(fields: EventFields, { events }: Catalogue): ConsoleEvent {
  const kind = events.find(({ name }) => name === fields.__typename)
  const values = fields as unknown as { readonly [alias: string]: unknown }
  const own = (kind?.fields ?? [])
    .filter(({ alias }) => values[alias] !== undefined)
    .map(({ name, alias }) => [name, values[alias]] as const)
  return { ...fields, own, time: Date.parse(fields.timestamp) }
}

/** The operation that publishes by a mutation. Its answer is under `published`. */
export function publishDocument({
  name,
  arguments: args,
}: Mutation): TypedDocumentString<{ published: ConsolePlaceFragment }, Record<string, unknown>> {
  const list = (texts: readonly string[]) => (texts.length === 0 ? '' : `(${texts.join(', ')})`)
  const declared = list(args.map(({ name, type }) => `$${name}: ${type.text}`))
  const given = list(args.map(({ name }) => `${name}: $${name}`))
  return new TypedDocumentString(
    `mutation ConsolePublish${declared} { published: ${name}${given} { ...ConsolePlace } }\n${ConsolePlaceFragmentDoc}`,
  )
}
