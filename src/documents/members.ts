/** What the catalogue's own lists leave out of fields and arguments, and the documents tell: texts for readers. */
import { type GraphQLType, isObjectType } from 'graphql'
import type { Catalogue } from '../catalogue/catalogue.ts'

/** Keywords that OpenAPI and AsyncAPI share with JSON Schema. */
export interface About {
  readonly description?: string
  readonly deprecated?: true
}

/** What the SDL says about a field of an object type, or about an argument of it. */
export function about({ schema }: Catalogue, typeName: string, fieldName: string, argumentName?: string): About {
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined
  const member = argumentName === undefined ? field : field?.args.find(({ name }) => name === argumentName)
  const { description, deprecationReason } = member ?? {}
  return { ...(description && { description }), ...(deprecationReason != null && { deprecated: true }) }
}

/** Finds the type of a field or an argument by its name. */
export function typesOf<Type extends GraphQLType>(
  members: readonly { readonly name: string; readonly type: Type }[],
): (name: string) => Type {
  const types = new Map(members.map(({ name, type }) => [name, type]))
  return (name) => {
    const type = types.get(name)
    if (type === undefined) throw new Error(`no ${name} among ${[...types.keys()].join(', ')}`)
    return type
  }
}
