/**
 * The vocabulary and the user's SDL, made one. What the user's files leave out of the vocabulary is filled
 * in from the built-in one; what they say otherwise is refused with the difference. Root types are merged
 * by their fields, whether a file says `type Mutation` or `extend type Mutation`, so that adding an event
 * is adding a file.
 */
import {
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type FieldDefinitionNode,
  isTypeSystemDefinitionNode,
  isTypeSystemExtensionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  print,
  type TypeDefinitionNode,
  visit,
} from 'graphql'
import { VOCABULARY } from '../generated/vocabulary.ts'
import { SchemaRefusal } from './refusal.ts'
import { parseSdl } from './sdl-files.ts'

type NamedDefinition = TypeDefinitionNode | DirectiveDefinitionNode
type RootTypeNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode

/** The root types; a file may define or extend each. */
const ROOTS: readonly string[] = ['Query', 'Mutation', 'Subscription']

const BUILT_IN = parseSdl(VOCABULARY, 'built-in vocabulary') as NamedDefinition[]
const BUILT_IN_BY_NAME = new Map(BUILT_IN.map((definition) => [keyOf(definition), definition]))

/** The names of the arguments that the vocabulary's fields have: no event's field may take one. */
export const VOCABULARY_ARGUMENTS: ReadonlySet<string> = new Set(
  BUILT_IN.filter(isObjectType)
    .flatMap((type) => type.fields ?? [])
    .flatMap((field) => field.arguments ?? [])
    .map((argument) => argument.name.value),
)

/** The names of the fields that every event has: those of the interface Event. */
export const EVENT_FIELDS: ReadonlySet<string> = new Set(
  BUILT_IN.flatMap((definition) =>
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION ? (definition.fields ?? []) : [],
  ).map((field) => field.name.value),
)

/** Whether a field belongs to the vocabulary, as `Subscription.events` does. */
export function isVocabularyField(typeName: string, fieldName: string): boolean {
  const type = BUILT_IN_BY_NAME.get(typeName)
  return type !== undefined && isObjectType(type) && (type.fields ?? []).some((field) => field.name.value === fieldName)
}

/** Whether a type belongs to the vocabulary. */
export function isVocabularyType(typeName: string): boolean {
  return BUILT_IN_BY_NAME.has(typeName)
}

/** All definitions of the schema: the vocabulary, and what the user's files declare. Throws `SchemaRefusal`. */
export function withVocabulary(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const own: DefinitionNode[] = []
  const roots = new Map<string, RootTypeNode[]>()
  for (const definition of definitions) {
    if (!isTypeSystemDefinitionNode(definition) && !isTypeSystemExtensionNode(definition)) {
      throw new SchemaRefusal('', definition, 'it is an operation or a fragment, and no SDL; take it out of the folder')
    }
    if (isRootType(definition)) {
      roots.set(definition.name.value, [...(roots.get(definition.name.value) ?? []), definition])
    } else if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      for (const { operation, type } of definition.operationTypes ?? []) {
        if (type.name.value.toLowerCase() === operation && ROOTS.includes(type.name.value)) continue
        throw new SchemaRefusal(type.name.value, type, `the root type of ${operation} must keep its standard name`)
      }
    } else if ('name' in definition && definition.name !== undefined && BUILT_IN_BY_NAME.has(keyOf(definition))) {
      requireSame(definition as NamedDefinition)
    } else {
      own.push(definition)
    }
  }
  const vocabulary = BUILT_IN.filter((definition) => !isRootType(definition))
  return [...vocabulary, ...ROOTS.flatMap((name) => mergedRoot(name, roots.get(name) ?? [])), ...own]
}

/** A root type with the fields of the vocabulary and of all files; none where nobody declares a field of it. */
function mergedRoot(name: string, parts: readonly RootTypeNode[]): ObjectTypeDefinitionNode[] {
  const builtIn = BUILT_IN_BY_NAME.get(name) as ObjectTypeDefinitionNode | undefined
  const fields = [...(builtIn?.fields ?? []), ...parts.flatMap(fieldsBeyondVocabulary)]
  if (fields.length === 0) return []
  const described =
    [...parts, ...(builtIn === undefined ? [] : [builtIn])].find(
      (part) => 'description' in part && part.description !== undefined,
    ) ?? parts[0]!
  return [
    {
      ...described,
      kind: Kind.OBJECT_TYPE_DEFINITION,
      interfaces: parts.flatMap((part) => part.interfaces ?? []),
      directives: parts.flatMap((part) => part.directives ?? []),
      fields,
    },
  ]
}

function fieldsBeyondVocabulary(type: RootTypeNode): FieldDefinitionNode[] {
  const builtIn = BUILT_IN_BY_NAME.get(type.name.value) as ObjectTypeDefinitionNode | undefined
  return (type.fields ?? []).filter((field) => {
    const expected = builtIn?.fields?.find((other) => other.name.value === field.name.value)
    if (expected === undefined) return true
    const difference = firstDifference(expected, field)
    if (difference === null) return false
    throw new SchemaRefusal(`${type.name.value}.${field.name.value}`, field, differs(difference))
  })
}

function requireSame(definition: NamedDefinition): void {
  const difference = firstDifference(BUILT_IN_BY_NAME.get(keyOf(definition))!, definition)
  if (difference !== null) {
    const at = definition.kind === Kind.DIRECTIVE_DEFINITION ? '@' : ''
    throw new SchemaRefusal(`${at}${definition.name.value}`, definition, differs(difference))
  }
}

function differs({ expected, found }: { expected: string; found: string }): string {
  return `differs from the built-in vocabulary: it has ${found}, the built-in one ${expected}; take the change back, or leave the definition out`
}

/** The first line in which two definitions differ, whatever their descriptions and the order of their members. */
function firstDifference(builtIn: DefinitionNode | FieldDefinitionNode, own: DefinitionNode | FieldDefinitionNode) {
  const [expected, found] = [linesOf(builtIn), linesOf(own)]
  const missing = expected.find((line) => !found.includes(line))
  // A line of the built-in one that is there twice is extra too.
  const extra = found.find((line, index) => !expected.includes(line) || found.indexOf(line) !== index)
  if (missing === undefined && extra === undefined) return null
  return { expected: quote(missing), found: quote(extra) }
}

function quote(line: string | undefined): string {
  return line === undefined ? 'nothing' : `"${line.replace(/ \{$/, '')}"`
}

function linesOf(node: DefinitionNode | FieldDefinitionNode): string[] {
  const plain = visit(node, {
    StringValue: (_value, key) => (key === 'description' ? null : undefined),
    FieldDefinition: (field) => ({ ...field, arguments: byName(field.arguments ?? []) }),
    DirectiveDefinition: (directive) => ({ ...directive, arguments: byName(directive.arguments ?? []) }),
  })
  return print(plain)
    .split('\n')
    .map((line) => line.trim())
}

function byName<T extends { readonly name: { readonly value: string } }>(nodes: readonly T[]): T[] {
  return [...nodes].sort((a, b) => (a.name.value < b.name.value ? -1 : 1))
}

function keyOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : ''
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${name}` : name
}

function isObjectType(definition: DefinitionNode): definition is ObjectTypeDefinitionNode {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION
}

function isRootType(definition: DefinitionNode): definition is RootTypeNode {
  return (
    (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_EXTENSION) &&
    ROOTS.includes(definition.name.value)
  )
}
