/**
 * Kafka's record batch (format 2), both ways. Written by hand because kafkajs's own loses what the port
 * promises: it turns record headers into an object (their order, and the cost is quadratic), hides where one
 * batch ends and the next begins (holes), takes any record whose key is four zero bytes for an abort marker,
 * and lets records of a second transaction through when two of them were aborted before the offset asked for.
 *
 * Writing: a record is encoded once, when it is appended, except for the two deltas in front that depend on
 * its batch, so that its size is exact before it is queued.
 *
 * Reading: `decodeBatches` goes through the bytes of one fetch answer. Records are views into them, no copies.
 * Read-committed is decided per batch, as the Java client does: a batch has one producer, and the aborted
 * transactions that the broker names are in force from their first offset up to the producer's abort marker.
 */

import type { NewRecord } from '../event-log.ts'
import { LogRecord } from '../record.ts'
import { putUtf8, utf8Length } from '../utf8.ts'
import { decompress } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { putVarint, Reader, varintSize, Writer } from './wire.ts'

/** Bytes of a batch before its records; the broker counts them against max.message.bytes. */
export const BATCH_HEADER_BYTES = 61
/** Bytes of a batch before the leader epoch: base offset and length. */
const LOG_OVERHEAD = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_DELTA_AT = 23

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** The part of a record that does not depend on its batch: key, value and headers. */
export function encodeBody({ key, value, headers }: NewRecord): Buffer {
  const keyLength = key === null ? -1 : utf8Length(key)
  let size = varintSize(keyLength) + Math.max(keyLength, 0) + varintSize(value.length) + value.length
  size += varintSize(headers.length)
  for (const [name, text] of headers) size += textSize(name) + textSize(text)

  const body = Buffer.allocUnsafe(size)
  let at = putVarint(body, 0, keyLength)
  if (key !== null) at = putUtf8(body, at, key, keyLength)
  at = putVarint(body, at, value.length)
  at += value.copy(body, at)
  at = putVarint(body, at, headers.length)
  for (const [name, text] of headers) at = putText(body, putText(body, at, name), text)
  return body
}

/** Bytes of a text with its length before it. */
function textSize(text: string): number {
  const length = utf8Length(text)
  return varintSize(length) + length
}

function putText(target: Buffer, at: number, text: string): number {
  const length = utf8Length(text)
  return putUtf8(target, putVarint(target, at, length), text, length)
}

/** Bytes that a record takes in a batch. Deltas: its timestamp's and its index's distance from the first record. */
export function recordSize(bodyBytes: number, timestampDelta: number, index: number): number {
  const length = 1 + varintSize(timestampDelta) + varintSize(index) + bodyBytes
  return varintSize(length) + length
}

/** Bytes of a batch that holds nothing but this record. */
export function loneBatchSize(bodyBytes: number): number {
  return BATCH_HEADER_BYTES + recordSize(bodyBytes, 0, 0)
}

/** An idempotent producer's name and the sequence number of the batch's first record. */
export interface Sequence {
  readonly producerId: number
  readonly producerEpoch: number
  readonly first: number
}

/** A whole record batch, uncompressed. The deltas count from the first record. */
export function encodeBatch(
  records: readonly { readonly timestamp: number; readonly body: Buffer }[],
  sequence: Sequence,
): Buffer {
  const base = records[0]!.timestamp
  let max = base
  let size = BATCH_HEADER_BYTES
  for (let i = 0; i < records.length; i++) {
    const { timestamp, body } = records[i]!
    if (timestamp > max) max = timestamp
    size += recordSize(body.length, timestamp - base, i)
  }
  const writer = new Writer(size)
  writer
    .int64(0)
    .int32(size - LOG_OVERHEAD)
    .int32(-1)
    .int8(2)
    .int32(0)
    .int16(0)
  writer
    .int32(records.length - 1)
    .int64(base)
    .int64(max)
  writer.int64(sequence.producerId).int16(sequence.producerEpoch).int32(sequence.first).int32(records.length)
  for (let i = 0; i < records.length; i++) {
    const { timestamp, body } = records[i]!
    const delta = timestamp - base
    writer.varint(1 + varintSize(delta) + varintSize(i) + body.length).int8(0)
    writer.varint(delta).varint(i).raw(body)
  }
  writer.patchInt32(CRC_AT, crc32c(writer.bytes, ATTRIBUTES_AT, writer.length))
  return writer.bytes
}

