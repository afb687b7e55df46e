/**
 * What the catalogue refuses about events, mutations and subscriptions, one function a rule. Each throws a
 * `SchemaRefusal` that names the coordinate and says what to do.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  print,
} from 'graphql'
import type { EventField, EventType } from './catalogue.ts'
import { fits, isFieldType } from './field-type.ts'
import { SchemaRefusal } from './refusal.ts'
import type { Template } from './template.ts'
import { EVENT_FIELDS, VOCABULARY_ARGUMENTS } from './vocabulary.ts'

/** The record's own property, which holds the expanded template. */
const EVENT_TYPE_PROPERTY = 'event_type'

/** An event's fields are scalars, enums and lists of them, by names that nothing else takes. */
export function checkEventFields(type: GraphQLObjectType): void {
  for (const field of Object.values(type.getFields())) {
    const refuse = (message: string) =>
      new SchemaRefusal(`${type.name}.${field.name}`, field.astNode ?? undefined, message)
    if (field.args.length > 0) throw refuse('the field of an event takes no arguments')
    if (hasRest(field)) throw refuse('only a mutation has a REST path; take @rest away')
    if (EVENT_FIELDS.has(field.name)) continue
    if (VOCABULARY_ARGUMENTS.has(field.name)) {
      throw refuse(`"${field.name}" is an argument of the vocabulary; give the field another name`)
    }
    if (field.name === EVENT_TYPE_PROPERTY) {
      throw refuse(`"${EVENT_TYPE_PROPERTY}" is the record's own property; give the field another name`)
    }
    if (!isFieldType(field.type)) throw refuse(`${field.type} is none of scalar, enum, and list of them`)
  }
}

/** `@allow` names roles that somebody can have. */
export function checkRoles(type: GraphQLObjectType, roles: readonly string[]): void {
  const refuse = (message: string) => new SchemaRefusal(type.name, type.astNode ?? undefined, `@allow: ${message}`)
  if (roles.length === 0) throw refuse('no role at all would keep everybody out; name one, or take it away')
  const wrong = roles.find((role) => !/^[^\s,]{1,100}$/.test(role))
  if (wrong !== undefined)
    throw refuse(`${JSON.stringify(wrong)} is no role: 1 to 100 characters, no comma, no white space`)
}

/** A template names the event's fields, and can be parsed back out of the text that it makes. */
export function checkTemplate(
  type: GraphQLObjectType,
  argument: 'type' | 'key',
  template: Template,
  fields: readonly EventField[],
): void {
  const refuse = (message: string) =>
    new SchemaRefusal(type.name, type.astNode ?? undefined, `@event(${argument}: "${template.text}"): ${message}`)
  if (template.text === '') throw refuse('an empty template tells nothing')
  if (!template.isReversible) {
    throw refuse('it cannot be parsed back: put something between } and { that tells the two apart')
  }
  for (const name of template.names) {
    const field = fields.find((candidate) => candidate.name === name)
    if (field === undefined) throw refuse(`{${name}} names no field of ${type.name} beyond the six; add the field`)
    if (isListType(getNullableType(field.type))) {
      throw refuse(`it cannot be parsed back: {${name}} is a list; leave it out of the template`)
    }
    if (argument === 'type' && !isNonNullType(field.type)) {
      throw refuse(`it cannot be parsed back where {${name}} is null; make it ${field.type}!`)
    }
  }
}

/** No text is two events' type. */
export function checkConfusion(events: readonly EventType[], schema: GraphQLSchema): void {
  for (const [index, event] of events.entries()) {
    const other = events.slice(0, index).find((earlier) => earlier.type.isConfusableWith(event.type))
    if (other === undefined) continue
    throw new SchemaRefusal(
      event.name,
      schema.getType(event.name)?.astNode ?? undefined,
      `its type "${event.type.text}" can be confused with "${other.type.text}" of ${other.name}; let them begin or end differently`,
    )
  }
}

/** A mutation's arguments are its event's fields, by name and type. */
export function checkMutationArguments(
  coordinate: string,
  mutation: GraphQLField<unknown, unknown>,
  event: EventType,
): void {
  for (const argument of mutation.args) {
    const field = event.fields.find(({ name }) => name === argument.name)
    const refuse = (message: string) =>
      new SchemaRefusal(`${coordinate}(${argument.name}:)`, argument.astNode ?? undefined, message)
    checkDefault(argument, refuse)
    if (field === undefined) throw refuse(`${event.name} has no field of that name; add it, or take the argument away`)
    if (String(field.type) !== String(argument.type)) {
      throw refuse(`it is ${argument.type}, and ${event.name}.${field.name} is ${field.type}; let them be the same`)
    }
  }
  const missing = event.fields.find(({ name }) => !mutation.args.some((argument) => argument.name === name))
  if (missing !== undefined) {
    throw new SchemaRefusal(
      coordinate,
      mutation.astNode ?? undefined,
      `${event.name}.${missing.name} has no argument; add ${missing.name}: ${missing.type}`,
    )
  }
}

/**
 * A subscription field streams an event's type, or `Event`; its arguments are the vocabulary's or filters by
 * the event's fields. Returns the names of the filters.
 */
export function checkSubscription(
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  event: EventType | null,
  schema: GraphQLSchema,
): string[] {
  const streamed = getNullableType(field.type)
  const streamsEvents = isInterfaceType(streamed) ? streamed.name === 'Event' : isObjectType(streamed) && event !== null
  if (!streamsEvents) {
    throw new SchemaRefusal(
      coordinate,
      field.astNode ?? undefined,
      `its type ${field.type} is no event: return Event, or a type that has @event`,
    )
  }
  if (hasRest(field)) {
    throw new SchemaRefusal(coordinate, field.astNode ?? undefined, 'only a mutation has a REST path; take @rest away')
  }
  const vocabulary = schema.getSubscriptionType()?.getFields().events?.args ?? []
  return field.args.flatMap((argument) => {
    const refuse = (message: string) =>
      new SchemaRefusal(`${coordinate}(${argument.name}:)`, argument.astNode ?? undefined, message)
    checkDefault(argument, refuse)
    const known = vocabulary.find(({ name }) => name === argument.name)
    if (known !== undefined) {
      if (String(getNullableType(known.type)) === String(getNullableType(argument.type))) return []
      throw refuse(`it is ${argument.type}, and the vocabulary's ${argument.name} is ${known.type}`)
    }
    const property = event?.fields.find(({ name }) => name === argument.name)
    if (property === undefined) throw refuse(`it names no field of ${streamed}, by which it could filter`)
    if (String(getNullableType(property.type)) !== String(getNullableType(argument.type))) {
      throw refuse(`it is ${argument.type}, and ${event?.name}.${property.name} is ${property.type}`)
    }
    return [argument.name]
  })
}

/** graphql-js drops a default value of another type in silence; the argument would be a required one. */
function checkDefault(argument: GraphQLArgument, refuse: (message: string) => SchemaRefusal): void {
  const { astNode, defaultValue, type } = argument
  if (astNode?.defaultValue === undefined) return
  if (defaultValue === undefined || (isFieldType(type) && !fits(type, defaultValue))) {
    throw refuse(`its default value ${print(astNode.defaultValue)} is no ${type}`)
  }
}

function hasRest(field: GraphQLField<unknown, unknown>): boolean {
  return field.astNode?.directives?.some(({ name }) => name.value === 'rest') ?? false
}
