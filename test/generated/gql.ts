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
    "mutation ErrorsBuy { buySword { id } }": typeof types.ErrorsBuyDocument,
    "query ErrorsCount { partitions { end } }": typeof types.ErrorsCountDocument,
    "mutation HttpBuy { buySword { id } }": typeof types.HttpBuyDocument,
    "query HttpEnd { partitions { end } }": typeof types.HttpEndDocument,
    "subscription HttpStream { events { id } }": typeof types.HttpStreamDocument,
    "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }": typeof types.BuyDocument,
    "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }": typeof types.ReplayDocument,
};
const documents: Documents = {
    "mutation ErrorsBuy { buySword { id } }": types.ErrorsBuyDocument,
    "query ErrorsCount { partitions { end } }": types.ErrorsCountDocument,
    "mutation HttpBuy { buySword { id } }": types.HttpBuyDocument,
    "query HttpEnd { partitions { end } }": types.HttpEndDocument,
    "subscription HttpStream { events { id } }": types.HttpStreamDocument,
    "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }": types.BuyDocument,
    "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }": types.ReplayDocument,
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
export function graphql(source: "mutation ErrorsBuy { buySword { id } }"): (typeof documents)["mutation ErrorsBuy { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ErrorsCount { partitions { end } }"): (typeof documents)["query ErrorsCount { partitions { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation HttpBuy { buySword { id } }"): (typeof documents)["mutation HttpBuy { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query HttpEnd { partitions { end } }"): (typeof documents)["query HttpEnd { partitions { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription HttpStream { events { id } }"): (typeof documents)["subscription HttpStream { events { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }"): (typeof documents)["mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }"): (typeof documents)["query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;