import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { DecodedEvent } from '../event/event.ts';
import type { RequestContext } from '../http/context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A place in the log. Opaque: take it from `cursor`, `endCursor` or `end`, and give it back as `after` or `before`. Good on every replica. */
  Cursor: { input: string; output: string; }
  /** A moment, RFC 3339: "2026-11-24T12:00:00.000Z". */
  DateTime: { input: string; output: string; }
};

/** Something that happened, as a record of the topic tells it. */
export type SdlEvent = {
  /** Its place in the log: `after: cursor` goes on right behind it. */
  cursor: Scalars['Cursor']['output'];
  /** The headers of the request that it was enriched with. */
  headers: Array<SdlHeader>;
  /** Unique: a UUIDv7 made at publication; topic-partition-offset for a record of another writer. */
  id: Scalars['ID']['output'];
  /** Where Kafka keeps it. */
  record: SdlRecord;
  /** When the log recorded it. */
  timestamp: Scalars['DateTime']['output'];
  /** The event_type as recorded, "joined_guild:test_guild1". */
  type: Scalars['String']['output'];
};

/** A page of the log (Relay's connection). */
export type SdlEventConnection = {
  __typename?: 'EventConnection';
  /** The page's events, each with its place. */
  edges: Array<SdlEventEdge>;
  /** Where the log ended when the query began: subscribe `after` it to miss nothing. */
  end: Scalars['Cursor']['output'];
  /** The page's events alone. */
  nodes: Array<SdlEvent>;
  /** What lies around the page. */
  pageInfo: SdlPageInfo;
};

/** An event and its place. */
export type SdlEventEdge = {
  __typename?: 'EventEdge';
  /** The event's place: `after: cursor` goes on right behind it. */
  cursor: Scalars['Cursor']['output'];
  /** The event. */
  node: SdlEvent;
};

/** Chooses events; what is left out does not restrict. */
export type SdlEventFilter = {
  /** By the event_type as recorded. */
  type?: InputMaybe<SdlStringFilter>;
};

/** A header of the request that published an event. */
export type SdlHeader = {
  __typename?: 'Header';
  /** Its name in Title-Case: "User-Agent". */
  name: Scalars['String']['output'];
  /** Its value; repeats of one header are joined with a comma. */
  value: Scalars['String']['output'];
};

/** What lies around a page (Relay's PageInfo). */
export type SdlPageInfo = {
  __typename?: 'PageInfo';
  /** Where the page ends. A page that found nothing within its bounds may still have come further. */
  endCursor?: Maybe<Scalars['Cursor']['output']>;
  /** Whether more follows: ask again with `after: endCursor`. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether more comes before: ask again with `before: startCursor`. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** Where the page begins. */
  startCursor?: Maybe<Scalars['Cursor']['output']>;
};

/** A partition of the topic. Offsets are decimal numbers. */
export type SdlPartition = {
  __typename?: 'Partition';
  /** The oldest offset that is kept. */
  beginning: Scalars['String']['output'];
  /** The offset that comes next. */
  end: Scalars['String']['output'];
  /** Counted from 0. */
  number: Scalars['Int']['output'];
};

/** A place to begin at. */
export type SdlPosition =
  /** The beginning of the log. */
  | 'EARLIEST'
  /** The events that come from now on. */
  | 'LATEST';

/** What can be asked: the events that were, and where they are kept. */
export type SdlQuery = {
  __typename?: 'Query';
  /** Replays the log in order: forward from `after` (or the beginning) with `first`, backward from `before` (or the end) with `last`. */
  events: SdlEventConnection;
  /** The partitions of the topic, with the offsets that they hold now. */
  partitions: Array<SdlPartition>;
};


/** What can be asked: the events that were, and where they are kept. */
export type SdlQueryEventsArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<SdlEventFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  since?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A record of the topic. */
export type SdlRecord = {
  __typename?: 'Record';
  /** The key that chose its partition; null where it has none. */
  key?: Maybe<Scalars['String']['output']>;
  /** Its number within the partition, a decimal number of up to 19 digits. */
  offset: Scalars['String']['output'];
  /** The partition of the topic. Order is kept within one. */
  partition: Scalars['Int']['output'];
  /** The topic that holds it. */
  topic: Scalars['String']['output'];
};