/** Makes a batch what a fetch brings of it: where it keeps its timestamps the broker sets nothing else that is read. */
export function placeBatch(batch: Buffer, baseOffset: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset))
}

/** A transaction that was aborted, as a fetch answer names it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** What a run of batches held. */
export interface Decoded {
  readonly records: LogRecord[]
  /** Where to go on; `from` if there was no whole batch. */
  readonly next: number
  /** Size of the batches, uncompressed. */
  readonly bytes: number
  /** Offset of the first hole between two batches (or between `from` and the first one), else null. */
  readonly hole: { readonly from: number; readonly to: number } | null
}

/** How a run of batches is read. */
export interface DecodeOptions {
  /** At most so many records: then `next` may be in the middle of a batch. */
  readonly limit?: number
  /** Whether to end before a hole, so that what is before it can be had; it is told when the next begins with it. */
  readonly toHole?: boolean
  /** Takes a batch's compression away; by default codecs.ts does, anew each time. */
  readonly plainOf?: (codec: number, body: Buffer) => Buffer
}

/**
 * The committed records in `bytes` with `from <= offset < to`. A batch that is cut off at the end (brokers
 * send those) is left for the next fetch. `bytes` may begin long before `from`.
 */
export function decodeBatches(
  bytes: Buffer,
  partition: number,
  from: number,
  to: number,
  aborted: readonly AbortedTransaction[],
  { limit = Number.POSITIVE_INFINITY, toHole = false, plainOf = decompress }: DecodeOptions = {},
): Decoded {
  const waiting = aborted.length < 2 ? [...aborted] : [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const abortedNow = new Set<number>()
  const records: LogRecord[] = []
  const reader = new Reader(bytes)
  let next = from
  let taken = 0
  let hole: Decoded['hole'] = null
  while (reader.at + LOG_OVERHEAD <= bytes.length && next < to && records.length < limit) {
    const start = reader.at
    const baseOffset = reader.int64()
    const end = start + LOG_OVERHEAD + reader.int32()
    if (end > bytes.length || end <= start + MAGIC_AT) break
    if (bytes.readInt8(start + MAGIC_AT) !== 2) {
      // Before Kafka 0.11: every record is its own batch, or, compressed, the offset is that of the last one.
      reader.at = end
      if (baseOffset < next) continue
      next = baseOffset + 1
      taken += end - start
      if (baseOffset < to) records.push(unreadable(partition, baseOffset, 0, bytes, start, end))
      continue
    }
    reader.at = start + ATTRIBUTES_AT
    const attributes = reader.int16()
    const lastOffset = baseOffset + reader.int32()
    const baseTimestamp = reader.int64()
    const maxTimestamp = reader.int64()
    const producerId = reader.int64()
    reader.at += 6
    const count = reader.int32()
    const bodyAt = reader.at
    reader.at = end
    // Batches before `from` count too: what was aborted in them may be over by then.
    while (waiting.length > 0 && waiting[0]!.firstOffset <= lastOffset) abortedNow.add(waiting.shift()!.producerId)
    const isControl = (attributes & CONTROL) !== 0
    if (isControl && isAbortMarker(bytes.subarray(bodyAt, end))) abortedNow.delete(producerId)
    if (lastOffset < next) continue
    if (baseOffset > next && toHole && next > from) break
    if (baseOffset > next && hole === null) hole = { from: next, to: baseOffset }
    next = lastOffset + 1
    taken += BATCH_HEADER_BYTES
    if (isControl || ((attributes & TRANSACTIONAL) !== 0 && abortedNow.has(producerId))) continue
    const fixedTimestamp = (attributes & LOG_APPEND_TIME) !== 0 ? maxTimestamp : null
    const before = records.length
    try {
      const codec = attributes & CODEC_MASK
      // What is not compressed is read where it is: a view of each batch would cost as much as a record.
      const plain = codec === 0 ? new Reader(bytes, bodyAt) : new Reader(plainOf(codec, bytes.subarray(bodyAt, end)))
      const plainEnd = codec === 0 ? end : plain.buffer.length
      const begun = plain.at
      for (let i = 0; i < count; i++) {
        const record = decodeRecord(plain, plainEnd, partition, baseOffset, baseTimestamp, fixedTimestamp, from)
        if (record === null) continue
        if (record.offset >= to) break
        records.push(record)
        if (records.length === limit) {
          next = Math.min(next, record.offset + 1)
          break
        }
      }
      taken += plain.at - begun
    } catch {
      records.length = before
      next = lastOffset + 1
      taken += end - bodyAt
      if (lastOffset < to) records.push(unreadable(partition, lastOffset, maxTimestamp, bytes, bodyAt, end))
    }
  }
  return { records, next: Math.min(next, Math.max(to, from)), bytes: taken, hole }
}

/** Offset behind the last whole batch in `bytes`; null where there is none. */
export function endOfBatches(bytes: Buffer): number | null {
  let last: number | null = null
  for (let at = 0; at + LOG_OVERHEAD <= bytes.length; ) {
    const end = at + LOG_OVERHEAD + bytes.readInt32BE(at + 8)
    if (end > bytes.length || end <= at + MAGIC_AT) break
    const base = new Reader(bytes, at).int64()
    last = base + 1 + (bytes.readInt8(at + MAGIC_AT) === 2 ? bytes.readInt32BE(at + LAST_DELTA_AT) : 0)
    at = end
  }
  return last
}

/**
 * What stands for a batch that cannot be read (compressed in a way that the libraries here do not know, or from
 * before Kafka 0.11): one record that holds its bytes, so that a reader neither stops for ever nor skips it in
 * silence.
 */
function unreadable(
  partition: number,
  offset: number,
  timestamp: number,
  bytes: Buffer,
  at: number,
  end: number,
): LogRecord {
  const none = { keyAt: end, keyLength: -1, headersAt: end, end }
  return new LogRecord(partition, offset, timestamp, { bytes, valueAt: at, valueLength: end - at, ...none }, true)
}

/** A control batch holds one record; its key is a version and a type, and type 0 is an abort. */
function isAbortMarker(body: Buffer): boolean {
  const key = decodeRecord(new Reader(body), body.length, 0, 0, 0, null, 0)?.key ?? null
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0
}

/** The next record; null if it is before `from`. Throws RangeError where it goes over `limit`. */
function decodeRecord(
  reader: Reader,
  limit: number,
  partition: number,
  baseOffset: number,
  baseTimestamp: number,
  fixedTimestamp: number | null,
  from: number,
): LogRecord | null {
  const length = reader.varint()
  const end = reader.at + length
  if (length < 0 || end > limit) throw new RangeError('a record past the end of its batch')
  reader.at += 1
  const timestampDelta = reader.varint()
  const offset = baseOffset + reader.varint()
  if (offset < from) {
    reader.at = end
    return null
  }
  const keyLength = reader.varint()
  const keyAt = reader.at
  if (keyLength > 0) reader.at += keyLength
  const valueLength = reader.varint()
  const valueAt = reader.at
  const headersAt = valueLength > 0 ? valueAt + valueLength : valueAt
  if (headersAt > end) throw new RangeError('a value past the end of its record')
  reader.at = end
  const places = { bytes: reader.buffer, keyAt, keyLength, valueAt, valueLength, headersAt, end }
  return new LogRecord(partition, offset, fixedTimestamp ?? baseTimestamp + timestampDelta, places, true)
}
