/**
 * What a schema's elements mean, said once. The six fields of each event mean what they mean in the interface, a
 * mutation's argument is the event's field of that name, and so are the filters of a subscription: where an SDL file
 * leaves such a description out it is taken from there, so that GraphiQL, the console and the documents explain
 * everything and nobody has to write it down again for every event.
 */
import {
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type StringValueNode,
  type TypeNode,
} from 'graphql'

type Described = { readonly description?: StringValueNode | undefined }
type Named = { readonly name: { readonly value: string } }

/** The definitions, with descriptions where they follow from others. What is wrong in them is left to others to say. */
export function withDescriptions(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const objects = definitions.filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION)
  const event = definitions.find(
    (definition) => definition.kind === Kind.INTERFACE_TYPE_DEFINITION && definition.name.value === 'Event',
  )
  const common = event?.kind === Kind.INTERFACE_TYPE_DEFINITION ? (event.fields ?? []) : []
  const streamed = namedIn(namedIn(objects, 'Subscription')?.fields, 'events')?.arguments ?? []
  const eventOf = (field: FieldDefinitionNode) => namedIn(objects, nameOf(field.type))

  return definitions.map((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition
    switch (definition.name.value) {
      case 'Mutation':
        return described(
          withFields(definition, (field) => published(field, eventOf(field))),
          'Publishes events.',
        )
      case 'Subscription':
        return withFields(definition, (field) => subscribed(field, eventOf(field), streamed))
      default:
        if (!definition.interfaces?.some(({ name }) => name.value === 'Event')) return definition
        return withFields(definition, (field) => like(field, common))
    }
  })
}

function published(field: FieldDefinitionNode, event: ObjectTypeDefinitionNode | undefined): FieldDefinitionNode {
  return described(withArguments(field, event?.fields ?? []), `Publishes ${nameAndMeaning(field, event)}`)
}

function subscribed(
  field: FieldDefinitionNode,
  event: ObjectTypeDefinitionNode | undefined,
  streamed: readonly InputValueDefinitionNode[],
): FieldDefinitionNode {
  const filters = (event?.fields ?? []).map((own) =>
    own.description === undefined ? own : described(undescribed(own), `Only with this value: ${own.description.value}`),
  )
  return described(withArguments(field, [...streamed, ...filters]), `Streams ${nameAndMeaning(field, event)}`)
}

function nameAndMeaning({ type }: FieldDefinitionNode, event: Described | undefined): string {
  const meaning = event?.description?.value
  return meaning === undefined ? `${nameOf(type)}.` : `${nameOf(type)}: ${meaning}`
}

function withFields(
  type: ObjectTypeDefinitionNode,
  change: (field: FieldDefinitionNode) => FieldDefinitionNode,
): ObjectTypeDefinitionNode {
  return type.fields === undefined ? type : { ...type, fields: type.fields.map(change) }
}

function withArguments(field: FieldDefinitionNode, models: readonly (Described & Named)[]): FieldDefinitionNode {
  if (field.arguments === undefined) return field
  return { ...field, arguments: field.arguments.map((argument) => like(argument, models)) }
}

/** Described as the model of its name is, unless it says something itself. */
function like<Node extends Described & Named>(node: Node, models: readonly (Described & Named)[]): Node {
  const description = namedIn(models, node.name.value)?.description
  return node.description !== undefined || description === undefined ? node : { ...node, description }
}

function described<Node extends Described>(node: Node, value: string): Node {
  return node.description !== undefined ? node : { ...node, description: { kind: Kind.STRING, value } }
}

function undescribed<Node extends Described>(node: Node): Node {
  return { ...node, description: undefined }
}

function namedIn<Node extends Named>(nodes: readonly Node[] | undefined, name: string): Node | undefined {
  return nodes?.find((node) => node.name.value === name)
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}
