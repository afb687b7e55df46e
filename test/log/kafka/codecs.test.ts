/**
 * Compressed batches as other programs make them. What Kafka's own clients write is read from a real broker in
 * reading.test.ts; here is what only others write, and what is broken.
 */
import { describe, expect, test } from 'vitest'
import { decompress } from '../../../src/log/kafka/codecs.ts'

const LZ4 = 3

/** What `lz4 -B4 -BD -BX` makes of 70,000 times `a` and a `b`: two blocks of which the second goes on from the first. */
const FRAME = Buffer.from(
  `BCJNGFRArgsBAAAfYQEA${'/'.repeat(341)}+dQYWFhYWGlvAB2HAAAAB9hAQD${'/'.repeat(22)}2lQYWFhYWKBiNDZAAAAAOsYfd4=`,
  'base64',
)
const HEADER = FRAME.subarray(0, 7)
const END = Buffer.alloc(4)

const sizeOf = (bytes: number) => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes)
  return size
}

// They came out as one UnknownEvent a batch: the library that read them looks for a checksum before its block.
describe('an lz4 frame', () => {
  test('with block checksums, and blocks that go on from the one before, is read', () => {
    expect(decompress(LZ4, FRAME).toString()).toBe(`${'a'.repeat(70_000)}b`)
  })

  test('that is cut off anywhere is refused', () => {
    for (let length = 0; length < FRAME.length - 8; length++) {
      expect(() => decompress(LZ4, FRAME.subarray(0, length))).toThrow()
    }
  })

  test('that holds more than its blocks may is refused, and one of many blocks claims no memory before it is read', () => {
    const large = Buffer.concat([Buffer.from('1f61', 'hex'), Buffer.from('0100', 'hex'), Buffer.alloc(400, 0xff), END])
    expect(() => decompress(LZ4, Buffer.concat([HEADER, sizeOf(large.length), large, END, END]))).toThrow('larger')
    // Each a block of one literal `x`, with its checksum.
    const block = Buffer.concat([sizeOf(2), Buffer.from([0x10, 0x78]), END])
    const many = Buffer.concat([HEADER, ...Array.from({ length: 50_000 }, () => block), END])
    expect(decompress(LZ4, many).toString()).toBe('x'.repeat(50_000))
  })
})
