/**
 * Decompression of record batches: anybody may have written the topic, in any of Kafka's four compressions.
 * Herald itself writes none. gzip is Node's own; the others are small libraries in plain JavaScript.
 *
 * Snappy comes in two shapes: librdkafka and most others write one raw block, the Java client writes xerial's
 * framing (a header of 16 bytes, then blocks with their length in front).
 * lz4js looks for a block's checksum in front of the block, where it is behind: frames with block checksums
 * are refused here (no Kafka client writes them) before they come out as nonsense.
 */
import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'

const require = createRequire(import.meta.url)
// Loaded by the first batch that needs one: lz4js alone sets 5 MB of tables aside.
const library = {
  get snappy(): { uncompress(bytes: Buffer, maxLength?: number): Buffer } {
    return require('snappyjs')
  },
  get lz4(): { decompress(bytes: Uint8Array): Uint8Array } {
    return require('lz4js')
  },
  get zstd(): typeof import('fzstd') {
    return require('fzstd')
  },
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER = 16
const LZ4_BLOCK_CHECKSUM = 0x10

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
  if (((bytes[4] ?? 0) & LZ4_BLOCK_CHECKSUM) !== 0) throw new Error('lz4 frames with block checksums are not supported')
  return asBuffer(library.lz4.decompress(bytes))
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