/** All that is given must hold. */
export type SdlStringFilter = {
  /** Is exactly this. */
  eq?: InputMaybe<Scalars['String']['input']>;
  /** Is one of these. */
  in?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Begins with this. */
  startsWith?: InputMaybe<Scalars['String']['input']>;
};

/** What can be followed, over WebSocket or server-sent events. */
export type SdlSubscription = {
  __typename?: 'Subscription';
  /** Streams events: new ones, or from an earlier place on and then new ones, without a gap. */
  events: SdlEvent;
};


/** What can be followed, over WebSocket or server-sent events. */
export type SdlSubscriptionEventsArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<SdlEventFilter>;
  from?: InputMaybe<SdlPosition>;
  since?: InputMaybe<Scalars['DateTime']['input']>;
  until?: InputMaybe<SdlUntil>;
};

/** A record that no declared event matches, whatever it holds. */
export type SdlUnknownEvent = SdlEvent & {
  __typename?: 'UnknownEvent';
  cursor: Scalars['Cursor']['output'];
  headers: Array<SdlHeader>;
  id: Scalars['ID']['output'];
  record: SdlRecord;
  timestamp: Scalars['DateTime']['output'];
  type: Scalars['String']['output'];
  /** The record's value as text; null for a tombstone. */
  value?: Maybe<Scalars['String']['output']>;
};

/** A place to complete at. */
export type SdlUntil =
  /** The end that the log had when the subscription began. */
  | 'END';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type SdlResolversTypes = {
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Event: ResolverTypeWrapper<DecodedEvent>;
  EventConnection: ResolverTypeWrapper<Omit<SdlEventConnection, 'edges' | 'nodes'> & { edges: Array<SdlResolversTypes['EventEdge']>, nodes: Array<SdlResolversTypes['Event']> }>;
  EventEdge: ResolverTypeWrapper<Omit<SdlEventEdge, 'node'> & { node: SdlResolversTypes['Event'] }>;
  EventFilter: SdlEventFilter;
  Header: ResolverTypeWrapper<SdlHeader>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  PageInfo: ResolverTypeWrapper<SdlPageInfo>;
  Partition: ResolverTypeWrapper<SdlPartition>;
  Position: SdlPosition;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Record: ResolverTypeWrapper<SdlRecord>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  StringFilter: SdlStringFilter;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  UnknownEvent: ResolverTypeWrapper<DecodedEvent>;
  Until: SdlUntil;
};

/** Mapping between all available schema types and the resolvers parents */
export type SdlResolversParentTypes = {
  Boolean: Scalars['Boolean']['output'];
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  Event: DecodedEvent;
  EventConnection: Omit<SdlEventConnection, 'edges' | 'nodes'> & { edges: Array<SdlResolversParentTypes['EventEdge']>, nodes: Array<SdlResolversParentTypes['Event']> };
  EventEdge: Omit<SdlEventEdge, 'node'> & { node: SdlResolversParentTypes['Event'] };
  EventFilter: SdlEventFilter;
  Header: SdlHeader;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  PageInfo: SdlPageInfo;
  Partition: SdlPartition;
  Query: Record<PropertyKey, never>;
  Record: SdlRecord;
  String: Scalars['String']['output'];
  StringFilter: SdlStringFilter;
  Subscription: Record<PropertyKey, never>;
  UnknownEvent: DecodedEvent;
};

export type SdlAllowDirectiveArgs = {
  roles: Array<Scalars['String']['input']>;
};

export type SdlAllowDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = SdlAllowDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type SdlEventDirectiveArgs = {
  key?: Maybe<Scalars['String']['input']>;
  type: Scalars['String']['input'];
};

export type SdlEventDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = SdlEventDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type SdlRestDirectiveArgs = {
  path: Scalars['String']['input'];
  reply: Scalars['String']['input'];
};

export type SdlRestDirectiveResolver<Result, Parent, ContextType = RequestContext, Args = SdlRestDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export interface SdlCursorScalarConfig extends GraphQLScalarTypeConfig<SdlResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface SdlDateTimeScalarConfig extends GraphQLScalarTypeConfig<SdlResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type SdlEventResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Event'] = SdlResolversParentTypes['Event']> = {
  __resolveType: TypeResolveFn<'UnknownEvent', ParentType, ContextType>;
};

