/**
 * The primitives of Kafka's protocol: big-endian integers, varints, strings and arrays, in their older form
 * and in the compact one of the flexible versions. A 64-bit number is a JavaScript number here, exact up to
 * 2^53: beyond the reach of offsets, and enough for what a foreign record may claim as its timestamp.
 */
import { putUvarint, uvarintSize } from '../varint.ts'

const TWO_32 = 0x1_0000_0000

/** Writes one request's body into a buffer that grows. */
export class Writer {
  #buffer: Buffer
  #at = 0

  constructor(size = 256) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  /** What was written so far; valid until the next write. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** Number of bytes written so far. */
  get length(): number {
    return this.#at
  }

  #room(size: number): number {
    const at = this.#at
    this.#at += size
    if (this.#at > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    return at
  }

  int8(value: number): this {
    const at = this.#room(1)
    this.#buffer.writeInt8(value, at)
    return this
  }

  int16(value: number): this {
    const at = this.#room(2)
    this.#buffer.writeInt16BE(value, at)
    return this
  }

  int32(value: number): this {
    const at = this.#room(4)
    this.#buffer.writeInt32BE(value, at)
    return this
  }

  int64(value: number): this {
    const at = this.#room(8)
    const high = Math.floor(value / TWO_32)
    this.#buffer.writeInt32BE(high, at)
    this.#buffer.writeUInt32BE(value - high * TWO_32, at + 4)
    return this
  }

  /** A number from 0 up, seven bits a byte. */
  uvarint(value: number): this {
    const at = this.#room(uvarintSize(value))
    putUvarint(this.#buffer, at, value)
    return this
  }

  /** A signed number in zigzag form (varint and varlong are the same bytes). */
  varint(value: number): this {
    return this.uvarint(zigzag(value))
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  utf8(text: string, length: number): this {
    const at = this.#room(length)
    this.#buffer.write(text, at, length, 'utf8')
    return this
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1)
    const length = Buffer.byteLength(text)
    return this.int16(length).utf8(text, length)
  }

  compactString(text: string | null): this {
    if (text === null) return this.uvarint(0)
    const length = Buffer.byteLength(text)
    return this.uvarint(length + 1).utf8(text, length)
  }

  /** Overwrites four bytes that were written before. */
  patchInt32(at: number, value: number): void {
    this.#buffer.writeInt32BE(value | 0, at)
  }
}

/** Reads an answer; throws RangeError past its end. */
export class Reader {
  readonly buffer: Buffer
  at: number

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer
    this.at = at
  }

  int8(): number {
    const value = this.buffer.readInt8(this.at)
    this.at += 1
    return value
  }

  int16(): number {
    const value = this.buffer.readInt16BE(this.at)
    this.at += 2
    return value
  }

  int32(): number {
    const value = this.buffer.readInt32BE(this.at)
    this.at += 4
    return value
  }

  int64(): number {
    const value = this.buffer.readInt32BE(this.at) * TWO_32 + this.buffer.readUInt32BE(this.at + 4)
    this.at += 8
    return value
  }

  uvarint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.buffer[this.at++]
      if (byte === undefined) throw new RangeError('varint past the end of the answer')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    throw new RangeError('varint of more than ten bytes')
  }

  varint(): number {
    // Nearly every number of a record has one byte or two.
    const { buffer, at } = this
    const first = buffer[at]
    if (first !== undefined && first < 0x80) {
      this.at = at + 1
      return (first >>> 1) ^ -(first & 1)
    }
    const second = buffer[at + 1]
    if (first !== undefined && second !== undefined && second < 0x80) {
      this.at = at + 2
      return (((second << 7) | (first & 0x7f)) >>> 1) ^ -(first & 1)
    }
    const value = this.uvarint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A view, not a copy. */
  raw(length: number): Buffer {
    const end = this.at + length
    if (length < 0 || end > this.buffer.length) throw new RangeError('bytes past the end of the answer')
    const view = this.buffer.subarray(this.at, end)
    this.at = end
    return view
  }

  string(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.raw(length).toString('utf8')
  }

  compactString(): string | null {
    const length = this.uvarint()
    return length === 0 ? null : this.raw(length - 1).toString('utf8')
  }

  array<T>(item: (reader: Reader) => T): T[] {
    return this.#items(this.int32(), item)
  }

  compactArray<T>(item: (reader: Reader) => T): T[] {
    return this.#items(this.uvarint() - 1, item)
  }

  #items<T>(count: number, item: (reader: Reader) => T): T[] {
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(item(this))
    return items
  }

  /** The tagged fields that close a structure of a flexible version: nothing here needs one. */
  skipTags(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.raw(this.uvarint())
    }
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

/** How many bytes `varint(value)` takes. */
export function varintSize(value: number): number {
  return uvarintSize(zigzag(value))
}

/** Writes a signed number in zigzag form; returns where it ends. */
export function putVarint(target: Buffer, at: number, value: number): number {
  return putUvarint(target, at, zigzag(value))
}
