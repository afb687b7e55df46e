/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

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
    "\"What the examples show of an event. The cursor is what they go on from when a connection is lost.\"\nfragment Happened on Event {\n  __typename\n  type\n  timestamp\n  cursor\n  record {\n    offset\n  }\n  ... on GuildJoined {\n    guildName\n  }\n}\n\nmutation JoinGuild($guildName: String!) {\n  joinGuild(guildName: $guildName) {\n    ...Happened\n  }\n}\n\nquery Latest {\n  events(last: 20) {\n    nodes {\n      ...Happened\n    }\n    end\n  }\n}\n\nsubscription Follow($after: Cursor) {\n  events(after: $after, from: EARLIEST) {\n    ...Happened\n  }\n}": typeof types.HappenedFragmentDoc,
};
const documents: Documents = {
    "\"What the examples show of an event. The cursor is what they go on from when a connection is lost.\"\nfragment Happened on Event {\n  __typename\n  type\n  timestamp\n  cursor\n  record {\n    offset\n  }\n  ... on GuildJoined {\n    guildName\n  }\n}\n\nmutation JoinGuild($guildName: String!) {\n  joinGuild(guildName: $guildName) {\n    ...Happened\n  }\n}\n\nquery Latest {\n  events(last: 20) {\n    nodes {\n      ...Happened\n    }\n    end\n  }\n}\n\nsubscription Follow($after: Cursor) {\n  events(after: $after, from: EARLIEST) {\n    ...Happened\n  }\n}": types.HappenedFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\"What the examples show of an event. The cursor is what they go on from when a connection is lost.\"\nfragment Happened on Event {\n  __typename\n  type\n  timestamp\n  cursor\n  record {\n    offset\n  }\n  ... on GuildJoined {\n    guildName\n  }\n}\n\nmutation JoinGuild($guildName: String!) {\n  joinGuild(guildName: $guildName) {\n    ...Happened\n  }\n}\n\nquery Latest {\n  events(last: 20) {\n    nodes {\n      ...Happened\n    }\n    end\n  }\n}\n\nsubscription Follow($after: Cursor) {\n  events(after: $after, from: EARLIEST) {\n    ...Happened\n  }\n}"): (typeof documents)["\"What the examples show of an event. The cursor is what they go on from when a connection is lost.\"\nfragment Happened on Event {\n  __typename\n  type\n  timestamp\n  cursor\n  record {\n    offset\n  }\n  ... on GuildJoined {\n    guildName\n  }\n}\n\nmutation JoinGuild($guildName: String!) {\n  joinGuild(guildName: $guildName) {\n    ...Happened\n  }\n}\n\nquery Latest {\n  events(last: 20) {\n    nodes {\n      ...Happened\n    }\n    end\n  }\n}\n\nsubscription Follow($after: Cursor) {\n  events(after: $after, from: EARLIEST) {\n    ...Happened\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;