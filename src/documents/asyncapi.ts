/**
 * AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0): what the topic holds, for whoever
 * reads it without Herald. A channel is the topic, a message an event: the CloudEvents attributes in its headers, its
 * key, and a JSON Schema of its value. An operation bears the schema coordinate of the field that does it.
 */
import { GraphQLNonNull, getNullableType, isNonNullType } from 'graphql'
import type { Catalogue, EventType } from '../catalogue/catalogue.ts'
import { type JsonSchema, templateSchema, valueSchema } from './json-schema.ts'
import { about, typesOf } from './members.ts'

export interface AsyncApiSettings {
  /** Herald's version. */
  readonly version: string
  readonly topic: string
  /** host:port of each; empty: the log is embedded, and nobody but Herald reads it. */
  readonly brokers: readonly string[]
  /** CloudEvents' source of what is published here. */
  readonly source: string
}

const BINDING = { bindingVersion: '0.5.0' }

/** The document, ready for JSON. */
export function asyncApi(catalogue: Catalogue, settings: AsyncApiSettings): object {
  const { version, topic, brokers, source } = settings
  const { events, mutations, subscriptions } = catalogue
  const servers = brokers.map((host, index) => [`kafka-${index}`, { host, protocol: 'kafka' }])
  const operation = (action: 'send' | 'receive', event: EventType | null, summary?: string) => ({
    action,
    channel: { $ref: `#/channels/${topic}` },
    ...(summary !== undefined && { summary }),
    ...(event !== null && { messages: [{ $ref: `#/channels/${topic}/messages/${event.name}` }] }),
  })
  const described = (type: string, field: string) => about(catalogue, type, field).description
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Herald',
      version,
      description:
        `The events of the topic "${topic}". Each record is a CloudEvent 1.0 in Kafka's binary mode, and its value one ` +
        'flat JSON object. A topic may hold other records too: whoever reads it passes over them.',
    },
    defaultContentType: 'application/json',
    servers: Object.fromEntries(servers),
    channels: {
      [topic]: {
        address: topic,
        messages: Object.fromEntries(events.map(({ name }) => [name, { $ref: `#/components/messages/${name}` }])),
        ...(brokers.length > 0 && { bindings: { kafka: { topic, ...BINDING } } }),
      },
    },
    operations: Object.fromEntries([
      ...mutations.map(({ name, event }) => [
        `Mutation.${name}`,
        operation('send', event, described('Mutation', name)),
      ]),
      ['Query.events', operation('receive', null, described('Query', 'events'))],
      ...subscriptions.map(({ name, event }) => [
        `Subscription.${name}`,
        operation('receive', event, described('Subscription', name)),
      ]),
    ]),
    components: {
      messages: Object.fromEntries(events.map((event) => [event.name, messageOf(event, catalogue, source)])),
    },
  }
}

function messageOf(event: EventType, catalogue: Catalogue, source: string): object {
  const type = templateSchema(event.type, typesOf(event.fields))
  const { description } = catalogue.schema.getType(event.name)!
  return {
    name: event.name,
    title: event.name,
    ...(description && { summary: description }),
    contentType: 'application/json',
    headers: headersSchema(type, source),
    payload: payloadSchema(event, type, catalogue),
    bindings: { kafka: { key: keySchema(event), ...BINDING } },
  }
}

/** Kafka's headers of a record that Herald wrote. */
function headersSchema(type: JsonSchema, source: string): JsonSchema {
  return {
    type: 'object',
    properties: {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: { type: 'string', format: 'uuid', description: 'A UUIDv7.' },
      ce_type: { ...type, description: 'The event_type.' },
      ce_source: { type: 'string', format: 'uri-reference', examples: [source] },
      ce_time: { type: 'string', format: 'date-time' },
      'content-type': { type: 'string', const: 'application/json' },
      ce_idempotencykey: { type: 'string', description: "The request's Idempotency-Key, where it had one." },
      traceparent: { type: 'string', description: 'W3C Trace Context, where there is one.' },
    },
    required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time', 'content-type'],
  }
}

function payloadSchema(event: EventType, type: JsonSchema, catalogue: Catalogue): JsonSchema {
  const properties = event.properties.map((property) => [
    property.name,
    { ...valueSchema(property.type), ...about(catalogue, event.name, property.name) },
  ])
  return {
    type: 'object',
    properties: { event_type: type, ...Object.fromEntries(properties) },
    required: ['event_type', ...event.properties.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)],
    additionalProperties: {
      type: 'string',
      description: 'A header of the request that published it, by its name in Title-Case, such as User-Agent.',
    },
  }
}

/** Null where the event has no key, or where a field of it is null. */
function keySchema({ key, fields }: EventType): JsonSchema {
  if (key === null) return { type: 'null' }
  const typeOf = typesOf(fields)
  const schema = templateSchema(key, (name) => new GraphQLNonNull(getNullableType(typeOf(name))))
  return key.names.every((name) => isNonNullType(typeOf(name))) ? schema : { ...schema, type: ['string', 'null'] }
}
