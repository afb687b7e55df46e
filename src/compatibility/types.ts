/**
 * What changed for readers: in the types, and in how records are read as events. Records stay where they are, so
 * what was written by the old SDL must be read by the new one as the same event with the same values; and clients
 * that were generated from the old SDL trust its types to the letter.
 */
import {
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql'
import type { Catalogue, EventType } from '../catalogue/catalogue.ts'
import { isVocabularyType } from '../catalogue/vocabulary.ts'
import { isHeaderName } from '../event/header-name.ts'
import { breaking, type Change, compatible, paired } from './change.ts'

type Field = GraphQLField<unknown, unknown>

/** Changes of types, of their members, of templates and keys. */
export function typeChanges(before: Catalogue, after: Catalogue): Change[] {
  const { both, removed, added } = paired(typesOf(before), typesOf(after))
  const isEvent = ({ name }: GraphQLNamedType, { events }: Catalogue) => events.some((event) => event.name === name)
  const directives = paired(directivesOf(before), directivesOf(after))
  return [
    ...directives.removed.map(({ name }) => breaking(`@${name}`, 'the directive was removed')),
    ...removed.map((type) =>
      breaking(type.name, isEvent(type, before) ? 'the event was removed' : 'the type was removed'),
    ),
    ...both.flatMap(([old, now]) => [...memberChanges(old, now, after), ...recordChanges(old.name, before, after)]),
    ...added.filter((type) => isEvent(type, after)).map(({ name }) => compatible(name, 'the event was added')),
  ]
}

/** The types that the user's SDL declares, but for the root types. */
function typesOf({ schema }: Catalogue): GraphQLNamedType[] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  return Object.values(schema.getTypeMap()).filter(
    (type) =>
      !isVocabularyType(type.name) &&
      !isSpecifiedScalarType(type) &&
      !isIntrospectionType(type) &&
      !roots.some((root) => root === type),
  )
}

function directivesOf({ schema }: Catalogue) {
  return schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))
}

function memberChanges(old: GraphQLNamedType, now: GraphQLNamedType, after: Catalogue): Change[] {
  const kind = ({ astNode }: GraphQLNamedType) => astNode?.kind.replace('TypeDefinition', '').toLowerCase()
  if (kind(old) !== kind(now)) return [breaking(old.name, `it was of the kind ${kind(old)} and is ${kind(now)}`)]
  if (isEnumType(old) && isEnumType(now)) return valueChanges(old.name, old.getValues(), now.getValues())
  if (isUnionType(old) && isUnionType(now)) {
    const { removed } = paired(old.getTypes(), now.getTypes())
    return removed.map(({ name }) => breaking(old.name, `${name} was removed from the union`))
  }
  if (!(isObjectType(old) || isInterfaceType(old)) || !(isObjectType(now) || isInterfaceType(now))) return []
  const interfaces = paired(old.getInterfaces(), now.getInterfaces())
  const event = after.events.find(({ name }) => name === now.name) ?? null
  return [
    ...interfaces.removed.map(({ name }) => breaking(old.name, `it implements ${name} no longer`)),
    ...fieldChanges(old.name, Object.values(old.getFields()), Object.values(now.getFields()), event),
  ]
}

type Named = { readonly name: string }

function valueChanges(name: string, old: readonly Named[], now: readonly Named[]): Change[] {
  const { removed, added } = paired(old, now)
  return [
    ...removed.map((value) =>
      breaking(
        `${name}.${value.name}`,
        'the value was removed: records that hold it become UnknownEvent, calls that give it fail',
      ),
    ),
    ...added.map((value) => compatible(`${name}.${value.name}`, 'the value was added')),
  ]
}

function fieldChanges(name: string, old: readonly Field[], now: readonly Field[], event: EventType | null): Change[] {
  const { both, removed, added } = paired(old, now)
  return [
    ...removed.map((field) => breaking(`${name}.${field.name}`, 'the field was removed')),
    ...both
      .filter(([field, other]) => String(field.type) !== String(other.type))
      .map(([field, { type }]) => breaking(`${name}.${field.name}`, `it was ${field.type} and is ${type}`)),
    ...added.map((field) => additionOf(`${name}.${field.name}`, field, event)),
  ]
}

function additionOf(coordinate: string, { name, type }: Field, event: EventType | null): Change {
  const isProperty = event?.properties.some((property) => property.name === name)
  if (isProperty && isNonNullType(type)) {
    return breaking(coordinate, 'a required property was added: records without it become UnknownEvent')
  }
  if (isProperty && isHeaderName(name)) {
    return breaking(coordinate, 'a property was added whose name may be that of a header in records that are there')
  }
  return compatible(coordinate, 'the field was added')
}

/** The templates decide which records are this event, and which partition holds them; roles who reads it. */
function recordChanges(name: string, before: Catalogue, after: Catalogue): Change[] {
  const [old, now] = [before, after].map(({ events }) => events.find((event) => event.name === name))
  if (old === undefined || now === undefined) return []
  return [...templateChanges(name, old, now), ...roleChanges(name, old.roles, now.roles)]
}

function templateChanges(name: string, old: EventType, now: EventType): Change[] {
  const quoted = (text: string | undefined) => (text === undefined ? 'none' : `"${text}"`)
  return [
    ...(old.type.text === now.type.text
      ? []
      : [breaking(name, `its type was ${quoted(old.type.text)} and is ${quoted(now.type.text)}`)]),
    ...(old.key?.text === now.key?.text
      ? []
      : [breaking(name, `its key was ${quoted(old.key?.text)} and is ${quoted(now.key?.text)}`)]),
  ]
}

/** Whoever has one of the old roles may go on: `@allow` lets in by any one of its roles, and no `@allow` lets in all. */
function roleChanges(name: string, old: readonly string[] | null, now: readonly string[] | null): Change[] {
  const said = (roles: readonly string[] | null) => (roles === null ? 'everyone' : [...roles].sort().join(', '))
  if (said(old) === said(now)) return []
  const what = `it was allowed to ${said(old)} and is to ${said(now)}`
  const letsIn = now === null || old?.every((role) => now.includes(role))
  return [letsIn ? compatible(name, what) : breaking(name, what)]
}
