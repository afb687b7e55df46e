/** GraphiQL's first tabs: publish, replay, subscribe, made of the catalogue, each ready to run as it stands. */
import { type GraphQLInputType, isEnumType, isListType, isNonNullType, parse, print } from 'graphql'
import type { Catalogue, MutationField } from '../../catalogue/catalogue.ts'

export interface Tab {
  readonly query: string
  /** JSON. */
  readonly variables: string
}

const EVENT = '{ id type timestamp cursor record { partition offset } }'

/** A tab for a mutation (one without arguments, if there is any), the replay and the subscription. */
export function firstTabs({ mutations }: Catalogue): Tab[] {
  const mutation = mutations.find((each) => each.arguments.length === 0) ?? mutations[0]
  return [
    ...(mutation === undefined ? [] : [publishTab(mutation)]),
    tab(
      ['Replays the log from its beginning.', 'Read on with after: endCursor.'],
      `query Replay { events(first: 100) { nodes ${EVENT} pageInfo { hasNextPage endCursor } end } }`,
    ),
    tab(
      [
        'Streams new events: run it, then publish',
        'with curl or in another window.',
        'from: EARLIEST replays the log first.',
      ],
      `subscription Subscribe { events(from: LATEST) ${EVENT} }`,
    ),
  ]
}

function publishTab(mutation: MutationField): Tab {
  const needed = mutation.arguments.filter(({ type }) => isNonNullType(type))
  const list = (texts: string[]) => (texts.length === 0 ? '' : `(${texts.join(', ')})`)
  const declared = list(needed.map(({ name, type }) => `$${name}: ${type}`))
  const given = list(needed.map(({ name }) => `${name}: $${name}`))
  const variables = Object.fromEntries(needed.map(({ name, type }) => [name, sampleOf(type)]))
  return tab(
    ['Publishes an event. The answer comes', 'when the log has acknowledged it.'],
    `mutation Publish${declared} { ${mutation.name}${given} ${EVENT} }`,
    needed.length === 0 ? '' : JSON.stringify(variables, null, 2),
  )
}

function tab(comment: readonly string[], document: string, variables = ''): Tab {
  return { query: `${comment.map((line) => `# ${line}\n`).join('')}${print(parse(document))}\n`, variables }
}

/** A value of an argument's type. */
function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType)
  if (isListType(type)) return [sampleOf(type.ofType)]
  if (isEnumType(type)) return type.getValues()[0]?.name
  return SAMPLES[type.name] ?? 'test'
}

const SAMPLES: { readonly [type: string]: unknown } = {
  Int: 1,
  Float: 1.5,
  Boolean: true,
  DateTime: '2026-11-24T12:00:00.000Z',
}