export type SdlEventConnectionResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['EventConnection'] = SdlResolversParentTypes['EventConnection']> = {
  edges?: Resolver<Array<SdlResolversTypes['EventEdge']>, ParentType, ContextType>;
  end?: Resolver<SdlResolversTypes['Cursor'], ParentType, ContextType>;
  nodes?: Resolver<Array<SdlResolversTypes['Event']>, ParentType, ContextType>;
  pageInfo?: Resolver<SdlResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SdlEventEdgeResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['EventEdge'] = SdlResolversParentTypes['EventEdge']> = {
  cursor?: Resolver<SdlResolversTypes['Cursor'], ParentType, ContextType>;
  node?: Resolver<SdlResolversTypes['Event'], ParentType, ContextType>;
};

export type SdlHeaderResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Header'] = SdlResolversParentTypes['Header']> = {
  name?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
};

export type SdlPageInfoResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['PageInfo'] = SdlResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<SdlResolversTypes['Cursor']>, ParentType, ContextType>;
  hasNextPage?: Resolver<SdlResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<SdlResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<SdlResolversTypes['Cursor']>, ParentType, ContextType>;
};

export type SdlPartitionResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Partition'] = SdlResolversParentTypes['Partition']> = {
  beginning?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
  end?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
  number?: Resolver<SdlResolversTypes['Int'], ParentType, ContextType>;
};

export type SdlQueryResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Query'] = SdlResolversParentTypes['Query']> = {
  events?: Resolver<SdlResolversTypes['EventConnection'], ParentType, ContextType, Partial<SdlQueryEventsArgs>>;
  partitions?: Resolver<Array<SdlResolversTypes['Partition']>, ParentType, ContextType>;
};

export type SdlRecordResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Record'] = SdlResolversParentTypes['Record']> = {
  key?: Resolver<Maybe<SdlResolversTypes['String']>, ParentType, ContextType>;
  offset?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
  partition?: Resolver<SdlResolversTypes['Int'], ParentType, ContextType>;
  topic?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
};

export type SdlSubscriptionResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['Subscription'] = SdlResolversParentTypes['Subscription']> = {
  events?: SubscriptionResolver<SdlResolversTypes['Event'], "events", ParentType, ContextType, RequireFields<SdlSubscriptionEventsArgs, 'from'>>;
};

export type SdlUnknownEventResolvers<ContextType = RequestContext, ParentType extends SdlResolversParentTypes['UnknownEvent'] = SdlResolversParentTypes['UnknownEvent']> = {
  cursor?: Resolver<SdlResolversTypes['Cursor'], ParentType, ContextType>;
  headers?: Resolver<Array<SdlResolversTypes['Header']>, ParentType, ContextType>;
  id?: Resolver<SdlResolversTypes['ID'], ParentType, ContextType>;
  record?: Resolver<SdlResolversTypes['Record'], ParentType, ContextType>;
  timestamp?: Resolver<SdlResolversTypes['DateTime'], ParentType, ContextType>;
  type?: Resolver<SdlResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<Maybe<SdlResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SdlResolvers<ContextType = RequestContext> = {
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  Event?: SdlEventResolvers<ContextType>;
  EventConnection?: SdlEventConnectionResolvers<ContextType>;
  EventEdge?: SdlEventEdgeResolvers<ContextType>;
  Header?: SdlHeaderResolvers<ContextType>;
  PageInfo?: SdlPageInfoResolvers<ContextType>;
  Partition?: SdlPartitionResolvers<ContextType>;
  Query?: SdlQueryResolvers<ContextType>;
  Record?: SdlRecordResolvers<ContextType>;
  Subscription?: SdlSubscriptionResolvers<ContextType>;
  UnknownEvent?: SdlUnknownEventResolvers<ContextType>;
};

export type SdlDirectiveResolvers<ContextType = RequestContext> = {
  allow?: SdlAllowDirectiveResolver<any, any, ContextType>;
  event?: SdlEventDirectiveResolver<any, any, ContextType>;
  rest?: SdlRestDirectiveResolver<any, any, ContextType>;
};
