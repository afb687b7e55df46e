/**
 * The cursor: a place in the log, which any replica can take up. It is a place, never a permission.
 *
 * Bytes, in base64url: version (1), the topic's name with its length, the topic's incarnation (16), the
 * partition of the event that it belongs to plus one (0: it belongs to none), the number of partitions, the
 * next offset of each, CRC-32 of all that. Numbers are unsigned varints. The checksum makes sure that a
 * cursor that was cut or changed is refused, never read as another place.
 */
import { crc32 } from 'node:zlib'
import { HeraldError } from '../errors.ts'
import type { Vector } from '../log/event-log.ts'

/** A place: what is before it has been seen, what is at or behind it has not. */
export interface Place {
  /** Next offset of every partition. */
  readonly vector: Vector
  /**
   * The partition of the event right before the place, which `before` leaves out; null where the place is
   * no event's.
   */
  readonly partition: number | null
}

const VERSION = 1
const MAX_PARTITIONS = 512
/** 512 partitions with offsets of 8 bytes each, a topic of 249 characters: far less than this. */
const MAX_LENGTH = 8_192

export class CursorCodec {
  readonly #topic: Buffer
  readonly #incarnation: () => Buffer

  /** `incarnation` is asked at every use: a topic can be made again while Herald runs. */
  constructor(topic: string, incarnation: () => Buffer) {
    this.#topic = Buffer.from(topic)
    this.#incarnation = incarnation
  }

  /** The same for good: it goes on with the life that the topic has now, whatever becomes of it. */
  pinned(): CursorCodec {
    const incarnation = this.#incarnation()
    return new CursorCodec(this.#topic.toString(), () => incarnation)
  }

  encode({ vector, partition }: Place): string {
    let end = writeVarint(1, this.#topic.length)
    end += this.#topic.copy(scratch, end)
    end += this.#incarnation().copy(scratch, end)
    end = writeVarint(end, partition === null ? 0 : partition + 1)
    end = writeVarint(end, vector.length)
    for (const offset of vector) end = writeVarint(end, offset)
    end = scratch.writeUInt32BE(crc32(scratch.subarray(0, end)), end)
    return scratch.toString('base64url', 0, end)
  }

  /**
   * Throws CURSOR_INVALID for what no Herald wrote for this topic, CURSOR_EXPIRED for a cursor of the topic
   * before it was deleted and made again.
   */
  decode(text: string): Place {
    const bytes = text.length <= MAX_LENGTH ? Buffer.from(text, 'base64url') : Buffer.alloc(0)
    // Decoding base64 skips what does not belong there: only a text that comes out the same is ours.
    if (bytes.length < 6 || bytes.toString('base64url') !== text) throw invalid('is malformed')
    const end = bytes.length - 4
    const body = bytes.subarray(0, end)
    if (bytes.readUInt32BE(end) !== crc32(body)) throw invalid('was cut or changed')
    const reader = new Reader(body)
    if (reader.varint() !== VERSION) throw invalid('is of another version')
    if (!reader.bytes(reader.varint()).equals(this.#topic)) throw invalid('is of another topic')
    const incarnation = reader.bytes(16)
    const partition = reader.varint() - 1
    const count = reader.varint()
    if (count > MAX_PARTITIONS || partition >= count) throw invalid('is malformed')
    const vector = Array.from({ length: count }, () => reader.varint())
    if (!reader.done || (partition >= 0 && vector[partition] === 0)) throw invalid('is malformed')
    if (!incarnation.equals(this.#incarnation())) {
      throw new HeraldError(
        'CURSOR_EXPIRED',
        'The topic was made again since this cursor was given out: the events it points at are gone. Begin anew with from: EARLIEST or from: LATEST.',
      )
    }
    return { vector, partition: partition < 0 ? null : partition }
  }
}

/** The error for a cursor that cannot be taken up; `why` goes on after "The cursor". */
export function invalid(why: string): HeraldError {
  return new HeraldError(
    'CURSOR_INVALID',
    `The cursor ${why}. Give back a cursor exactly as Herald gave it out for this topic.`,
  )
}

/** Where a cursor is written before it is text: with many partitions, one made for each cost more than all else. */
const scratch = Buffer.alloc(MAX_LENGTH)
scratch[0] = VERSION

/** Returns where to go on. */
function writeVarint(begin: number, value: number): number {
  let at = begin
  let rest = value
  // Bits are of 32 only.
  while (rest > 0x7fffffff) {
    scratch[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  while (rest >= 0x80) {
    scratch[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  scratch[at++] = rest
  return at
}

class Reader {
  #at = 0
  readonly #body: Buffer

  constructor(body: Buffer) {
    this.#body = body
  }

  get done(): boolean {
    return this.#at === this.#body.length
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.#body[this.#at++]
      if (byte === undefined) throw invalid('is malformed')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        // One place has one cursor: no padding zeroes, nothing past what a number holds exactly.
        if ((byte === 0 && scale > 1) || !Number.isSafeInteger(value)) throw invalid('is malformed')
        return value
      }
    }
    throw invalid('is malformed')
  }

  bytes(length: number): Buffer {
    const bytes = this.#body.subarray(this.#at, this.#at + length)
    if (bytes.length !== length) throw invalid('is malformed')
    this.#at += length
    return bytes
  }
}
