/**
 * An operation made ready to be executed again and again: what graphql-js works out anew each time (which fields,
 * with which arguments, of which types) is worked out once, and the result is written as JSON text, without the
 * objects between. `execute` of graphql-js is what this must equal, to the byte; plan.test.ts compares the two on
 * random operations.
 *
 * What the clients seldom send is left to graphql-js: operations with directives. The schema is
 * Herald's own (schema.ts), so more may be taken for granted: only root fields give promises, and an abstract
 * value names its type in `__typename`.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  responsePathAsArray,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  typeFromAST,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql'
import type { RequestContext } from '../context.ts'
import { fragmentsOf } from './selection.ts'

type Path = GraphQLResolveInfo['path']
type Variables = { readonly [name: string]: unknown }
type Arguments = { readonly [name: string]: unknown }

/** What came of an operation. */
export interface Executed {
  /** JSON of `data`; undefined: its variables were no good, and nothing was executed. */
  readonly data: string | undefined
  readonly errors: readonly GraphQLError[]
}

export interface Plan {
  run(context: RequestContext, variables: Variables | null): Promise<Executed>
}

/** One execution under way. */
interface Run {
  readonly context: RequestContext
  readonly variables: Variables
  readonly errors: GraphQLError[]
}

/** Writes a value as JSON; null for null. Throws what the field's error is to be made of. */
type Write = (value: unknown, parent: Path | undefined, key: string | number, run: Run) => string | null

/** A field that is to be in the answer, under `key`. */
interface Field {
  readonly key: string
  /** The key as JSON, with its colon. */
  readonly label: string
  readonly parent: GraphQLObjectType
  readonly definition: GraphQLField<unknown, RequestContext>
  readonly nodes: readonly FieldNode[]
  readonly argumentsOf: (variables: Variables) => Arguments
  readonly write: Write
}

/** Null where the operation is left to graphql-js. The document must be valid. */
export function planOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Plan | null {
  const type = schema.getRootType(operation.operation)
  if (type == null || operation.operation === 'subscription' || hasDirectives(document)) return null
  return new Planner(schema, document, operation).plan(type)
}

