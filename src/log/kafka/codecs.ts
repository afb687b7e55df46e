/**
 * Decompression of record batches: anybody may have written the topic, in any of Kafka's four compressions.
 * Herald itself writes none. gzip is Node's own; the others are small libraries in plain JavaScript.
 *
 * Snappy comes in two shapes: librdkafka and most others write one raw block, the Java client writes xerial's
 * framing (a header of 16 bytes, then blocks with their length in front).
 * Of lz4js only the decompression of a block is used: its frames lack block checksums and blocks that go on from
 * the one before (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). Checksums are not looked at: the
 * record batch has its own.
 */
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'

const require = createRequire(import.meta.url)
// Loaded by the first batch that needs one: lz4js alone sets 5 MB of tables aside.
const library = {
  get snappy(): { uncompress(bytes: Buffer, maxLength?: number): Buffer } {
    return require('snappyjs')
  },
  get lz4(): Lz4 {
    return require('lz4js')
  },
  get zstd(): typeof import('fzstd') {
    return require('fzstd')
  },
}

interface Lz4 {
  /** Returns where what it has written ends; past the end of `to` where that is too small. */
  decompressBlock(from: Uint8Array, to: Uint8Array, at: number, length: number, toAt: number): number
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER = 16

const LZ4_MAGIC = 0x184d2204
const LZ4_HEADER = 7
/** Bits of a frame's first byte of flags. */
const LZ4 = { version: 0xc0, version1: 0x40, blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const
/** The highest bit of a block's size: it is not compressed. */
const LZ4_PLAIN = 0x8000_0000
/** No byte of a compressed block stands for more than so many. */
const LZ4_MOST = 255

/** A broken or hostile batch must not be able to claim all memory. */
const MAX_UNCOMPRESSED = 256 * 1024 * 1024

function unsnappy(bytes: Buffer): Buffer {
  const { snappy } = library
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(bytes, MAX_UNCOMPRESSED)
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER; at < bytes.length; ) {
    const length = bytes.readInt32BE(at)
    blocks.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + length), MAX_UNCOMPRESSED))
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

function unlz4(bytes: Buffer): Buffer {
  const flags = bytes.readUInt8(4)
  const blockSize = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7))
  const isKnown = bytes.readUInt32LE(0) === LZ4_MAGIC && (flags & (LZ4.version | LZ4.dictionary)) === LZ4.version1
  if (!isKnown) throw new Error('no lz4 frame, or one with a dictionary')
  let plain = Buffer.alloc(0)
  let written = 0
  for (let at = LZ4_HEADER + (flags & LZ4.contentSize ? 8 : 0); ; ) {
    const head = bytes.readUInt32LE(at)
    if (head === 0) return plain.subarray(0, written)
    const isPlain = head >= LZ4_PLAIN
    const length = isPlain ? head - LZ4_PLAIN : head
    const begin = at + 4
    at = begin + length
    if (at > bytes.length) throw new RangeError('an lz4 block past the end of its frame')
    const needed = written + (isPlain ? length : Math.min(blockSize, length * LZ4_MOST))
    if (needed > MAX_UNCOMPRESSED) throw new RangeError('too large when uncompressed')
    if (needed > plain.length) {
      // With zeros: a broken block may refer to what was never written.
      const larger = Buffer.alloc(Math.max(needed, 2 * plain.length))
      plain.copy(larger, 0, 0, written)
      plain = larger
    }
    written = isPlain
      ? written + bytes.copy(plain, written, begin, at)
      : library.lz4.decompressBlock(bytes, plain, begin, length, written)
    if (!(written <= needed)) throw new RangeError('an lz4 block larger than its frame says')
    if (flags & LZ4.blockChecksum) at += 4
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * The records of a batch, uncompressed. `codec` is what the batch's attributes say: 0 none, 1 gzip, 2 snappy,
 * 3 lz4, 4 zstd. Throws Error for another one and for bytes that are not what they claim to be.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (codec) {
    case 0:
      return bytes
    case 1:
      return gunzipSync(bytes, { maxOutputLength: MAX_UNCOMPRESSED })
    case 2:
      return unsnappy(bytes)
    case 3:
      return unlz4(bytes)
    case 4:
      return asBuffer(library.zstd.decompress(bytes))
    default:
      throw new Error(`compression ${codec} is not known`)
  }
}
