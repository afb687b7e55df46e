/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A place to begin at. */
export type Position =
  /** The beginning of the log. */
  | 'EARLIEST'
  /** The events that come from now on. */
  | 'LATEST';

/** A place to complete at. */
export type Until =
  /** The end that the log had when the subscription began. */
  | 'END';

/** An enum describing what kind of type a given `__Type` is. */
export type __TypeKind =
  /** Indicates this type is a scalar. */
  | 'SCALAR'
  /** Indicates this type is an object. `fields` and `interfaces` are valid fields. */
  | 'OBJECT'
  /** Indicates this type is an interface. `fields`, `interfaces`, and `possibleTypes` are valid fields. */
  | 'INTERFACE'
  /** Indicates this type is a union. `possibleTypes` is a valid field. */
  | 'UNION'
  /** Indicates this type is an enum. `enumValues` is a valid field. */
  | 'ENUM'
  /** Indicates this type is an input object. `inputFields` is a valid field. */
  | 'INPUT_OBJECT'
  /** Indicates this type is a list. `ofType` is a valid field. */
  | 'LIST'
  /** Indicates this type is a non-null. `ofType` is a valid field. */
  | 'NON_NULL';

export type ConsoleEventFragment = { __typename: 'UnknownEvent', id: string, type: string, timestamp: string, cursor: string, headers: Array<{ name: string, value: string }>, record: { topic: string, partition: number, offset: string, key: string | null } };

export type ConsoleRecentQueryVariables = Exact<{
  last: number;
}>;


export type ConsoleRecentQuery = { events: { end: string, nodes: Array<{ __typename: 'UnknownEvent', id: string, type: string, timestamp: string, cursor: string, headers: Array<{ name: string, value: string }>, record: { topic: string, partition: number, offset: string, key: string | null } }>, pageInfo: { hasPreviousPage: boolean } } };

export type ConsoleStreamSubscriptionVariables = Exact<{
  from?: Position | null | undefined;
  since?: string | null | undefined;
  until?: Until | null | undefined;
}>;


export type ConsoleStreamSubscription = { events: { __typename: 'UnknownEvent', id: string, type: string, timestamp: string, cursor: string, headers: Array<{ name: string, value: string }>, record: { topic: string, partition: number, offset: string, key: string | null } } };

export type ConsolePartitionsQueryVariables = Exact<{ [key: string]: never; }>;


export type ConsolePartitionsQuery = { partitions: Array<{ number: number, beginning: string, end: string }> };

export type ConsolePlaceFragment = { id: string, type: string, cursor: string, record: { topic: string, partition: number, offset: string } };

export type ConsoleTypeRefFragment = { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null } | null } | null } | null };

export type ConsoleSchemaQueryVariables = Exact<{ [key: string]: never; }>;


export type ConsoleSchemaQuery = { __schema: { mutationType: { fields: Array<{ name: string, description: string | null, args: Array<{ name: string, description: string | null, defaultValue: string | null, type: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null } | null } | null } | null } }>, type: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null } | null } | null } | null } }> | null } | null, types: Array<{ kind: __TypeKind, name: string | null, enumValues: Array<{ name: string, description: string | null }> | null }> }, __type: { fields: Array<{ name: string }> | null, possibleTypes: Array<{ name: string | null, description: string | null, fields: Array<{ name: string, type: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null, ofType: { kind: __TypeKind, name: string | null } | null } | null } | null } }> | null }> | null } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ConsoleEventFragmentDoc = new TypedDocumentString(`
    fragment ConsoleEvent on Event {
  __typename
  id
  type
  timestamp
  cursor
  headers {
    name
    value
  }
  record {
    topic
    partition
    offset
    key
  }
}
    `, {"fragmentName":"ConsoleEvent"}) as unknown as TypedDocumentString<ConsoleEventFragment, unknown>;
export const ConsolePlaceFragmentDoc = new TypedDocumentString(`
    fragment ConsolePlace on Event {
  id
  type
  cursor
  record {
    topic
    partition
    offset
  }
}
    `, {"fragmentName":"ConsolePlace"}) as unknown as TypedDocumentString<ConsolePlaceFragment, unknown>;
export const ConsoleTypeRefFragmentDoc = new TypedDocumentString(`
    fragment ConsoleTypeRef on __Type {
  kind
  name
  ofType {
    kind
    name
    ofType {
      kind
      name
      ofType {
        kind
        name
      }
    }
  }
}
    `, {"fragmentName":"ConsoleTypeRef"}) as unknown as TypedDocumentString<ConsoleTypeRefFragment, unknown>;
export const ConsoleRecentDocument = new TypedDocumentString(`
    query ConsoleRecent($last: Int!) {
  events(last: $last) {
    nodes {
      ...ConsoleEvent
    }
    pageInfo {
      hasPreviousPage
    }
    end
  }
}
    fragment ConsoleEvent on Event {
  __typename
  id
  type
  timestamp
  cursor
  headers {
    name
    value
  }
  record {
    topic
    partition
    offset
    key
  }
}`) as unknown as TypedDocumentString<ConsoleRecentQuery, ConsoleRecentQueryVariables>;
export const ConsoleStreamDocument = new TypedDocumentString(`
    subscription ConsoleStream($from: Position, $since: DateTime, $until: Until) {
  events(from: $from, since: $since, until: $until) {
    ...ConsoleEvent
  }
}
    fragment ConsoleEvent on Event {
  __typename
  id
  type
  timestamp
  cursor
  headers {
    name
    value
  }
  record {
    topic
    partition
    offset
    key
  }
}`) as unknown as TypedDocumentString<ConsoleStreamSubscription, ConsoleStreamSubscriptionVariables>;
export const ConsolePartitionsDocument = new TypedDocumentString(`
    query ConsolePartitions {
  partitions {
    number
    beginning
    end
  }
}
    `) as unknown as TypedDocumentString<ConsolePartitionsQuery, ConsolePartitionsQueryVariables>;
export const ConsoleSchemaDocument = new TypedDocumentString(`
    query ConsoleSchema {
  __schema {
    mutationType {
      fields {
        name
        description
        args {
          name
          description
          defaultValue
          type {
            ...ConsoleTypeRef
          }
        }
        type {
          ...ConsoleTypeRef
        }
      }
    }
    types {
      kind
      name
      enumValues {
        name
        description
      }
    }
  }
  __type(name: "Event") {
    fields {
      name
    }
    possibleTypes {
      name
      description
      fields {
        name
        type {
          ...ConsoleTypeRef
        }
      }
    }
  }
}
    fragment ConsoleTypeRef on __Type {
  kind
  name
  ofType {
    kind
    name
    ofType {
      kind
      name
      ofType {
        kind
        name
      }
    }
  }
}`) as unknown as TypedDocumentString<ConsoleSchemaQuery, ConsoleSchemaQueryVariables>;