class Planner {
  readonly #schema: GraphQLSchema
  readonly #operation: OperationDefinitionNode
  readonly #fragments: { readonly [name: string]: FragmentDefinitionNode }

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema
    this.#operation = operation
    this.#fragments = fragmentsOf(document)
  }

  plan(type: GraphQLObjectType): Plan {
    const fields = this.#fields(type, [this.#operation.selectionSet])
    const coerce = variablesReader(this.#schema, this.#operation.variableDefinitions ?? [])
    const isSerial = this.#operation.operation === 'mutation'
    return {
      run: async (context, given) => {
        const { coerced: variables, errors } = coerce(given ?? {})
        if (errors !== undefined) return { data: undefined, errors }
        const run: Run = { context, variables, errors: [] }
        try {
          let texts: (string | null)[] = []
          if (isSerial) for (const field of fields) texts.push(await this.#alone(field, run))
          else texts = await this.#together(fields, run)
          return { data: objectText(fields, texts), errors: run.errors }
        } catch (error) {
          // The error of a field that may not be null has come up to the root.
          return { data: 'null', errors: [...run.errors, error as GraphQLError] }
        }
      },
    }
  }

  /** A field that nothing runs beside. */
  async #alone(field: Field, run: Run): Promise<string | null> {
    try {
      return field.write(await this.#resolve(field, undefined, undefined, run), undefined, field.key, run)
    } catch (error) {
      return failed(error, field.nodes, field.definition.type, undefined, field.key, run)
    }
  }

  async #together(fields: readonly Field[], run: Run): Promise<(string | null)[]> {
    const texts: (string | null | Promise<string | null>)[] = []
    try {
      for (const field of fields) texts.push(this.#root(field, run))
    } catch (error) {
      await Promise.allSettled(texts)
      throw error
    }
    return Promise.all(texts)
  }

  /** With as many steps as graphql-js takes, so that the errors of several fields come in the same order. */
  #root(field: Field, run: Run): string | null | Promise<string | null> {
    const write = (value: unknown) => field.write(value, undefined, field.key, run)
    const fail = (error: unknown) => failed(error, field.nodes, field.definition.type, undefined, field.key, run)
    try {
      const value = this.#resolve(field, undefined, undefined, run)
      return isPromise(value) ? value.then(write).then(undefined, fail) : write(value)
    } catch (error) {
      return fail(error)
    }
  }

  #field(field: Field, source: unknown, path: Path | undefined, run: Run): string | null {
    try {
      const value = this.#resolve(field, source, path, run)
      if (isPromise(value)) throw new Error(`${ownerOf(field)} gives a promise, which only a root field may`)
      return field.write(value, path, field.key, run)
    } catch (error) {
      return failed(error, field.nodes, field.definition.type, path, field.key, run)
    }
  }

  #resolve(field: Field, source: unknown, path: Path | undefined, run: Run): unknown {
    const args = field.argumentsOf(run.variables)
    const { resolve, name } = field.definition
    if (resolve !== undefined) {
      // One parameter: it looks at nothing but the source. What it would be told besides is dear to make.
      return resolve.length === 1
        ? (resolve as (source: unknown) => unknown)(source)
        : resolve(source, args, run.context, this.#info(field, path, run))
    }
    if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return undefined
    const property = (source as Variables)[name]
    return typeof property === 'function'
      ? property.call(source, args, run.context, this.#info(field, path, run))
      : property
  }

  #info({ key, parent, definition, nodes }: Field, prev: Path | undefined, { variables }: Run): GraphQLResolveInfo {
    return {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType: parent,
      path: { prev, key, typename: parent.name },
      schema: this.#schema,
      fragments: this.#fragments,
      rootValue: undefined,
      operation: this.#operation,
      variableValues: variables as GraphQLResolveInfo['variableValues'],
    }
  }

  #fields(type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]): readonly Field[] {
    const nodes = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    for (const selectionSet of selectionSets) this.#collect(type, selectionSet, nodes, spread)
    const fields: Field[] = []
    for (const [key, same] of nodes) {
      const definition = this.#definition(type, same[0]!.name.value)
      // graphql-js passes over a field that is none too; validation has refused it.
      if (definition !== undefined) fields.push(this.#made(key, type, definition, same))
    }
    return fields
  }

  #made(key: string, parent: GraphQLObjectType, definition: Field['definition'], nodes: readonly FieldNode[]): Field {
    const owner = `${parent.name}.${definition.name}`
    return {
      key,
      label: `${JSON.stringify(key)}:`,
      parent,
      definition,
      nodes,
      argumentsOf: argumentsReader(definition, nodes[0]!),
      write: this.#writer(definition.type, nodes, owner, parent.name),
    }
  }

  #collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    nodes: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const same = nodes.get(key)
        if (same === undefined) nodes.set(key, [selection])
        else same.push(selection)
        continue
      }
      let fragment: { readonly typeCondition?: FragmentDefinitionNode['typeCondition']; selectionSet: SelectionSetNode }
      if (selection.kind === Kind.INLINE_FRAGMENT) fragment = selection as typeof fragment
      else {
        const name = selection.name.value
        if (spread.has(name)) continue
        spread.add(name)
        fragment = this.#fragments[name]!
      }
      if (this.#applies(fragment.typeCondition, type)) this.#collect(type, fragment.selectionSet, nodes, spread)
    }
  }

  #applies(condition: FragmentDefinitionNode['typeCondition'] | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined) return true
    const named = typeFromAST(this.#schema, condition)
    return named === type || (isAbstractType(named) && this.#schema.isSubType(named, type))
  }

  #definition(type: GraphQLObjectType, name: string): Field['definition'] | undefined {
    if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
    if (type === this.#schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
    }
    return type.getFields()[name]
  }

  /** How a value of this type is written. `owner`: the field's coordinate; `typename`: that of the object it is in. */
  #writer(type: GraphQLOutputType, nodes: readonly FieldNode[], owner: string, typename: string): Write {
    if (isNonNullType(type)) {
      const write = this.#writer(type.ofType, nodes, owner, typename)
      return (value, parent, key, run) => {
        const text = write(value, parent, key, run)
        if (text === null) throw new Error(`Cannot return null for non-nullable field ${owner}.`)
        return text
      }
    }
    if (isLeafType(type)) {
      return (value) => {
        if (isNone(value)) return null
        const text = JSON.stringify(type.serialize(value))
        if (text === undefined || text === 'null') throw new Error(`${type} has no text for a value of ${owner}`)
        return text
      }
    }
    if (isListType(type)) return this.#listWriter(type.ofType, nodes, owner, typename)
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const byType = new Map<string, readonly Field[]>()
    return (value, prev, key, run) => {
      if (isNone(value)) return null
      const name = isAbstractType(type) ? (value as { __typename?: unknown }).__typename : type.name
      // Planned when the first value of that type comes: a page of events has few of all types.
      let fields = byType.get(name as string)
      if (fields === undefined) {
        fields = this.#fields(this.#possible(type, name, owner), selectionSets)
        byType.set(name as string, fields)
      }
      const path = { prev, key, typename: typeof key === 'number' ? undefined : typename }
      let text = '{'
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i]!
        text += `${i === 0 ? '' : ','}${field.label}${this.#field(field, value, path, run)}`
      }
      return `${text}}`
    }
  }

  #listWriter(type: GraphQLOutputType, nodes: readonly FieldNode[], owner: string, typename: string): Write {
    const write = this.#writer(type, nodes, owner, typename)
    return (value, prev, key, run) => {
      if (isNone(value)) return null
      if (typeof value !== 'object' || !(Symbol.iterator in value))
        throw new GraphQLError(`Expected Iterable, but did not find one for field "${owner}".`)
      const path = { prev, key, typename: typeof key === 'number' ? undefined : typename }
      let text = '['
      let index = 0
      for (const item of value as Iterable<unknown>) {
        if (index > 0) text += ','
        try {
          text += write(item, path, index, run)
        } catch (error) {
          text += failed(error, nodes, type, path, index, run)
        }
        index++
      }
      return `${text}]`
    }
  }

  #possible(type: GraphQLOutputType, name: unknown, owner: string): GraphQLObjectType {
    if (isObjectType(type)) return type
    const possible = typeof name === 'string' ? this.#schema.getType(name) : undefined
    if (isObjectType(possible) && isAbstractType(type) && this.#schema.isSubType(type, possible)) return possible
    throw new Error(`${owner} gives a value of no type of ${type}`)
  }
}

