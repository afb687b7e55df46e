/**
 * What is generated, and committed: `src/generated` from the vocabulary alone (a user's own events are not
 * known to TypeScript), `console/generated` from the vocabulary and the console's operations, `test/generated` and
 * `examples/generated` from the whole schema and the operations of the tests and of the examples.
 */
import { readFileSync } from 'node:fs'
import type { CodegenConfig } from '@graphql-codegen/cli'

const vocabulary = readFileSync('schema/vocabulary.graphql', 'utf8')

/** Types of operations for programs that are run as they are. */
const CLIENT = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    importExtension: '.ts',
    useTypeImports: true,
    enumsAsTypes: true,
    scalars: { DateTime: 'string', Cursor: 'string' },
  },
} as const

const config: CodegenConfig = {
  generates: {
    'src/generated/vocabulary.ts': {
      schema: 'schema/vocabulary.graphql',
      plugins: [
        {
          add: {
            content: `/** The built-in vocabulary: schema/vocabulary.graphql as it was when Herald was built. */\nexport const VOCABULARY = ${JSON.stringify(vocabulary)}`,
          },
        },
      ],
    },
    'src/generated/types.ts': {
      schema: 'schema/vocabulary.graphql',
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        // The vocabulary's Record would hide TypeScript's own.
        typesPrefix: 'Sdl',
        useTypeImports: true,
        enumsAsTypes: true,
        resolversNonOptionalTypename: { interfaceImplementingType: true },
        contextType: '../http/context.ts#RequestContext',
        mappers: { Event: '../event/event.ts#DecodedEvent', UnknownEvent: '../event/event.ts#DecodedEvent' },
        scalars: { DateTime: 'string', Cursor: 'string', ID: 'string' },
      },
    },
    'console/generated/': {
      schema: 'schema/vocabulary.graphql',
      documents: 'console/operations.graphql',
      preset: 'client',
      // Operations are sent as they stand: a browser needs no parser of GraphQL for that.
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        importExtension: '.ts',
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', Cursor: 'string' },
      },
    },
    'examples/generated/': {
      schema: 'schema/*.graphql',
      documents: 'examples/operations.graphql',
      ...CLIENT,
    },
    'test/generated/': {
      schema: 'schema/*.graphql',
      documents: 'test/**/*.ts',
      ...CLIENT,
    },
  },
}

export default config
