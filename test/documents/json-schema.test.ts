/** JSON Schemas of the catalogue's types say of values and texts what Herald itself does with them. */
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { buildSchema, type GraphQLOutputType, type GraphQLType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { fits, fromText, toText } from '../../src/catalogue/field-type.ts'
import { Template } from '../../src/catalogue/template.ts'
import { templateSchema, textSchema, valueSchema } from '../../src/documents/json-schema.ts'

const SCALARS = ['Int', 'Float', 'Boolean', 'String', 'ID', 'Cursor', 'Own', 'Colour']
const TYPES = [...SCALARS, 'DateTime'].flatMap((name) => [name, `${name}!`, `[${name}]`, `[${name}!]!`])
const schema = buildSchema(`
  scalar Cursor scalar DateTime scalar Own enum Colour { RED GREEN }
  type Query { ${TYPES.map((type, index) => `f${index}: ${type}`).join(' ')} }
`)
const query = schema.getQueryType()
if (!isObjectType(query)) throw new Error('no Query')
const types = new Map<string, GraphQLOutputType>(
  TYPES.map((type, index) => [type, query.getFields()[`f${index}`]!.type]),
)

/** AsyncAPI's schemas are draft-07, OpenAPI's 2020-12: both must read them alike. */
const validators = [new Ajv({ allowUnionTypes: true }), new Ajv2020({ allowUnionTypes: true })]
for (const ajv of validators) (addFormats as unknown as (ajv: unknown) => void)(ajv)

function accepts(of: object, value: unknown): boolean {
  const [first, second] = validators.map((ajv) => ajv.validate(of, value))
  expect(first).toBe(second)
  return first!
}

const value = fc.oneof(
  fc.constantFrom('RED', 'BLUE', '', 0, 1.5, 0x7fffffff, 0x80000000, -0x80000000, true, null),
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(
    fc.oneof(
      fc.constantFrom('RED', 'GREEN', null),
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
  ),
)

describe.each(TYPES.filter((type) => !type.includes('DateTime')))('%s', (name) => {
  const type = types.get(name)!
  it('has the schema of exactly the values that a record may hold', () => {
    const of = valueSchema(type)
    fc.assert(fc.property(value, (value) => accepts(of, value) === fits(type, value)))
  })
})

it('knows a moment', () => {
  const of = valueSchema(types.get('DateTime!')!)
  for (const text of ['2026-11-24T12:00:00.000Z', '2026-11-24t12:00:00+01:00']) {
    expect(accepts(of, text)).toBe(true)
    expect(fits(types.get('DateTime!')!, text)).toBe(true)
  }
  for (const text of ['yesterday', '2026-02-30T12:00:00Z', '2026-11-24', '']) {
    expect(accepts(of, text)).toBe(false)
    expect(fits(types.get('DateTime!')!, text)).toBe(false)
  }
})

/** Values of scalars and enums that a text can stand for. */
const textValues: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Int: fc.integer(),
  Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  Boolean: fc.boolean(),
  Colour: fc.constantFrom('RED', 'GREEN'),
}
const textOf = (type: string) => textValues[type] ?? fc.string({ unit: 'binary' })

describe.each(SCALARS)('a text of %s', (name) => {
  const required = types.get(`${name}!`)!
  it('fits its schema in paths and query strings as the value that it stands for', () => {
    const of = textSchema(required)
    fc.assert(fc.property(textOf(name), (value) => accepts(of, fromText(required, toText(value as never)))))
  })

  it('is matched by the pattern of a template, which stays a pattern whatever its literals are', () => {
    const literal = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[{}]/g, '.'))
    const typeOf = (): GraphQLType => required
    fc.assert(
      fc.property(literal, literal, textOf(name), (before, after, value) => {
        const template = new Template(`${before}{x}${after}`)
        const pattern = new RegExp(String(templateSchema(template, typeOf).pattern), 'u')
        expect(pattern.test(template.expand(() => toText(value as never)))).toBe(true)
        // Any text is a String, and a # is no value of the others.
        expect(pattern.test(template.expand(() => '#'))).toBe(textValues[name] === undefined)
      }),
    )
  })
})

it('leaves out what is null in a template, and knows one without placeholders as it is', () => {
  const of = templateSchema(new Template('level {x}.'), () => types.get('Int')!)
  expect(['level .', 'level -7.', 'level x.', 'level 7!'].map((text) => accepts(of, text))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(templateSchema(new Template('a.b'), () => types.get('Int')!)).toEqual({ type: 'string', const: 'a.b' })
})
