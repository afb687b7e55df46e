/**
 * The bytes of the embedded log. A *chunk* is the value of one LMDB entry: records of consecutive offsets, one
 * after the other, as Kafka keeps batches: one entry of the tree serves hundreds of records, which is what makes
 * both appending and reading cheap. The key of the entry is the offset of its first record.
 *
 *     chunk  := crc record*                            crc: CRC-32 of the records, 4 bytes, big-endian
 *     record := length body                            length: varint, bytes of the body
 *     body   := timestamp bytes bytes count header*    timestamp: float64, big-endian
 *     header := length name bytes
 *     bytes  := 0 (null) | length+1 content            lengths and counts are varints, 7 bits a byte, low first
 *
 * Strings are UTF-8. Whatever does not add up is damage, and decoding it throws instead of guessing.
 */
import { crc32 } from 'node:zlib'
import type { NewRecord } from '../event-log.ts'
import { LogRecord } from '../record.ts'
import { putUtf8, utf8Length } from '../utf8.ts'
import { putUvarint, uvarintSize } from '../varint.ts'

/** What Kafka puts before the records of a batch, in bytes. */
const KAFKA_BATCH_OVERHEAD = 61

/** Kafka's lengths are zigzag varints, so each takes the room of its double. */
const kafkaSize = (n: number): number => uvarintSize(n * 2)

interface Sizes {
  readonly body: number
  readonly kafkaBody: number
  readonly key: number
}

function sizesOf(record: NewRecord): Sizes {
  const key = record.key === null ? -1 : utf8Length(record.key)
  const { length } = record.value
  let body = 8 + uvarintSize(key + 1) + Math.max(key, 0) + uvarintSize(length + 1) + length
  // Attributes, and the two deltas, which are 0 for the only record of a batch.
  let kafkaBody = 3 + (key < 0 ? 1 : kafkaSize(key)) + Math.max(key, 0) + kafkaSize(length) + length
  body += uvarintSize(record.headers.length)
  kafkaBody += kafkaSize(record.headers.length)
  for (const [name, value] of record.headers) {
    const nameLength = utf8Length(name)
    const valueLength = utf8Length(value)
    body += uvarintSize(nameLength) + nameLength + uvarintSize(valueLength + 1) + valueLength
    kafkaBody += kafkaSize(nameLength) + nameLength + kafkaSize(valueLength) + valueLength
  }
  return { body, kafkaBody, key }
}

function putString(target: Buffer, at: number, text: string, shift: number): number {
  const length = utf8Length(text)
  return putUtf8(target, putUvarint(target, at, length + shift), text, length)
}

/**
 * Encodes one record, ready to be a part of a chunk; the bytes are a copy, so the caller may reuse its own.
 * Returns undefined when the record, alone in a batch, would be larger than `maxKafkaBytes` in Kafka's format:
 * then the embedded log refuses what a topic with that `max.message.bytes` would refuse.
 */
export function encodeRecord(record: NewRecord, maxKafkaBytes: number): Buffer | undefined {
  const sizes = sizesOf(record)
  if (KAFKA_BATCH_OVERHEAD + kafkaSize(sizes.kafkaBody) + sizes.kafkaBody > maxKafkaBytes) return undefined
  const target = Buffer.allocUnsafe(uvarintSize(sizes.body) + sizes.body)
  let at = putUvarint(target, 0, sizes.body)
  at = target.writeDoubleBE(record.timestamp, at)
  at = record.key === null ? putUvarint(target, at, 0) : putString(target, at, record.key, 1)
  at = putUvarint(target, at, record.value.length + 1)
  at += record.value.copy(target, at)
  at = putUvarint(target, at, record.headers.length)
  for (const [name, value] of record.headers) {
    at = putString(target, at, name, 0)
    at = putString(target, at, value, 1)
  }
  return target
}

const CRC_BYTES = 4

/** Puts encoded records together. */
export function makeChunk(records: readonly Buffer[]): Buffer {
  const chunk = Buffer.concat([Buffer.allocUnsafe(CRC_BYTES), ...records])
  chunk.writeUInt32BE(crc32(chunk.subarray(CRC_BYTES)))
  return chunk
}

/** Walks over the records of one chunk. Buffers that it hands out are views of the chunk, not copies. */
export class ChunkReader {
  readonly #chunk: Buffer
  #at = CRC_BYTES

  /** Throws an Error when the chunk is not as it was written. */
  constructor(chunk: Buffer) {
    if (chunk.length < CRC_BYTES || chunk.readUInt32BE() !== crc32(chunk.subarray(CRC_BYTES))) {
      throw new Error('a checksum is wrong')
    }
    this.#chunk = chunk
  }

  /** Whether there is no further record. */
  get done(): boolean {
    return this.#at >= this.#chunk.length
  }

  /** Bytes walked over so far. */
  get position(): number {
    return this.#at
  }

  /** Passes over one record without decoding it. */
  skip(): void {
    const length = this.#varint()
    this.#take(length)
  }

  /** The timestamp of the record that comes next, which stays next. */
  peekTimestamp(): number {
    const before = this.#at
    this.#varint()
    const at = this.#take(8)
    this.#at = before
    return this.#chunk.readDoubleBE(at)
  }

  /** The next record, which has this offset. Throws an Error when the bytes do not add up. */
  next(offset: number): LogRecord {
    const length = this.#varint()
    const end = this.#at + length
    const timestamp = this.#chunk.readDoubleBE(this.#take(8))
    const keyLength = this.#varint() - 1
    const keyAt = this.#take(Math.max(0, keyLength))
    const valueLength = this.#varint() - 1
    const valueAt = this.#take(Math.max(0, valueLength))
    const headersAt = this.#at
    // The checksum is right, so only where the next record begins needs a look, not every header.
    if (headersAt >= end || end > this.#chunk.length) throw new Error('a record does not fill its length')
    this.#at = end
    const places = { bytes: this.#chunk, keyAt, keyLength, valueAt, valueLength, headersAt, end }
    return new LogRecord(0, offset, timestamp, places, false)
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#chunk[this.#at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new Error('a length is broken')
  }

  #take(length: number): number {
    const start = this.#at
    if (start + length > this.#chunk.length) throw new Error('a record is cut short')
    this.#at = start + length
    return start
  }
}

/** How many records a chunk holds. Throws an Error when it is damaged, or empty, which no chunk is. */
export function countRecords(chunk: Buffer): number {
  const reader = new ChunkReader(chunk)
  let count = 0
  for (; !reader.done; count++) reader.skip()
  if (count === 0) throw new Error('a chunk is empty')
  return count
}
