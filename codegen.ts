/**
 * What is generated, and committed: `src/generated` from the vocabulary alone (a user's own events are not
 * known to TypeScript), `test/generated` from the whole schema and the operations of the tests.
 */
import { readFileSync } from 'node:fs'
import type { CodegenConfig } from '@graphql-codegen/cli'

const vocabulary = readFileSync('schema/vocabulary.graphql', 'utf8')

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
    'test/generated/': {
      schema: 'schema/*.graphql',
      documents: 'test/**/*.ts',
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        importExtension: '.ts',
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: { DateTime: 'string', Cursor: 'string' },
      },
    },
  },
}

export default config
