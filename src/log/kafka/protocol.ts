/**
 * The four requests that kafkajs lacks in the version that is needed, or makes too dear:
 * - Metadata 12 gives the topic's id (kafkajs stops at 6).
 * - Fetch 13 names the topic by its id, so records of a topic that was deleted and made again can never be
 *   taken for those of the old one (kafkajs stops at 11, by name). Brokers have it since Kafka 3.1.
 * - ListOffsets 5 says so when a new leader does not know its end yet, instead of an end that lags (KIP-207).
 * - Produce 7 carries record batches of our own.
 * Metadata 12 and Fetch 13 are flexible versions. kafkajs writes the older request header, so their bodies
 * begin with the newer header's empty tag section, and so do the answers.
 */
import type { AbortedTransaction } from './record-batch.ts'
import { Reader, Writer } from './wire.ts'

/** A request's key and version in Kafka's protocol. */
export interface Api {
  readonly key: number
  readonly name: string
  readonly version: number
}

export const PRODUCE: Api = { key: 0, name: 'Produce', version: 7 }
export const FETCH: Api = { key: 1, name: 'Fetch', version: 13 }
export const LIST_OFFSETS: Api = { key: 2, name: 'ListOffsets', version: 5 }
export const METADATA: Api = { key: 3, name: 'Metadata', version: 12 }

/** The error codes of Kafka that are told apart here. */
export const CODE = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  TOPIC_AUTHORIZATION_FAILED: 29,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  POLICY_VIOLATION: 44,
  OUT_OF_ORDER_SEQUENCE: 45,
  INVALID_PRODUCER_EPOCH: 47,
  UNKNOWN_PRODUCER_ID: 59,
  INVALID_RECORD: 87,
  PRODUCER_FENCED: 90,
} as const

const READ_COMMITTED = 1
const NO_REPLICA = -1
const ANY_EPOCH = -1

/** What a cluster says about one topic. */
export interface TopicMetadata {
  readonly brokers: ReadonlyMap<number, { readonly host: string; readonly port: number }>
  readonly errorCode: number
  readonly topicId: Buffer
  /** The leader's node of each partition, -1 where there is none. */
  readonly leaders: readonly number[]
}

export function metadataRequest(topic: string): Buffer {
  const writer = new Writer().int8(0)
  writer.uvarint(2).raw(Buffer.alloc(16)).compactString(topic).uvarint(0)
  return writer.int8(0).int8(0).uvarint(0).bytes
}

export function parseMetadata(bytes: Buffer): TopicMetadata {
  const reader = new Reader(bytes)
  reader.skipTags()
  reader.int32()
  const brokers = new Map(
    reader.compactArray((r) => {
      const id = r.int32()
      const host = r.compactString() ?? ''
      const port = r.int32()
      r.compactString()
      r.skipTags()
      return [id, { host, port }] as const
    }),
  )
  reader.compactString()
  reader.int32()
  const topics = reader.compactArray((r) => {
    const errorCode = r.int16()
    r.compactString()
    const topicId = Buffer.from(r.raw(16))
    r.int8()
    const partitions = r.compactArray((p) => {
      p.int16()
      const index = p.int32()
      const leader = p.int32()
      p.int32()
      for (let list = 0; list < 3; list++) p.compactArray((x) => x.int32())
      p.skipTags()
      return { index, leader }
    })
    r.int32()
    r.skipTags()
    const leaders: number[] = new Array(partitions.length).fill(-1)
    for (const { index, leader } of partitions) if (index < leaders.length) leaders[index] = leader
    return { errorCode, topicId, leaders }
  })
  const topic = topics[0]
  if (topic === undefined) throw new RangeError('the metadata lacks the topic')
  return { brokers, ...topic }
}

/** One partition's batch in a produce request. */
export interface ProducePart {
  readonly partition: number
  readonly batch: Buffer
}

/** One partition's part of a produce answer. */
export interface Produced {
  readonly errorCode: number
  readonly baseOffset: number
  /** -1 where the topic keeps the producer's timestamps. */
  readonly logAppendTime: number
}