function objectText(fields: readonly Field[], texts: readonly (string | null)[]): string {
  return `{${fields.map(({ label }, i) => `${label}${texts[i]}`).join(',')}}`
}

/** A nullable field's error is noted, and it is null; another's is its parent's. */
function failed(
  thrown: unknown,
  nodes: readonly FieldNode[],
  type: GraphQLOutputType,
  prev: Path | undefined,
  key: string | number,
  run: Run,
): null {
  const error = locatedError(thrown, nodes, responsePathAsArray({ prev, key, typename: undefined }))
  if (isNonNullType(type)) throw error
  run.errors.push(error)
  return null
}

function isNone(value: unknown): value is null | undefined {
  if (value instanceof Error) throw value
  return value === null || value === undefined
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

function ownerOf({ parent, definition }: Field): string {
  return `${parent.name}.${definition.name}`
}

const NO_ARGUMENTS: Arguments = {}

/** How a field's arguments are read; what is more than constants and variables is left to graphql-js. */
function argumentsReader(definition: Field['definition'], node: FieldNode): Field['argumentsOf'] {
  if (definition.args.length === 0) return () => NO_ARGUMENTS
  const asGraphQL = (variables: Variables): Arguments =>
    getArgumentValues(definition as GraphQLField<unknown, unknown>, node, variables)
  const given = node.arguments ?? []
  if (given.every(({ value }) => isConstant(value))) {
    try {
      const constant = asGraphQL({})
      return () => constant
    } catch {
      return asGraphQL
    }
  }
  if (!given.every(({ value }) => value.kind === Kind.VARIABLE || isConstant(value))) return asGraphQL
  const readers = definition.args.map(({ name, type, defaultValue }) => {
    const value = given.find((argument) => argument.name.value === name)?.value
    const variable = value?.kind === Kind.VARIABLE ? value.name.value : null
    const constant = value === undefined || variable !== null ? defaultValue : valueFromAST(value, type)
    return { name, variable, constant, isWrong: value !== undefined && variable === null && constant === undefined }
  })
  if (readers.some(({ isWrong }) => isWrong)) return asGraphQL
  const required = new Set(definition.args.filter(({ type }) => isNonNullType(type)).map(({ name }) => name))
  return (variables) => {
    const values: { [name: string]: unknown } = {}
    for (const { name, variable, constant } of readers) {
      const value = variable !== null && Object.hasOwn(variables, variable) ? variables[variable] : constant
      if (value === undefined || value === null) {
        if (required.has(name)) return asGraphQL(variables)
        if (value === undefined) continue
      }
      values[name] = value
    }
    return values
  }
}

function isConstant(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return false
  if (value.kind === Kind.LIST) return value.values.every(isConstant)
  return value.kind !== Kind.OBJECT || value.fields.every((field) => isConstant(field.value))
}

type Coerced = ReturnType<typeof getVariableValues>

/** What values graphql-js takes as they are, by type; for all others it is asked. */
const TAKEN_AS_THEY_ARE: { readonly [type: string]: (value: unknown) => boolean } = {
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  Int: (value) => typeof value === 'number' && (value | 0) === value,
}

function variablesReader(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): (given: Variables) => Coerced {
  // As many errors as `execute` shows.
  const asGraphQL = (given: Variables) => getVariableValues(schema, definitions, given, { maxErrors: 50 })
  const readers = definitions.map(({ variable, type }) => {
    const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type
    const fits = named.kind === Kind.NAMED_TYPE ? TAKEN_AS_THEY_ARE[named.name.value] : undefined
    return { name: variable.name.value, fits: fits ?? (() => false) }
  })
  return (given) => {
    const coerced: { [name: string]: unknown } = {}
    for (const { name, fits } of readers) {
      const value = given[name]
      if (!fits(value)) return asGraphQL(given)
      coerced[name] = value
    }
    return { coerced }
  }
}

function hasDirectives(document: DocumentNode): boolean {
  return document.definitions.some(
    (definition) =>
      (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) &&
      (hasAny(definition.directives) ||
        (definition.variableDefinitions ?? []).some(({ directives }) => hasAny(directives)) ||
        selectsWithDirectives(definition.selectionSet)),
  )
}

function selectsWithDirectives({ selections }: SelectionSetNode): boolean {
  return selections.some(
    (selection) =>
      hasAny(selection.directives) ||
      ('selectionSet' in selection &&
        selection.selectionSet !== undefined &&
        selectsWithDirectives(selection.selectionSet)),
  )
}

function hasAny(directives: readonly unknown[] | undefined): boolean {
  return directives !== undefined && directives.length > 0
}
