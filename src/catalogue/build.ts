/**
 * From SDL to catalogue. What cannot be kept is refused by coordinate, file and line: by `checks.ts`,
 * `rest-route.ts` and `vocabulary.ts` where it is a rule of Herald's, by graphql-js where it is one of GraphQL's.
 */
import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isNonNullType,
  isObjectType,
  Kind,
  validateSchema,
} from 'graphql'
import { validateSDL } from 'graphql/validation/validate.js'
import type { SdlAllowDirectiveArgs, SdlEventDirectiveArgs, SdlRestDirectiveArgs } from '../generated/types.ts'
import type { Catalogue, EventType, MutationField, SubscriptionField } from './catalogue.ts'
import {
  checkConfusion,
  checkEventFields,
  checkMutationArguments,
  checkRoles,
  checkSubscription,
  checkTemplate,
} from './checks.ts'
import { withDescriptions } from './descriptions.ts'
import { refusalOf, SchemaRefusal } from './refusal.ts'
import { checkRoutes, parseRestRoute } from './rest-route.ts'
import { readSdlFolder } from './sdl-files.ts'
import { Template } from './template.ts'
import { EVENT_FIELDS, isVocabularyField, isVocabularyType, withVocabulary } from './vocabulary.ts'

/** Reads the SDL of a folder. Throws `SchemaRefusal` for what cannot be kept. */
export function readCatalogue(folder: string): Catalogue {
  return buildCatalogue(readSdlFolder(folder))
}

/** Builds the catalogue of some SDL; the vocabulary may be left out. Throws `SchemaRefusal`. */
export function buildCatalogue(sdl: readonly DefinitionNode[]): Catalogue {
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: withDescriptions(withVocabulary(sdl)) }
  const schema = buildSchema(document)
  const events = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !isVocabularyType(type.name))
    .flatMap((type) => eventTypeOf(type, schema) ?? [])
  checkConfusion(events, schema)
  const eventByName = new Map(events.map((event) => [event.name, event]))

  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) =>
    mutationOf(field, eventByName, schema),
  )
  checkRoutes(mutations, schema)

  const subscriptions = Object.values(schema.getSubscriptionType()?.getFields() ?? {}).map((field) =>
    subscriptionOf(field, eventByName, schema),
  )
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    if (isVocabularyField('Query', field.name)) continue
    throw refuse(`Query.${field.name}`, field, 'Herald cannot answer it: queries are those of the vocabulary')
  }
  return { document, schema, events, mutations, subscriptions }
}

function buildSchema(document: DocumentNode): GraphQLSchema {
  const sdlError = validateSDL(document)[0]
  if (sdlError !== undefined) throw refusalOf(sdlError, document.definitions)
  const schema = buildASTSchema(document, { assumeValidSDL: true })
  const schemaError = validateSchema(schema)[0]
  if (schemaError !== undefined) throw refusalOf(schemaError, document.definitions)
  return schema
}

function eventTypeOf(type: GraphQLObjectType, schema: GraphQLSchema): EventType | null {
  const declared = directiveArguments<SdlEventDirectiveArgs>(type.name, type, 'event', schema)
  const implementsEvent = type.getInterfaces().some(({ name }) => name === 'Event')
  const allowed = directiveArguments<SdlAllowDirectiveArgs>(type.name, type, 'allow', schema)
  if (declared === undefined) {
    if (allowed !== undefined) throw refuse(type.name, type, 'only an event has @allow: give it @event(type: "…"), too')
    if (implementsEvent) throw refuse(type.name, type, 'it implements Event and has no @event(type: "…")')
    return null
  }
  if (!implementsEvent) throw refuse(type.name, type, 'it has @event and must implement Event, with its six fields')
  const fields = Object.values(type.getFields())
    .filter(({ name }) => !EVENT_FIELDS.has(name))
    .map(({ name, type }) => ({ name, type }))
  checkEventFields(type)
  if (allowed !== undefined) checkRoles(type, allowed.roles)
  const template = readTemplate(type, 'type', declared.type)
  const key = declared.key == null ? null : readTemplate(type, 'key', declared.key)
  checkTemplate(type, 'type', template, fields)
  if (key !== null) checkTemplate(type, 'key', key, fields)
  return {
    name: type.name,
    type: template,
    key,
    fields,
    properties: fields.filter(({ name }) => !template.names.includes(name)),
    roles: allowed?.roles ?? null,
  }
}

function readTemplate(type: GraphQLObjectType, argument: string, text: string): Template {
  try {
    return new Template(text)
  } catch (error) {
    throw refuse(type.name, type, `@event(${argument}: …): ${(error as Error).message}`)
  }
}

function mutationOf(
  field: GraphQLField<unknown, unknown>,
  events: ReadonlyMap<string, EventType>,
  schema: GraphQLSchema,
): MutationField {
  const coordinate = `Mutation.${field.name}`
  const returned = isNonNullType(field.type) ? field.type.ofType : field.type
  const event = isObjectType(returned) ? events.get(returned.name) : undefined
  if (event === undefined) {
    throw refuse(coordinate, field, `its type ${field.type} is no event: return a type that has @event`)
  }
  checkMutationArguments(coordinate, field, event)
  const rest = directiveArguments<SdlRestDirectiveArgs>(coordinate, field, 'rest', schema)
  return {
    name: field.name,
    event,
    arguments: field.args,
    rest: rest === undefined ? null : parseRestRoute(coordinate, field, rest.path, rest.reply),
  }
}

function subscriptionOf(
  field: GraphQLField<unknown, unknown>,
  events: ReadonlyMap<string, EventType>,
  schema: GraphQLSchema,
): SubscriptionField {
  const event = events.get(getNamedType(field.type).name) ?? null
  return { name: field.name, event, filters: checkSubscription(`Subscription.${field.name}`, field, event, schema) }
}

/** Undefined where the element has no such directive. Throws `SchemaRefusal` for arguments of another type. */
function directiveArguments<Arguments>(
  coordinate: string,
  element: GraphQLObjectType | GraphQLField<unknown, unknown>,
  name: 'event' | 'rest' | 'allow',
  schema: GraphQLSchema,
): Arguments | undefined {
  const extensions = 'extensionASTNodes' in element ? element.extensionASTNodes : []
  const directives = [element.astNode, ...extensions].flatMap((node) => node?.directives ?? [])
  try {
    return getDirectiveValues(schema.getDirective(name)!, { directives }) as Arguments | undefined
  } catch (error) {
    throw refuse(coordinate, element, `@${name}: ${(error as Error).message}`)
  }
}

function refuse(
  coordinate: string,
  element: GraphQLObjectType | GraphQLField<unknown, unknown>,
  message: string,
): SchemaRefusal {
  return new SchemaRefusal(coordinate, element.astNode ?? undefined, message)
}