/** acks=all. `timeoutMs`: how long the broker may wait for the other replicas. */
export function produceRequest(topic: string, parts: readonly ProducePart[], timeoutMs: number): Buffer {
  let size = 64 + topic.length * 3
  for (const part of parts) size += 8 + part.batch.length
  const writer = new Writer(size).string(null).int16(-1).int32(timeoutMs)
  writer.int32(1).string(topic).int32(parts.length)
  for (const { partition, batch } of parts) writer.int32(partition).int32(batch.length).raw(batch)
  return writer.bytes
}

export function parseProduce(bytes: Buffer): Map<number, Produced> {
  const produced = new Map<number, Produced>()
  new Reader(bytes).array((topic) => {
    topic.string()
    topic.array((r) => {
      const partition = r.int32()
      const errorCode = r.int16()
      const baseOffset = r.int64()
      const logAppendTime = r.int64()
      r.int64()
      produced.set(partition, { errorCode, baseOffset, logAppendTime })
    })
  })
  return produced
}

export const LATEST = -1
export const EARLIEST = -2

/** `timestamp`: milliseconds, or LATEST (the read-committed end), or EARLIEST. */
export function listOffsetsRequest(topic: string, partitions: readonly number[], timestamp: number): Buffer {
  const writer = new Writer().int32(NO_REPLICA).int8(READ_COMMITTED)
  writer.int32(1).string(topic).int32(partitions.length)
  for (const partition of partitions) writer.int32(partition).int32(ANY_EPOCH).int64(timestamp)
  return writer.bytes
}

/** By partition; an offset of -1 says that no record is at or after the timestamp. */
export function parseListOffsets(bytes: Buffer): Map<number, { errorCode: number; offset: number }> {
  const offsets = new Map<number, { errorCode: number; offset: number }>()
  const reader = new Reader(bytes)
  reader.int32()
  reader.array((topic) => {
    topic.string()
    topic.array((r) => {
      const partition = r.int32()
      const errorCode = r.int16()
      r.int64()
      const offset = r.int64()
      r.int32()
      offsets.set(partition, { errorCode, offset })
    })
  })
  return offsets
}

export interface FetchOptions {
  readonly topicId: Buffer
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[]
  /** How long the broker parks the request while there is nothing. */
  readonly maxWaitMs: number
  /** Bytes of the answer, about: at least one batch always comes. */
  readonly maxBytes: number
  readonly partitionBytes: number
}

/** One partition's part of a fetch answer. */
export interface Fetched {
  readonly partition: number
  readonly errorCode: number
  /** The read-committed end as this leader knows it. */
  readonly stableEnd: number
  readonly aborted: readonly AbortedTransaction[]
  readonly batches: Buffer
}

const NO_BYTES = Buffer.alloc(0)

export function fetchRequest(options: FetchOptions): Buffer {
  const writer = new Writer(128 + options.partitions.length * 40).int8(0)
  writer.int32(NO_REPLICA).int32(options.maxWaitMs).int32(1).int32(options.maxBytes).int8(READ_COMMITTED)
  writer.int32(0).int32(-1)
  writer
    .uvarint(2)
    .raw(options.topicId)
    .uvarint(options.partitions.length + 1)
  for (const { partition, offset } of options.partitions) {
    writer.int32(partition).int32(ANY_EPOCH).int64(offset).int32(-1).int64(-1).int32(options.partitionBytes).uvarint(0)
  }
  return writer.uvarint(0).uvarint(1).uvarint(1).uvarint(0).bytes
}

/** `errorCode` concerns the whole request; the partitions may be fewer than asked for (a quota's answer is empty). */
export function parseFetch(bytes: Buffer): { errorCode: number; partitions: Fetched[] } {
  const reader = new Reader(bytes)
  reader.skipTags()
  reader.int32()
  const errorCode = reader.int16()
  reader.int32()
  const partitions: Fetched[] = []
  reader.compactArray((topic) => {
    topic.raw(16)
    topic.compactArray((r) => {
      const partition = r.int32()
      const code = r.int16()
      r.int64()
      const stableEnd = r.int64()
      r.int64()
      const aborted = r.compactArray((a) => {
        const transaction = { producerId: a.int64(), firstOffset: a.int64() }
        a.skipTags()
        return transaction
      })
      r.int32()
      const length = r.uvarint()
      const batches = length === 0 ? NO_BYTES : r.raw(length - 1)
      r.skipTags()
      partitions.push({ partition, errorCode: code, stableEnd, aborted, batches })
    })
    topic.skipTags()
  })
  return { errorCode, partitions }
}
