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
    "mutation QuotaJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }": typeof types.QuotaJoinDocument,
    "subscription QuotaFollow { events { type } }": typeof types.QuotaFollowDocument,
    "query QuotaTypes { events { nodes { type } } }": typeof types.QuotaTypesDocument,
    "mutation BothJoin($guildName: String!) {\n  joinGuild(guildName: $guildName) { id type cursor guildName headers { name value } record { topic } }\n}": typeof types.BothJoinDocument,
    "query BothEvents($first: Int, $after: Cursor, $last: Int, $before: Cursor, $type: String) {\n  events(first: $first, after: $after, last: $last, before: $before, filter: { type: { startsWith: $type } }) {\n    edges { cursor node { __typename id type } }\n    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    end\n  }\n}": typeof types.BothEventsDocument,
    "query BothPartitions { partitions { number beginning end } }": typeof types.BothPartitionsDocument,
    "query ConsoleTestEvents { events(first: 10000) { nodes { id type timestamp } } }": typeof types.ConsoleTestEventsDocument,
    "query ConsoleTestLast {\n  events(last: 1) { nodes { id type cursor record { offset } headers { name value } } }\n}": typeof types.ConsoleTestLastDocument,
    "subscription EventSourceStream { events { id } }": typeof types.EventSourceStreamDocument,
    "subscription EventSourceReplay { events(from: EARLIEST, until: END) { id } }": typeof types.EventSourceReplayDocument,
    "query GraphiqlEvents { events { nodes { id type } } }": typeof types.GraphiqlEventsDocument,
    "query OriginsEnd { partitions { end } }": typeof types.OriginsEndDocument,
    "mutation MonitoringPublish { buySword { id } }": typeof types.MonitoringPublishDocument,
    "subscription MonitoringFollow { events(from: EARLIEST) { id } }": typeof types.MonitoringFollowDocument,
    "query FollowersLog { events { nodes { type record { offset } } } }": typeof types.FollowersLogDocument,
    "query KcatExampleLog { events { nodes { __typename id type record { offset } } } }": typeof types.KcatExampleLogDocument,
    "query ResumingEnd { events(first: 0) { end } }": typeof types.ResumingEndDocument,
    "subscription ResumingFollow($after: Cursor) { events(after: $after, from: EARLIEST) { cursor record { offset } } }": typeof types.ResumingFollowDocument,
    "subscription ResumingReplay($after: Cursor) {\n    events(after: $after, from: EARLIEST, until: END) { cursor record { offset } }\n  }": typeof types.ResumingReplayDocument,
    "subscription ResumingSeldom($after: Cursor) {\n    events(after: $after, filter: { type: { eq: \"never\" } }) { cursor }\n  }": typeof types.ResumingSeldomDocument,
    "subscription ResumingNoCursor($after: Cursor) { events(after: $after) { id } }": typeof types.ResumingNoCursorDocument,
    "subscription ResumingNoAfter { events { cursor } }": typeof types.ResumingNoAfterDocument,
    "subscription FaultsEvents($after: Cursor, $from: Position, $until: Until, $filter: EventFilter) {\n  stream: events(after: $after, from: $from, until: $until, filter: $filter) {\n    cursor record { partition offset } ... on GuildJoined { guildName }\n  }\n}": typeof types.FaultsEventsDocument,
    "subscription FaultsGuilds($after: Cursor, $from: Position) {\n  stream: guildJoined(after: $after, from: $from) { cursor guildName record { partition offset } }\n}": typeof types.FaultsGuildsDocument,
    "mutation FaultsJoin($guildName: String!) { joinGuild(guildName: $guildName) { guildName record { partition offset } } }": typeof types.FaultsJoinDocument,
    "query FaultsReplay(\n    $first: Int, $after: Cursor, $last: Int, $before: Cursor, $since: DateTime, $filter: EventFilter\n  ) {\n    events(first: $first, after: $after, last: $last, before: $before, since: $since, filter: $filter) {\n      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }\n      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    }\n  }": typeof types.FaultsReplayDocument,
    "mutation HostileWell($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }": typeof types.HostileWellDocument,
    "mutation ErrorsBuy { buySword { id } }": typeof types.ErrorsBuyDocument,
    "query ErrorsCount { partitions { end } }": typeof types.ErrorsCountDocument,
    "mutation HttpBuy { buySword { id } }": typeof types.HttpBuyDocument,
    "query HttpEnd { partitions { end } }": typeof types.HttpEndDocument,
    "subscription HttpStream { events { id } }": typeof types.HttpStreamDocument,
    "mutation OutageBuy { buySword { id } }": typeof types.OutageBuyDocument,
    "query OutageEnd { events(first: 0) { end } }": typeof types.OutageEndDocument,
    "subscription OutageEvents($after: Cursor, $from: Position) { events(after: $after, from: $from) { id } }": typeof types.OutageEventsDocument,
    "subscription SlowEvents($after: Cursor, $until: Until, $filter: EventFilter) {\n    events(after: $after, until: $until, filter: $filter) { id ... on GuildJoined { guildName } }\n  }": typeof types.SlowEventsDocument,
    "mutation SseBuy { buySword { id } }": typeof types.SseBuyDocument,
    "query SseEnd { events(first: 0) { end } }": typeof types.SseEndDocument,
    "subscription SseEvents($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, since: $since, filter: $filter, until: $until) { id type cursor timestamp }\n  }": typeof types.SseEventsDocument,
    "query SseTime($after: Cursor) { events(after: $after) { nodes { timestamp } } }": typeof types.SseTimeDocument,
    "mutation WsBuy { buySword { id type headers { name value } } }": typeof types.WsBuyDocument,
    "query WsEnd { events(first: 0) { end } }": typeof types.WsEndDocument,
    "subscription WsEvents($after: Cursor, $from: Position, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, filter: $filter, until: $until) { id type cursor }\n  }": typeof types.WsEventsDocument,
    "subscription WsEqual { events { id type } }": typeof types.WsEqualDocument,
    "subscription WsGuild($guildName: String) { guildJoined(guildName: $guildName) { guildName } }": typeof types.WsGuildDocument,
    "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }": typeof types.BuyDocument,
    "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }": typeof types.ReplayDocument,
    "query HolePage($after: Cursor) {\n  events(first: 10, after: $after) { nodes { record { offset } } pageInfo { hasNextPage endCursor } }\n}": typeof types.HolePageDocument,
    "subscription HoleStream($from: Position, $after: Cursor) {\n  events(from: $from, after: $after) { cursor record { offset } }\n}": typeof types.HoleStreamDocument,
    "query SecurityEvents { events(last: 1) { nodes { id } } }": typeof types.SecurityEventsDocument,
    "mutation MainPublish { buySword { id } }": typeof types.MainPublishDocument,
    "mutation MetricsJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }": typeof types.MetricsJoinDocument,
    "subscription MetricsFollow { events(from: EARLIEST) { id } }": typeof types.MetricsFollowDocument,
    "subscription MetricsReadAll { events(from: EARLIEST, until: END) { id } }": typeof types.MetricsReadAllDocument,
    "query MetricsPage { events(first: 2) { nodes { id } } }": typeof types.MetricsPageDocument,
    "subscription TracingFollow { events(from: EARLIEST) { id } }": typeof types.TracingFollowDocument,
    "mutation TracingSword { buySword { record { offset } } }": typeof types.TracingSwordDocument,
    "query IdempotencyAll { events { nodes { id type } } }": typeof types.IdempotencyAllDocument,
    "query LoadPage($after: Cursor) {\n  events(first: 10000, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }\n}": typeof types.LoadPageDocument,
    "mutation SupportJoin($guildName: String!) { joinGuild(guildName: $guildName) { id cursor type } }": typeof types.SupportJoinDocument,
    "subscription WorkersFollow($after: Cursor) { events(after: $after) { id cursor } }": typeof types.WorkersFollowDocument,
};
const documents: Documents = {
    "mutation QuotaJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }": types.QuotaJoinDocument,
    "subscription QuotaFollow { events { type } }": types.QuotaFollowDocument,
    "query QuotaTypes { events { nodes { type } } }": types.QuotaTypesDocument,
    "mutation BothJoin($guildName: String!) {\n  joinGuild(guildName: $guildName) { id type cursor guildName headers { name value } record { topic } }\n}": types.BothJoinDocument,
    "query BothEvents($first: Int, $after: Cursor, $last: Int, $before: Cursor, $type: String) {\n  events(first: $first, after: $after, last: $last, before: $before, filter: { type: { startsWith: $type } }) {\n    edges { cursor node { __typename id type } }\n    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    end\n  }\n}": types.BothEventsDocument,
    "query BothPartitions { partitions { number beginning end } }": types.BothPartitionsDocument,
    "query ConsoleTestEvents { events(first: 10000) { nodes { id type timestamp } } }": types.ConsoleTestEventsDocument,
    "query ConsoleTestLast {\n  events(last: 1) { nodes { id type cursor record { offset } headers { name value } } }\n}": types.ConsoleTestLastDocument,
    "subscription EventSourceStream { events { id } }": types.EventSourceStreamDocument,
    "subscription EventSourceReplay { events(from: EARLIEST, until: END) { id } }": types.EventSourceReplayDocument,
    "query GraphiqlEvents { events { nodes { id type } } }": types.GraphiqlEventsDocument,
    "query OriginsEnd { partitions { end } }": types.OriginsEndDocument,
    "mutation MonitoringPublish { buySword { id } }": types.MonitoringPublishDocument,
    "subscription MonitoringFollow { events(from: EARLIEST) { id } }": types.MonitoringFollowDocument,
    "query FollowersLog { events { nodes { type record { offset } } } }": types.FollowersLogDocument,
    "query KcatExampleLog { events { nodes { __typename id type record { offset } } } }": types.KcatExampleLogDocument,
    "query ResumingEnd { events(first: 0) { end } }": types.ResumingEndDocument,
    "subscription ResumingFollow($after: Cursor) { events(after: $after, from: EARLIEST) { cursor record { offset } } }": types.ResumingFollowDocument,
    "subscription ResumingReplay($after: Cursor) {\n    events(after: $after, from: EARLIEST, until: END) { cursor record { offset } }\n  }": types.ResumingReplayDocument,
    "subscription ResumingSeldom($after: Cursor) {\n    events(after: $after, filter: { type: { eq: \"never\" } }) { cursor }\n  }": types.ResumingSeldomDocument,
    "subscription ResumingNoCursor($after: Cursor) { events(after: $after) { id } }": types.ResumingNoCursorDocument,
    "subscription ResumingNoAfter { events { cursor } }": types.ResumingNoAfterDocument,
    "subscription FaultsEvents($after: Cursor, $from: Position, $until: Until, $filter: EventFilter) {\n  stream: events(after: $after, from: $from, until: $until, filter: $filter) {\n    cursor record { partition offset } ... on GuildJoined { guildName }\n  }\n}": types.FaultsEventsDocument,
    "subscription FaultsGuilds($after: Cursor, $from: Position) {\n  stream: guildJoined(after: $after, from: $from) { cursor guildName record { partition offset } }\n}": types.FaultsGuildsDocument,
    "mutation FaultsJoin($guildName: String!) { joinGuild(guildName: $guildName) { guildName record { partition offset } } }": types.FaultsJoinDocument,
    "query FaultsReplay(\n    $first: Int, $after: Cursor, $last: Int, $before: Cursor, $since: DateTime, $filter: EventFilter\n  ) {\n    events(first: $first, after: $after, last: $last, before: $before, since: $since, filter: $filter) {\n      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }\n      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    }\n  }": types.FaultsReplayDocument,
    "mutation HostileWell($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }": types.HostileWellDocument,
    "mutation ErrorsBuy { buySword { id } }": types.ErrorsBuyDocument,
    "query ErrorsCount { partitions { end } }": types.ErrorsCountDocument,
    "mutation HttpBuy { buySword { id } }": types.HttpBuyDocument,
    "query HttpEnd { partitions { end } }": types.HttpEndDocument,
    "subscription HttpStream { events { id } }": types.HttpStreamDocument,
    "mutation OutageBuy { buySword { id } }": types.OutageBuyDocument,
    "query OutageEnd { events(first: 0) { end } }": types.OutageEndDocument,
    "subscription OutageEvents($after: Cursor, $from: Position) { events(after: $after, from: $from) { id } }": types.OutageEventsDocument,
    "subscription SlowEvents($after: Cursor, $until: Until, $filter: EventFilter) {\n    events(after: $after, until: $until, filter: $filter) { id ... on GuildJoined { guildName } }\n  }": types.SlowEventsDocument,
    "mutation SseBuy { buySword { id } }": types.SseBuyDocument,
    "query SseEnd { events(first: 0) { end } }": types.SseEndDocument,
    "subscription SseEvents($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, since: $since, filter: $filter, until: $until) { id type cursor timestamp }\n  }": types.SseEventsDocument,
    "query SseTime($after: Cursor) { events(after: $after) { nodes { timestamp } } }": types.SseTimeDocument,
    "mutation WsBuy { buySword { id type headers { name value } } }": types.WsBuyDocument,
    "query WsEnd { events(first: 0) { end } }": types.WsEndDocument,
    "subscription WsEvents($after: Cursor, $from: Position, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, filter: $filter, until: $until) { id type cursor }\n  }": types.WsEventsDocument,
    "subscription WsEqual { events { id type } }": types.WsEqualDocument,
    "subscription WsGuild($guildName: String) { guildJoined(guildName: $guildName) { guildName } }": types.WsGuildDocument,
    "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }": types.BuyDocument,
    "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }": types.ReplayDocument,
    "query HolePage($after: Cursor) {\n  events(first: 10, after: $after) { nodes { record { offset } } pageInfo { hasNextPage endCursor } }\n}": types.HolePageDocument,
    "subscription HoleStream($from: Position, $after: Cursor) {\n  events(from: $from, after: $after) { cursor record { offset } }\n}": types.HoleStreamDocument,
    "query SecurityEvents { events(last: 1) { nodes { id } } }": types.SecurityEventsDocument,
    "mutation MainPublish { buySword { id } }": types.MainPublishDocument,
    "mutation MetricsJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }": types.MetricsJoinDocument,
    "subscription MetricsFollow { events(from: EARLIEST) { id } }": types.MetricsFollowDocument,
    "subscription MetricsReadAll { events(from: EARLIEST, until: END) { id } }": types.MetricsReadAllDocument,
    "query MetricsPage { events(first: 2) { nodes { id } } }": types.MetricsPageDocument,
    "subscription TracingFollow { events(from: EARLIEST) { id } }": types.TracingFollowDocument,
    "mutation TracingSword { buySword { record { offset } } }": types.TracingSwordDocument,
    "query IdempotencyAll { events { nodes { id type } } }": types.IdempotencyAllDocument,
    "query LoadPage($after: Cursor) {\n  events(first: 10000, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }\n}": types.LoadPageDocument,
    "mutation SupportJoin($guildName: String!) { joinGuild(guildName: $guildName) { id cursor type } }": types.SupportJoinDocument,
    "subscription WorkersFollow($after: Cursor) { events(after: $after) { id cursor } }": types.WorkersFollowDocument,
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
export function graphql(source: "mutation QuotaJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }"): (typeof documents)["mutation QuotaJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription QuotaFollow { events { type } }"): (typeof documents)["subscription QuotaFollow { events { type } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query QuotaTypes { events { nodes { type } } }"): (typeof documents)["query QuotaTypes { events { nodes { type } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation BothJoin($guildName: String!) {\n  joinGuild(guildName: $guildName) { id type cursor guildName headers { name value } record { topic } }\n}"): (typeof documents)["mutation BothJoin($guildName: String!) {\n  joinGuild(guildName: $guildName) { id type cursor guildName headers { name value } record { topic } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query BothEvents($first: Int, $after: Cursor, $last: Int, $before: Cursor, $type: String) {\n  events(first: $first, after: $after, last: $last, before: $before, filter: { type: { startsWith: $type } }) {\n    edges { cursor node { __typename id type } }\n    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    end\n  }\n}"): (typeof documents)["query BothEvents($first: Int, $after: Cursor, $last: Int, $before: Cursor, $type: String) {\n  events(first: $first, after: $after, last: $last, before: $before, filter: { type: { startsWith: $type } }) {\n    edges { cursor node { __typename id type } }\n    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    end\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query BothPartitions { partitions { number beginning end } }"): (typeof documents)["query BothPartitions { partitions { number beginning end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ConsoleTestEvents { events(first: 10000) { nodes { id type timestamp } } }"): (typeof documents)["query ConsoleTestEvents { events(first: 10000) { nodes { id type timestamp } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ConsoleTestLast {\n  events(last: 1) { nodes { id type cursor record { offset } headers { name value } } }\n}"): (typeof documents)["query ConsoleTestLast {\n  events(last: 1) { nodes { id type cursor record { offset } headers { name value } } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription EventSourceStream { events { id } }"): (typeof documents)["subscription EventSourceStream { events { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription EventSourceReplay { events(from: EARLIEST, until: END) { id } }"): (typeof documents)["subscription EventSourceReplay { events(from: EARLIEST, until: END) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query GraphiqlEvents { events { nodes { id type } } }"): (typeof documents)["query GraphiqlEvents { events { nodes { id type } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OriginsEnd { partitions { end } }"): (typeof documents)["query OriginsEnd { partitions { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation MonitoringPublish { buySword { id } }"): (typeof documents)["mutation MonitoringPublish { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription MonitoringFollow { events(from: EARLIEST) { id } }"): (typeof documents)["subscription MonitoringFollow { events(from: EARLIEST) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query FollowersLog { events { nodes { type record { offset } } } }"): (typeof documents)["query FollowersLog { events { nodes { type record { offset } } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query KcatExampleLog { events { nodes { __typename id type record { offset } } } }"): (typeof documents)["query KcatExampleLog { events { nodes { __typename id type record { offset } } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ResumingEnd { events(first: 0) { end } }"): (typeof documents)["query ResumingEnd { events(first: 0) { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription ResumingFollow($after: Cursor) { events(after: $after, from: EARLIEST) { cursor record { offset } } }"): (typeof documents)["subscription ResumingFollow($after: Cursor) { events(after: $after, from: EARLIEST) { cursor record { offset } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription ResumingReplay($after: Cursor) {\n    events(after: $after, from: EARLIEST, until: END) { cursor record { offset } }\n  }"): (typeof documents)["subscription ResumingReplay($after: Cursor) {\n    events(after: $after, from: EARLIEST, until: END) { cursor record { offset } }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription ResumingSeldom($after: Cursor) {\n    events(after: $after, filter: { type: { eq: \"never\" } }) { cursor }\n  }"): (typeof documents)["subscription ResumingSeldom($after: Cursor) {\n    events(after: $after, filter: { type: { eq: \"never\" } }) { cursor }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription ResumingNoCursor($after: Cursor) { events(after: $after) { id } }"): (typeof documents)["subscription ResumingNoCursor($after: Cursor) { events(after: $after) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription ResumingNoAfter { events { cursor } }"): (typeof documents)["subscription ResumingNoAfter { events { cursor } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription FaultsEvents($after: Cursor, $from: Position, $until: Until, $filter: EventFilter) {\n  stream: events(after: $after, from: $from, until: $until, filter: $filter) {\n    cursor record { partition offset } ... on GuildJoined { guildName }\n  }\n}"): (typeof documents)["subscription FaultsEvents($after: Cursor, $from: Position, $until: Until, $filter: EventFilter) {\n  stream: events(after: $after, from: $from, until: $until, filter: $filter) {\n    cursor record { partition offset } ... on GuildJoined { guildName }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription FaultsGuilds($after: Cursor, $from: Position) {\n  stream: guildJoined(after: $after, from: $from) { cursor guildName record { partition offset } }\n}"): (typeof documents)["subscription FaultsGuilds($after: Cursor, $from: Position) {\n  stream: guildJoined(after: $after, from: $from) { cursor guildName record { partition offset } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation FaultsJoin($guildName: String!) { joinGuild(guildName: $guildName) { guildName record { partition offset } } }"): (typeof documents)["mutation FaultsJoin($guildName: String!) { joinGuild(guildName: $guildName) { guildName record { partition offset } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query FaultsReplay(\n    $first: Int, $after: Cursor, $last: Int, $before: Cursor, $since: DateTime, $filter: EventFilter\n  ) {\n    events(first: $first, after: $after, last: $last, before: $before, since: $since, filter: $filter) {\n      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }\n      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    }\n  }"): (typeof documents)["query FaultsReplay(\n    $first: Int, $after: Cursor, $last: Int, $before: Cursor, $since: DateTime, $filter: EventFilter\n  ) {\n    events(first: $first, after: $after, last: $last, before: $before, since: $since, filter: $filter) {\n      nodes { cursor record { partition offset } ... on GuildJoined { guildName } }\n      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }\n    }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation HostileWell($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }"): (typeof documents)["mutation HostileWell($guildName: String!) { joinGuild(guildName: $guildName) { guildName } }"];
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
export function graphql(source: "mutation OutageBuy { buySword { id } }"): (typeof documents)["mutation OutageBuy { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OutageEnd { events(first: 0) { end } }"): (typeof documents)["query OutageEnd { events(first: 0) { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription OutageEvents($after: Cursor, $from: Position) { events(after: $after, from: $from) { id } }"): (typeof documents)["subscription OutageEvents($after: Cursor, $from: Position) { events(after: $after, from: $from) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription SlowEvents($after: Cursor, $until: Until, $filter: EventFilter) {\n    events(after: $after, until: $until, filter: $filter) { id ... on GuildJoined { guildName } }\n  }"): (typeof documents)["subscription SlowEvents($after: Cursor, $until: Until, $filter: EventFilter) {\n    events(after: $after, until: $until, filter: $filter) { id ... on GuildJoined { guildName } }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation SseBuy { buySword { id } }"): (typeof documents)["mutation SseBuy { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query SseEnd { events(first: 0) { end } }"): (typeof documents)["query SseEnd { events(first: 0) { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription SseEvents($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, since: $since, filter: $filter, until: $until) { id type cursor timestamp }\n  }"): (typeof documents)["subscription SseEvents($after: Cursor, $from: Position, $since: DateTime, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, since: $since, filter: $filter, until: $until) { id type cursor timestamp }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query SseTime($after: Cursor) { events(after: $after) { nodes { timestamp } } }"): (typeof documents)["query SseTime($after: Cursor) { events(after: $after) { nodes { timestamp } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation WsBuy { buySword { id type headers { name value } } }"): (typeof documents)["mutation WsBuy { buySword { id type headers { name value } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query WsEnd { events(first: 0) { end } }"): (typeof documents)["query WsEnd { events(first: 0) { end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription WsEvents($after: Cursor, $from: Position, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, filter: $filter, until: $until) { id type cursor }\n  }"): (typeof documents)["subscription WsEvents($after: Cursor, $from: Position, $filter: EventFilter, $until: Until) {\n    events(after: $after, from: $from, filter: $filter, until: $until) { id type cursor }\n  }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription WsEqual { events { id type } }"): (typeof documents)["subscription WsEqual { events { id type } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription WsGuild($guildName: String) { guildJoined(guildName: $guildName) { guildName } }"): (typeof documents)["subscription WsGuild($guildName: String) { guildJoined(guildName: $guildName) { guildName } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }"): (typeof documents)["mutation Buy { buySword { __typename id type cursor record { topic partition offset key } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }"): (typeof documents)["query Replay($after: Cursor) { events(after: $after) { nodes { __typename id type } end } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query HolePage($after: Cursor) {\n  events(first: 10, after: $after) { nodes { record { offset } } pageInfo { hasNextPage endCursor } }\n}"): (typeof documents)["query HolePage($after: Cursor) {\n  events(first: 10, after: $after) { nodes { record { offset } } pageInfo { hasNextPage endCursor } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription HoleStream($from: Position, $after: Cursor) {\n  events(from: $from, after: $after) { cursor record { offset } }\n}"): (typeof documents)["subscription HoleStream($from: Position, $after: Cursor) {\n  events(from: $from, after: $after) { cursor record { offset } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query SecurityEvents { events(last: 1) { nodes { id } } }"): (typeof documents)["query SecurityEvents { events(last: 1) { nodes { id } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation MainPublish { buySword { id } }"): (typeof documents)["mutation MainPublish { buySword { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation MetricsJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }"): (typeof documents)["mutation MetricsJoin($guildName: String!) { joinGuild(guildName: $guildName) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription MetricsFollow { events(from: EARLIEST) { id } }"): (typeof documents)["subscription MetricsFollow { events(from: EARLIEST) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription MetricsReadAll { events(from: EARLIEST, until: END) { id } }"): (typeof documents)["subscription MetricsReadAll { events(from: EARLIEST, until: END) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query MetricsPage { events(first: 2) { nodes { id } } }"): (typeof documents)["query MetricsPage { events(first: 2) { nodes { id } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription TracingFollow { events(from: EARLIEST) { id } }"): (typeof documents)["subscription TracingFollow { events(from: EARLIEST) { id } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation TracingSword { buySword { record { offset } } }"): (typeof documents)["mutation TracingSword { buySword { record { offset } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query IdempotencyAll { events { nodes { id type } } }"): (typeof documents)["query IdempotencyAll { events { nodes { id type } } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query LoadPage($after: Cursor) {\n  events(first: 10000, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }\n}"): (typeof documents)["query LoadPage($after: Cursor) {\n  events(first: 10000, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation SupportJoin($guildName: String!) { joinGuild(guildName: $guildName) { id cursor type } }"): (typeof documents)["mutation SupportJoin($guildName: String!) { joinGuild(guildName: $guildName) { id cursor type } }"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription WorkersFollow($after: Cursor) { events(after: $after) { id cursor } }"): (typeof documents)["subscription WorkersFollow($after: Cursor) { events(after: $after) { id cursor } }"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;