/** The record batch, both ways, where no broker is needed: what it holds, what it hides, where it ends. */
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../src/log/kafka/crc32c.ts'
import {
  BATCH_HEADER_BYTES,
  decodeBatches,
  encodeBatch,
  encodeBody,
  loneBatchSize,
} from '../../../src/log/kafka/record-batch.ts'
import { Reader, varintSize, Writer } from '../../../src/log/kafka/wire.ts'
import { contentOf } from '../records.ts'
import { range, record } from './logs.ts'

const SEQUENCE = { producerId: 7, producerEpoch: 0, first: 0 }
const ALL = Number.MAX_SAFE_INTEGER

/** A batch as a broker hands it out: at an offset, with other attributes and body if given. */
function batchAt(
  offset: number,
  values: readonly string[],
  changes: { attributes?: number; body?: Buffer } = {},
): Buffer {
  const pending = values.map((value) => ({ timestamp: 5, body: encodeBody(record(value)) }))
  const plain = Buffer.from(encodeBatch(pending, SEQUENCE))
  const body = changes.body ?? plain.subarray(BATCH_HEADER_BYTES)
  const bytes = Buffer.concat([plain.subarray(0, BATCH_HEADER_BYTES), body])
  bytes.writeBigInt64BE(BigInt(offset), 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(changes.attributes ?? 0, 21)
  return bytes
}

const read = (bytes: Buffer, from = 0, to = ALL) => {
  const { records, next, hole } = decodeBatches(bytes, 0, from, to, [])
  return { values: records.map(({ offset, value }) => [offset, String(value)]), next, hole }
}

describe('the record batch', () => {
  test('the checksum is CRC-32C', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(0))).toBe(0)
  })

  test('numbers come back, whatever their sign and size', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        // A varint is twice the number. (Adding 0 makes 0 of -0.)
        const half = Math.trunc(number / 2) + 0
        const writer = new Writer(1).varint(half).int64(number)
        expect(writer.length).toBe(varintSize(half) + 8)
        const reader = new Reader(writer.bytes)
        expect([reader.varint(), reader.int64()]).toEqual([half, number])
      }),
    )
  })

  test('any records come back as they were, and the size is known before', () => {
    const time = fc.integer({ min: -1e14, max: 1e14 })
    const text = fc.string({ unit: 'grapheme' })
    const any = fc.record({
      key: fc.option(text),
      value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      headers: fc.array(fc.tuple(text, text), { maxLength: 4 }),
      timestamp: time,
    })
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 200 }), (sent) => {
        const bytes = encodeBatch(
          sent.map((one) => ({ timestamp: one.timestamp, body: encodeBody(one) })),
          SEQUENCE,
        )
        if (sent.length === 1) expect(bytes.length).toBe(loneBatchSize(encodeBody(sent[0]!).length))
        expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes, 21))
        const { records, next } = decodeBatches(bytes, 3, 0, ALL, [])
        expect(next).toBe(sent.length)
        expect(records.map(contentOf)).toEqual(
          sent.map((one, offset) => ({
            partition: 3,
            offset,
            timestamp: one.timestamp,
            key: one.key === null ? null : Buffer.from(one.key),
            value: one.value,
            headers: one.headers.map(([name, value]) => [name, Buffer.from(value)]),
          })),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('a batch that is cut off is left for the next fetch, wherever the cut is', () => {
    const two = Buffer.concat([batchAt(0, ['a', 'b']), batchAt(2, ['c'])])
    const first = batchAt(0, ['a', 'b']).length
    for (const cut of range(0, two.length)) {
      expect(read(two.subarray(0, cut)).next).toBe(cut < first ? 0 : 2)
    }
    expect(read(two).next).toBe(3)
  })

  test('only what lies between the two offsets comes out', () => {
    const bytes = Buffer.concat([batchAt(10, ['a', 'b', 'c']), batchAt(13, ['d', 'e'])])
    expect(read(bytes, 11, 14)).toEqual({
      values: [
        [11, 'b'],
        [12, 'c'],
        [13, 'd'],
      ],
      next: 14,
      hole: null,
    })
  })

  test('a hole between two batches is told, one within a batch is none', () => {
    const bytes = Buffer.concat([batchAt(0, ['a']), batchAt(4, ['b'])])
    expect(read(bytes).hole).toEqual({ from: 1, to: 4 })
    const compacted = batchAt(0, ['a'])
    compacted.writeInt32BE(3, 23)
    expect(read(Buffer.concat([compacted, batchAt(4, ['b'])])).hole).toBeNull()
  })

  test('where a hole is an error, what is before it can be had, and then it is told', () => {
    const bytes = Buffer.concat([batchAt(0, ['a']), batchAt(4, ['b'])])
    const toHole = (from: number) => decodeBatches(bytes, 0, from, ALL, [], { toHole: true })
    expect(toHole(0)).toMatchObject({ next: 1, hole: null })
    expect(toHole(0).records.map(({ value }) => String(value))).toEqual(['a'])
    expect(toHole(1).hole).toEqual({ from: 1, to: 4 })
  })

  test('a batch that cannot be read is one record with its bytes, and reading goes on behind it', () => {
    const readable = batchAt(2, ['c', 'd'], { attributes: 1, body: gzipSync(batchAt(0, ['c', 'd']).subarray(61)) })
    for (const body of [deflateSync('no gzip'), Buffer.alloc(0), gzipSync('no records')]) {
      const broken = batchAt(0, ['a', 'b'], { attributes: 1, body })
      const { values, next } = read(Buffer.concat([broken, readable]))
      expect(values).toEqual([
        [1, body.toString()],
        [2, 'c'],
        [3, 'd'],
      ])
      expect(next).toBe(4)
    }
    const unknown = read(batchAt(0, ['a', 'b'], { attributes: 6, body: Buffer.from('?') }))
    expect(unknown).toMatchObject({ values: [[1, '?']], next: 2 })
    const old = batchAt(0, ['a'])
    old.writeInt8(1, 16)
    expect(read(Buffer.concat([old, batchAt(1, ['b'])])).next).toBe(2)
  })
})
