/**
 * Events as JSON text, written straight from the records: graphql-js's execution of each field of each event costs
 * more than reading the log does. What is selected is worked out once into a list of writers; the text is graphql-js's
 * to the byte (event-writer.test.ts and compiled-page.test.ts compare them on random documents). An event fits its
 * declaration (event/decode.ts), so no field of one is an error.
 */
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import { formatDateTime } from '../../catalogue/date-time.ts'
import type { Json } from '../../catalogue/field-type.ts'
import type { DecodedEvent } from '../../event/event.ts'
import type { SelectedField, Selection } from './selection.ts'

/** A value as JSON text. */
export type Write<T> = (value: T) => string

/** How what `nodes` select of an event is written. `type`: of the field that gives it, `Event` or a declared type. */
export function eventWriter(
  selection: Selection,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
): Write<DecodedEvent> {
  const typed = (of: GraphQLObjectType) =>
    objectWriter(selection.fields(of, nodes), (name, inner) => fieldWriter(selection, of, name, inner))
  const declared = getNullableType(type)
  if (isObjectType(declared)) return typed(declared)
  // Where the selection is the same for every type, which one it is need not be found out.
  if (nodes.every(({ selectionSet }) => isSameForAll(selectionSet!))) return typed(selection.object('UnknownEvent'))
  const byType = new Map<string, Write<DecodedEvent>>()
  return (event) => {
    const name = event.__typename
    let write = byType.get(name)
    if (write === undefined) {
      write = typed(selection.object(name))
      byType.set(name, write)
    }
    return write(event)
  }
}

/** Whether every type of event has these fields alike: only the interface's, and not the type's name. */
function isSameForAll({ selections }: SelectionSetNode): boolean {
  return selections.every((selection) => selection.kind === Kind.FIELD && selection.name.value !== '__typename')
}

function fieldWriter(
  selection: Selection,
  type: GraphQLObjectType,
  name: string,
  nodes: readonly FieldNode[],
): Write<DecodedEvent> {
  switch (name) {
    case '__typename':
      return () => `"${type.name}"`
    // An id is a UUID, or of the topic's name and two numbers; a moment's and a cursor's characters need no escape.
    case 'id':
      return ({ parts }) => `"${parts.id}"`
    case 'timestamp':
      return ({ parts }) => `"${formatDateTime(parts.timestamp)}"`
    case 'cursor':
      return ({ cursor }) => `"${cursor}"`
    case 'type':
      return ({ parts }) => JSON.stringify(parts.type)
    case 'headers': {
      const write = leavesWriter<{ name: string; value: string }>(selection, 'Header', nodes)
      return ({ headers }) => `[${headers.map(write).join()}]`
    }
    case 'record': {
      const write = leavesWriter<DecodedEvent['record']>(selection, 'Record', nodes)
      return ({ record }) => write(record)
    }
  }
  if (type.name === 'UnknownEvent' && name === 'value') return ({ parts }) => JSON.stringify(parts.value)
  const field = type.getFields()[name]
  if (field === undefined) throw unknownField(type.name, name)
  const write = valueWriter(field.type)
  return ({ parts }) => write(parts.properties[name] ?? null)
}

/** An object whose fields are as JSON has them. */
function leavesWriter<T extends object>(selection: Selection, typeName: string, nodes: readonly FieldNode[]): Write<T> {
  return objectWriter(selection.fields(selection.object(typeName), nodes), (name): Write<T> => {
    if (name === '__typename') return () => `"${typeName}"`
    return (value) => JSON.stringify(value[name as keyof T])
  })
}

/** An object of the selected fields; `compile` says how each is written. */
export function objectWriter<T>(
  selected: readonly SelectedField[],
  compile: (name: string, nodes: readonly FieldNode[]) => Write<T>,
): Write<T> {
  const writes = selected.map(([, nodes]) => compile(nodes[0]!.name.value, nodes))
  const labels = selected.map(([key], i) => `${i === 0 ? '{' : ','}"${key}":`)
  if (writes.length === 0) return () => '{}'
  return (value) => {
    let text = ''
    for (let i = 0; i < writes.length; i++) text += labels[i] + writes[i]!(value)
    return `${text}}`
  }
}

/** How a value of an event's own field is written. It fits its type, so none is an error. */
function valueWriter(type: GraphQLOutputType): (value: Json) => string {
  const nullable = getNullableType(type)
  if (isListType(nullable)) {
    const write = valueWriter(nullable.ofType)
    return (value) => (value === null ? 'null' : `[${(value as readonly Json[]).map(write).join()}]`)
  }
  if (!isLeafType(nullable)) throw new Error(`${type} is no type of an event's field`)
  return (value) => (value === null ? 'null' : JSON.stringify(nullable.serialize(value)))
}

/** Validation lets no such field through: the vocabulary has one that is not known here. */
export function unknownField(type: string, name: string): Error {
  return new Error(`${type}.${name} cannot be written`)
}
