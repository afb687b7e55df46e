/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "fragment ConsoleEvent on Event {\n  __typename\n  id\n  type\n  timestamp\n  cursor\n  headers {\n    name\n    value\n  }\n  record {\n    topic\n    partition\n    offset\n    key\n  }\n}\n\nquery ConsoleRecent($last: Int!) {\n  events(last: $last) {\n    nodes {\n      ...ConsoleEvent\n    }\n    pageInfo {\n      hasPreviousPage\n    }\n    end\n  }\n}\n\nsubscription ConsoleStream($from: Position, $since: DateTime, $until: Until) {\n  events(from: $from, since: $since, until: $until) {\n    ...ConsoleEvent\n  }\n}\n\nquery ConsolePartitions {\n  partitions {\n    number\n    beginning\n    end\n  }\n}\n\nfragment ConsolePlace on Event {\n  id\n  type\n  cursor\n  record {\n    topic\n    partition\n    offset\n  }\n}\n\nfragment ConsoleTypeRef on __Type {\n  kind\n  name\n  ofType {\n    kind\n    name\n    ofType {\n      kind\n      name\n      ofType {\n        kind\n        name\n      }\n    }\n  }\n}\n\nquery ConsoleSchema {\n  __schema {\n    mutationType {\n      fields {\n        name\n        description\n        args {\n          name\n          description\n          defaultValue\n          type {\n            ...ConsoleTypeRef\n          }\n        }\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n    types {\n      kind\n      name\n      enumValues {\n        name\n        description\n      }\n    }\n  }\n  __type(name: \"Event\") {\n    fields {\n      name\n    }\n    possibleTypes {\n      name\n      description\n      fields {\n        name\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n  }\n}": typeof types.ConsoleEventFragmentDoc,
};
const documents: Documents = {
    "fragment ConsoleEvent on Event {\n  __typename\n  id\n  type\n  timestamp\n  cursor\n  headers {\n    name\n    value\n  }\n  record {\n    topic\n    partition\n    offset\n    key\n  }\n}\n\nquery ConsoleRecent($last: Int!) {\n  events(last: $last) {\n    nodes {\n      ...ConsoleEvent\n    }\n    pageInfo {\n      hasPreviousPage\n    }\n    end\n  }\n}\n\nsubscription ConsoleStream($from: Position, $since: DateTime, $until: Until) {\n  events(from: $from, since: $since, until: $until) {\n    ...ConsoleEvent\n  }\n}\n\nquery ConsolePartitions {\n  partitions {\n    number\n    beginning\n    end\n  }\n}\n\nfragment ConsolePlace on Event {\n  id\n  type\n  cursor\n  record {\n    topic\n    partition\n    offset\n  }\n}\n\nfragment ConsoleTypeRef on __Type {\n  kind\n  name\n  ofType {\n    kind\n    name\n    ofType {\n      kind\n      name\n      ofType {\n        kind\n        name\n      }\n    }\n  }\n}\n\nquery ConsoleSchema {\n  __schema {\n    mutationType {\n      fields {\n        name\n        description\n        args {\n          name\n          description\n          defaultValue\n          type {\n            ...ConsoleTypeRef\n          }\n        }\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n    types {\n      kind\n      name\n      enumValues {\n        name\n        description\n      }\n    }\n  }\n  __type(name: \"Event\") {\n    fields {\n      name\n    }\n    possibleTypes {\n      name\n      description\n      fields {\n        name\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n  }\n}": types.ConsoleEventFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment ConsoleEvent on Event {\n  __typename\n  id\n  type\n  timestamp\n  cursor\n  headers {\n    name\n    value\n  }\n  record {\n    topic\n    partition\n    offset\n    key\n  }\n}\n\nquery ConsoleRecent($last: Int!) {\n  events(last: $last) {\n    nodes {\n      ...ConsoleEvent\n    }\n    pageInfo {\n      hasPreviousPage\n    }\n    end\n  }\n}\n\nsubscription ConsoleStream($from: Position, $since: DateTime, $until: Until) {\n  events(from: $from, since: $since, until: $until) {\n    ...ConsoleEvent\n  }\n}\n\nquery ConsolePartitions {\n  partitions {\n    number\n    beginning\n    end\n  }\n}\n\nfragment ConsolePlace on Event {\n  id\n  type\n  cursor\n  record {\n    topic\n    partition\n    offset\n  }\n}\n\nfragment ConsoleTypeRef on __Type {\n  kind\n  name\n  ofType {\n    kind\n    name\n    ofType {\n      kind\n      name\n      ofType {\n        kind\n        name\n      }\n    }\n  }\n}\n\nquery ConsoleSchema {\n  __schema {\n    mutationType {\n      fields {\n        name\n        description\n        args {\n          name\n          description\n          defaultValue\n          type {\n            ...ConsoleTypeRef\n          }\n        }\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n    types {\n      kind\n      name\n      enumValues {\n        name\n        description\n      }\n    }\n  }\n  __type(name: \"Event\") {\n    fields {\n      name\n    }\n    possibleTypes {\n      name\n      description\n      fields {\n        name\n        type {\n          ...ConsoleTypeRef\n        }\n      }\n    }\n  }\n}"): typeof import('./graphql.ts').ConsoleEventFragmentDoc;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
