/** What a load generator can be asked to do, and what it answers; sent over IPC, so all of it is plain data. */

/** How a request is made; `{n}` in it becomes a number that was never there before. */
export interface RequestTemplate {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string
}

/** HTTP requests as fast as the answers come, over keep-alive connections. */
export interface HttpJob {
  readonly kind: 'http'
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly request: RequestTemplate
  /** What a good answer holds. */
  readonly expect: string
}

/** Mutations over WebSockets, one under way on each. */
export interface SocketJob {
  readonly kind: 'socket'
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly query: string
  readonly expect: string
}

/** What both publish jobs answer. */
export interface PublishResult {
  readonly events: number
  readonly errors: number
  readonly firstError: string | null
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Pages of a replay, one after the other, until `total` events were read. */
export interface ReplayJob {
  readonly kind: 'replay'
  readonly port: number
  /** `{after}` stands for the cursor as a JSON string, or null. */
  readonly query: string
  readonly total: number
}

export interface ReplayResult {
  readonly events: number
  readonly pages: number
  readonly seconds: number
}

/** Opens subscribers and keeps them, until `leave`. */
export interface JoinJob {
  readonly kind: 'join'
  readonly port: number
  readonly subscribers: number
  /** Null: the server is a raw broadcast that needs no operation. */
  readonly query: string | null
}

export interface JoinResult {
  readonly group: number
}

/** Where events for subscribers come from: straight into the topic, or through the server's own mutation. */
export type EventSource =
  | { readonly kind: 'topic'; readonly brokers: string; readonly topic: string }
  | { readonly kind: 'mutation'; readonly port: number }

/** Publishes for so many seconds, a few events ahead of the slowest delivery, and waits until all was delivered. */
export interface FanOutJob {
  readonly kind: 'fanout'
  readonly group: number
  readonly source: EventSource
  readonly seconds: number
  /** At most so many events are published and not yet delivered to all. */
  readonly ahead: number
}

export interface FanOutResult {
  readonly events: number
  readonly deliveries: number
  readonly seconds: number
  /** Why this is no figure: lost, doubled, or an error. */
  readonly fault: string | null
}

/** Publishes one event every `everyMs`, its moment in it. */
export interface PaceJob {
  readonly kind: 'pace'
  readonly source: EventSource
  readonly seconds: number
  readonly everyMs: number
}

export interface PaceResult {
  readonly sent: number
}

/** Tells what a group's subscribers have heard since it was asked the last time; from the first time on they listen. */
export interface HearJob {
  readonly kind: 'hear'
  readonly group: number
}

export interface HearResult {
  /** How long ago each event's moment was when it came. */
  readonly latenciesNs: readonly number[]
}

/** Subscribes once and publishes until the first event published after that arrives. */
export interface FirstJob {
  readonly kind: 'first'
  readonly port: number
  readonly query: string
  readonly brokers: string
  readonly topic: string
}

export interface FirstResult {
  readonly liveMs: number
}

export interface LeaveJob {
  readonly kind: 'leave'
  readonly group: number
}

export interface Jobs {
  readonly http: { job: HttpJob; result: PublishResult }
  readonly socket: { job: SocketJob; result: PublishResult }
  readonly replay: { job: ReplayJob; result: ReplayResult }
  readonly join: { job: JoinJob; result: JoinResult }
  readonly fanout: { job: FanOutJob; result: FanOutResult }
  readonly pace: { job: PaceJob; result: PaceResult }
  readonly hear: { job: HearJob; result: HearResult }
  readonly first: { job: FirstJob; result: FirstResult }
  readonly leave: { job: LeaveJob; result: null }
}

export type Job = Jobs[keyof Jobs]['job']
export type ResultOf<J extends Job> = Jobs[J['kind']]['result']
