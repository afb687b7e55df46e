/** Every element of the schema says what it is, to whoever reads it in GraphiQL, the console or the documents. */
import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isUnionType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildCatalogue, readCatalogue } from '../../src/catalogue/build.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'

/** The coordinates of a schema's elements, each with its description. */
function descriptionsOf(schema: GraphQLSchema): ReadonlyMap<string, string | null | undefined> {
  const found = new Map<string, string | null | undefined>()
  const own = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
  for (const type of own) {
    found.set(type.name, type.description)
    if (isEnumType(type))
      for (const value of type.getValues()) found.set(`${type.name}.${value.name}`, value.description)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    expect(isUnionType(type)).toBe(false)
    for (const field of Object.values(type.getFields())) {
      found.set(`${type.name}.${field.name}`, field.description)
      for (const argument of 'args' in field ? field.args : []) {
        found.set(`${type.name}.${field.name}(${argument.name}:)`, argument.description)
      }
    }
  }
  for (const directive of schema.getDirectives()) {
    found.set(`@${directive.name}`, directive.description)
    for (const argument of directive.args) found.set(`@${directive.name}(${argument.name}:)`, argument.description)
  }
  return found
}

it("describes every type, field, argument, enum value and directive of the product's own schema", () => {
  const descriptions = descriptionsOf(readCatalogue('schema').schema)
  expect(descriptions.size).toBeGreaterThan(90)
  expect([...descriptions].filter(([, text]) => !text?.trim()).map(([coordinate]) => coordinate)).toEqual([])
})

describe('what an SDL file leaves undescribed', () => {
  const SIX = 'id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record!'
  const schema = (text: string) => descriptionsOf(buildCatalogue(parseSdl(text, 'own.graphql')).schema)
  const own = schema(`
    "A hero fell."
    type HeroFell implements Event @event(type: "fell:{hero}") {
      ${SIX.replace('id: ID!', '"Mine." id: ID!')}
      "Who fell."
      hero: String!
    }
    type Bare implements Event @event(type: "bare") { ${SIX} }
    type Mutation {
      fall(hero: String!): HeroFell!
      "Says it itself."
      fallAgain("Who, again." hero: String!): HeroFell!
      bare: Bare!
    }
    type Subscription { heroFell(hero: String, after: Cursor, from: Position = LATEST): HeroFell! }
  `)

  it.each([
    ['HeroFell.cursor', 'Its place in the log: `after: cursor` goes on right behind it.'],
    ['HeroFell.id', 'Mine.'],
    ['Mutation', 'Publishes events.'],
    ['Mutation.fall', 'Publishes HeroFell: A hero fell.'],
    ['Mutation.fall(hero:)', 'Who fell.'],
    ['Mutation.fallAgain', 'Says it itself.'],
    ['Mutation.fallAgain(hero:)', 'Who, again.'],
    ['Mutation.bare', 'Publishes Bare.'],
    ['Subscription.heroFell', 'Streams HeroFell: A hero fell.'],
    ['Subscription.heroFell(hero:)', 'Only with this value: Who fell.'],
    ['Subscription.heroFell(from:)', own.get('Subscription.events(from:)')],
  ])('is told of %s', (coordinate, text) => {
    expect(own.get(coordinate)).toBe(text)
  })
})
