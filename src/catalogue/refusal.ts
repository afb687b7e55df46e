/**
 * How the catalogue says no: SDL that cannot be kept stops the start, with the schema coordinate
 * (https://spec.graphql.org/draft/#sec-Schema-Coordinates), the file, the line and what to do.
 */
import { type ASTNode, type DefinitionNode, type GraphQLError, getLocation, Kind } from 'graphql'

/** SDL that Herald cannot keep. `message` is one line for whoever wrote the SDL. */
export class SchemaRefusal extends Error {
  override readonly name = 'SchemaRefusal'
  /** For instance `Mutation.joinGuild`, or the empty string where no definition is concerned. */
  readonly coordinate: string

  constructor(coordinate: string, node: ASTNode | undefined, message: string) {
    const place = node === undefined ? '' : placeOf(node)
    const where = [coordinate, place === '' ? '' : `(${place})`].filter((part) => part !== '').join(' ')
    super(oneLine(where === '' ? message : `${where}: ${message}`))
    this.coordinate = coordinate
  }
}

/** Turns what graphql-js found wrong into a refusal, with the coordinate that encloses its last place. */
export function refusalOf(error: GraphQLError, definitions: readonly DefinitionNode[]): SchemaRefusal {
  const node = error.nodes?.at(-1)
  if (node !== undefined) return new SchemaRefusal(coordinateOf(node, definitions), node, error.message)
  const location = error.source && error.locations?.[0]
  const place = location === undefined ? '' : `${error.source?.name}:${location?.line}: `
  return new SchemaRefusal('', undefined, `${place}${error.message}`)
}

/** `schema/game.graphql:12` */
function placeOf(node: ASTNode): string {
  // A definition begins with its description; the line that is meant is the one with its name.
  const { loc } = ('name' in node && node.name) || node
  return loc === undefined ? '' : `${loc.source.name}:${getLocation(loc.source, loc.start).line}`
}

function coordinateOf(node: ASTNode, definitions: readonly DefinitionNode[]): string {
  const encloses = (outer: ASTNode) =>
    outer.loc !== undefined &&
    node.loc !== undefined &&
    outer.loc.source === node.loc.source &&
    outer.loc.start <= node.loc.start &&
    outer.loc.end >= node.loc.end
  // Members first: those of a root type may stand in other files than the type itself.
  for (const definition of definitions) {
    const member = membersOf(definition).find(encloses)
    if (member === undefined || !('name' in definition)) continue
    const coordinate = `${definition.name?.value}.${member.name.value}`
    const argument = 'arguments' in member ? member.arguments?.find(encloses) : undefined
    return argument === undefined ? coordinate : `${coordinate}(${argument.name.value}:)`
  }
  const definition = definitions.find(encloses)
  if (definition === undefined || !('name' in definition) || definition.name === undefined) return ''
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${definition.name.value}` : definition.name.value
}

function membersOf(definition: DefinitionNode) {
  if ('fields' in definition) return definition.fields ?? []
  return 'values' in definition ? (definition.values ?? []) : []
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ')
}
