/**
 * What changed for callers: of mutations, REST paths and subscriptions. A call that was good must stay good and mean
 * the same, a REST path answer byte for byte the same.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLType,
  isListType,
  isNonNullType,
  isRequiredArgument,
} from 'graphql'
import type { Catalogue, MutationField } from '../catalogue/catalogue.ts'
import { precedence, type RestRoute } from '../catalogue/rest-route.ts'
import { isVocabularyField } from '../catalogue/vocabulary.ts'
import { breaking, type Change, compatible, paired } from './change.ts'

type Field = GraphQLField<unknown, unknown>

/** Changes of the fields of Mutation and Subscription, their arguments and REST paths. */
export function callChanges(before: Catalogue, after: Catalogue): Change[] {
  const mutations = ({ schema }: Catalogue) => fieldsOf(schema.getMutationType())
  const subscriptions = ({ schema }: Catalogue) => fieldsOf(schema.getSubscriptionType())
  return [
    ...rootChanges('Mutation', mutations(before), mutations(after)),
    ...routeChanges(before.mutations, after.mutations),
    ...rootChanges('Subscription', subscriptions(before), subscriptions(after)),
  ]
}

function fieldsOf(root: GraphQLObjectType | null | undefined): Field[] {
  return Object.values(root?.getFields() ?? {}).filter(({ name }) => !isVocabularyField(root!.name, name))
}

function rootChanges(root: 'Mutation' | 'Subscription', old: readonly Field[], now: readonly Field[]): Change[] {
  const what = root.toLowerCase()
  const { both, removed, added } = paired(old, now)
  return [
    ...removed.map(({ name }) => breaking(`${root}.${name}`, `the ${what} was removed`)),
    ...both.flatMap(([field, other]) => fieldChanges(`${root}.${field.name}`, field, other)),
    ...added.map(({ name }) => compatible(`${root}.${name}`, `the ${what} was added`)),
  ]
}

function fieldChanges(coordinate: string, old: Field, now: Field): Change[] {
  const { both, removed, added } = paired(old.args, now.args)
  const at = (name: string) => `${coordinate}(${name}:)`
  return [
    ...(String(old.type) === String(now.type) ? [] : [breaking(coordinate, `it was ${old.type} and is ${now.type}`)]),
    ...removed.map(({ name }) => breaking(at(name), 'the argument was removed')),
    ...both.flatMap(([argument, other]) => argumentChanges(at(argument.name), argument, other)),
    ...added.map((argument) =>
      isRequiredArgument(argument)
        ? breaking(at(argument.name), 'a required argument was added')
        : compatible(at(argument.name), 'an optional argument was added'),
    ),
  ]
}

function argumentChanges(coordinate: string, old: GraphQLArgument, now: GraphQLArgument): Change[] {
  const changes: Change[] = []
  if (String(old.type) !== String(now.type)) {
    const change = takesAll(now.type, old.type) ? compatible : breaking
    changes.push(change(coordinate, `it was ${old.type} and is ${now.type}`))
  }
  const [before, after] = [old, now].map(({ defaultValue }) => defaultValue ?? null)
  if (JSON.stringify(before) === JSON.stringify(after)) return changes
  const what = `without it a call meant ${JSON.stringify(before)} and means ${JSON.stringify(after)}`
  if (isRequiredArgument(old)) changes.push(compatible(coordinate, 'it may be left out now'))
  else changes.push(breaking(coordinate, isRequiredArgument(now) ? 'it was optional and is required' : what))
  return changes
}

/** Whether every value of the one type is taken where the other is declared. */
function takesAll(declared: GraphQLType, given: GraphQLType): boolean {
  if (isNonNullType(declared)) return isNonNullType(given) && takesAll(declared.ofType, given.ofType)
  if (isNonNullType(given)) return takesAll(declared, given.ofType)
  if (isListType(declared)) return isListType(given) && takesAll(declared.ofType, given.ofType)
  return String(declared) === String(given)
}

function routeChanges(before: readonly MutationField[], after: readonly MutationField[]): Change[] {
  const { both } = paired(before, after)
  const changes = both.flatMap(([{ name, rest: old }, { rest: now }]): Change[] => {
    const coordinate = `Mutation.${name}`
    if (old === null) return now === null ? [] : [compatible(coordinate, `the path ${now.path} was added`)]
    if (now === null) return [breaking(coordinate, `the path ${old.path} was removed`)]
    const said = (text: string) => JSON.stringify(text)
    return [
      ...(old.path === now.path ? [] : [breaking(coordinate, `its path was ${old.path} and is ${now.path}`)]),
      ...(old.reply.text === now.reply.text
        ? []
        : [breaking(coordinate, `its reply was ${said(old.reply.text)} and is ${said(now.reply.text)}`)]),
    ]
  })
  return [...changes, ...takenPaths(before, after)]
}

/** New routes that take requests which an old one had: `/guilds/top` those of `/guilds/{name}`. */
function takenPaths(before: readonly MutationField[], after: readonly MutationField[]): Change[] {
  const had = (path: string) => before.some(({ rest }) => rest?.path === path)
  return after.flatMap(({ name, rest }) => {
    if (rest === null || had(rest.path)) return []
    return before.flatMap((old) =>
      old.rest !== null && precedence(rest) < precedence(old.rest) && overlap(rest, old.rest)
        ? [
            breaking(
              `Mutation.${old.name}`,
              `${rest.path} of Mutation.${name} takes requests that ${old.rest.path} had`,
            ),
          ]
        : [],
    )
  })
}

function overlap(one: RestRoute, other: RestRoute): boolean {
  return (
    one.segments.length === other.segments.length &&
    one.segments.every((segment, index) => {
      const opposite = other.segments[index]!
      return !('literal' in segment && 'literal' in opposite) || segment.literal === opposite.literal
    })
  )
}
