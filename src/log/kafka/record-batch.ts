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
import type { LogRecord, NewRecord } from '../event-log.ts'
import { decompress } from './codecs.ts'
import { crc32c } from './crc32c.ts'
import { Reader, varintSize, Writer } from './wire.ts'

/** Bytes of a batch before its records; the broker counts them against max.message.bytes. */
export const BATCH_HEADER_BYTES = 61
/** Bytes of a batch before the leader epoch: base offset and length. */
const LOG_OVERHEAD = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21

const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** The part of a record that does not depend on its batch: key, value and headers. */
export function encodeBody(record: NewRecord): Buffer {
  const keyLength = record.key === null ? -1 : Buffer.byteLength(record.key)
  const writer = new Writer(record.value.length + 512)
  writer.varint(keyLength)
  if (record.key !== null) writer.utf8(record.key, keyLength)
  writer.varint(record.value.length).raw(record.value)
  writer.varint(record.headers.length)
  for (const [name, value] of record.headers) {
    const nameLength = Buffer.byteLength(name)
    const valueLength = Buffer.byteLength(value)
    writer.varint(nameLength).utf8(name, nameLength).varint(valueLength).utf8(value, valueLength)
  }
  return writer.bytes
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

/**
 * The committed records in `bytes` with `from <= offset < to`. A batch that is cut off at the end (brokers
 * send those) is left for the next fetch.
 */
export function decodeBatches(
  bytes: Buffer,
  partition: number,
  from: number,
  to: number,
  aborted: readonly AbortedTransaction[],
): Decoded {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const abortedNow = new Set<number>()
  const records: LogRecord[] = []
  const reader = new Reader(bytes)
  let next = from
  let taken = 0
  let hole: Decoded['hole'] = null
  while (reader.at + LOG_OVERHEAD <= bytes.length && next < to) {
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
      if (baseOffset < to) records.push(unreadable(partition, baseOffset, 0, bytes.subarray(start, end)))
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
    const body = bytes.subarray(reader.at, end)
    reader.at = end
    if (lastOffset < next) continue
    if (baseOffset > next && hole === null) hole = { from: next, to: baseOffset }
    while (waiting.length > 0 && waiting[0]!.firstOffset <= lastOffset) abortedNow.add(waiting.shift()!.producerId)
    next = lastOffset + 1
    taken += BATCH_HEADER_BYTES
    if ((attributes & CONTROL) !== 0) {
      if (isAbortMarker(body)) abortedNow.delete(producerId)
      continue
    }
    if ((attributes & TRANSACTIONAL) !== 0 && abortedNow.has(producerId)) continue
    const fixedTimestamp = (attributes & LOG_APPEND_TIME) !== 0 ? maxTimestamp : null
    const before = records.length
    try {
      const plain = new Reader(decompress(attributes & CODEC_MASK, body))
      taken += plain.buffer.length
      for (let i = 0; i < count; i++) {
        const record = decodeRecord(plain, partition, baseOffset, baseTimestamp, fixedTimestamp)
        if (record.offset >= from && record.offset < to) records.push(record)
      }
    } catch {
      records.length = before
      taken += body.length
      if (lastOffset < to) records.push(unreadable(partition, lastOffset, maxTimestamp, body))
    }
  }
  return { records, next: Math.min(next, Math.max(to, from)), bytes: taken, hole }
}

/**
 * What stands for a batch that cannot be read (compressed in a way that the libraries here do not know, or from
 * before Kafka 0.11): one record that holds its bytes, so that a reader neither stops for ever nor skips it in
 * silence.
 */
function unreadable(partition: number, offset: number, timestamp: number, bytes: Buffer): LogRecord {
  return { partition, offset, timestamp, key: null, value: bytes, headers: [] }
}

/** A control batch holds one record; its key is a version and a type, and type 0 is an abort. */
function isAbortMarker(body: Buffer): boolean {
  const { key } = decodeRecord(new Reader(body), 0, 0, 0, null)
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0
}

function decodeRecord(
  reader: Reader,
  partition: number,
  baseOffset: number,
  baseTimestamp: number,
  fixedTimestamp: number | null,
): LogRecord {
  const length = reader.varint()
  const end = reader.at + length
  reader.at += 1
  const timestampDelta = reader.varint()
  const offset = baseOffset + reader.varint()
  const key = nullableBytes(reader)
  const value = nullableBytes(reader)
  const headers: [string, Buffer][] = []
  for (let count = reader.varint(); count > 0; count--) {
    const name = headerName(reader)
    const headerValue = nullableBytes(reader)
    if (headerValue !== null) headers.push([name, headerValue])
  }
  reader.at = end
  return { partition, offset, timestamp: fixedTimestamp ?? baseTimestamp + timestampDelta, key, value, headers }
}

/** Names that were met, by length and last byte: the records of a topic have the same few, over and over. */
const names: ({ readonly bytes: Buffer; readonly text: string } | undefined)[] = new Array(1_024).fill(undefined)

function headerName(reader: Reader): string {
  const length = reader.varint()
  const { buffer, at } = reader
  const slot = ((length & 0x1f) << 5) | ((buffer[at + length - 1] ?? 0) & 0x1f)
  const known = names[slot]
  if (known !== undefined && known.bytes.length === length) {
    let same = 0
    while (same < length && known.bytes[same] === buffer[at + same]) same++
    if (same === length) {
      reader.at += length
      return known.text
    }
  }
  const bytes = reader.raw(length)
  const text = bytes.toString('utf8')
  if (length <= 64) names[slot] = { bytes: Buffer.from(bytes), text }
  return text
}

function nullableBytes(reader: Reader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.raw(length)
}
