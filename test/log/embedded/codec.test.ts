/** The bytes of a record: what goes in comes out, and what is damaged is reported, never guessed at. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkReader, countRecords, encodeRecord, makeChunk } from '../../../src/log/embedded/codec.ts'
import { contentOf } from '../records.ts'

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
// Well-formed text only: a lone surrogate has no UTF-8, and is refused before it comes here.
const text = fc.string({ unit: 'grapheme', maxLength: 80 })
const record = fc.record({
  key: fc.option(text),
  value: bytes,
  headers: fc.array(fc.tuple(text, text), { maxLength: 12 }),
  timestamp: fc.integer(),
})
const NO_LIMIT = Number.POSITIVE_INFINITY

const varint = (n: number): number => (n < 64 ? 1 : n < 8_192 ? 2 : n < 1_048_576 ? 3 : 4)

describe('the codec', () => {
  test('gives back every record of a chunk', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), (records) => {
        const chunk = makeChunk(records.map((one) => encodeRecord(one, NO_LIMIT)!))
        expect(countRecords(chunk)).toBe(records.length)
        const reader = new ChunkReader(chunk)
        for (const { key, value, headers, timestamp } of records) {
          expect(reader.peekTimestamp()).toBe(timestamp)
          const { partition: _, offset: _at, ...read } = contentOf(reader.next(0))
          expect(read).toEqual({
            key: key === null ? null : Buffer.from(key),
            value,
            headers: headers.map(([name, content]) => [name, Buffer.from(content)]),
            timestamp,
          })
        }
        expect(reader.done).toBe(true)
      }),
    )
  })

  test('reports a chunk that is cut short or changed', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, change) => {
        const chunk = makeChunk([encodeRecord(one, NO_LIMIT)!])
        const place = at % chunk.length
        expect(() => new ChunkReader(chunk.subarray(0, place)).next(0)).toThrow()
        chunk[place]! ^= change
        expect(() => new ChunkReader(chunk)).toThrow()
      }),
    )
  })

  test('a record whose bytes do not add up is reported, though its checksum is right', () => {
    fc.assert(
      fc.property(bytes, (content) => {
        const reader = new ChunkReader(makeChunk([content]))
        try {
          while (!reader.done) reader.next(0)
        } catch (error) {
          expect(String(error)).toMatch(/a record|a length/)
        }
      }),
    )
    expect(() => countRecords(makeChunk([]))).toThrow('empty')
  })

  test('the limit is that of Kafka: the size of a batch of this one record', () => {
    fc.assert(
      fc.property(record, (one) => {
        const sized = (content: Buffer) => varint(content.length) + content.length
        let body = 3 + varint(one.headers.length) + sized(one.value)
        body += one.key === null ? 1 : sized(Buffer.from(one.key))
        for (const pair of one.headers) for (const part of pair) body += sized(Buffer.from(part))
        const size = 61 + varint(body) + body
        expect(encodeRecord(one, size)).toBeDefined()
        expect(encodeRecord(one, size - 1)).toBeUndefined()
      }),
    )
  })
})
