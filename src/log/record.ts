/**
 * A record as it was read, seen through the bytes that it came in: of most records only the value is ever looked
 * at, so key, value and headers are made when they are asked for, and nothing is copied. Both adapters keep a
 * record's headers as Kafka does (a count, then name and value by turns, lengths as varints) and differ only in how
 * they write a number: Kafka in zigzag form, the embedded log plainly and plus one where there may be null.
 *
 * A record keeps the bytes of its whole batch in memory: who keeps one for long keeps it `detached`.
 */

/** Beside its bytes: what an object costs in memory. */
const OVERHEAD = 32

/** A record that is a smaller part of its bytes than one in so many is copied out of them to be kept. */
const DETACH_FROM = 4

/** Where a record's parts are in `bytes`. A length of -1: there is none (null). */
export interface RecordPlaces {
  readonly bytes: Buffer
  readonly keyAt: number
  readonly keyLength: number
  readonly valueAt: number
  readonly valueLength: number
  readonly headersAt: number
  /** Behind the last header. */
  readonly end: number
}

export class LogRecord {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since 1970; whatever the writer said, so possibly negative or absurd. */
  readonly timestamp: number
  /** For whoever reads the value without making it: `valueLength` is -1 for a tombstone. */
  readonly bytes: Buffer
  readonly valueAt: number
  readonly valueLength: number
  readonly #keyAt: number
  readonly #keyLength: number
  readonly #headersAt: number
  readonly #end: number
  readonly #isZigzag: boolean

  /** The places must lie within `bytes`; of the headers only where they begin and end is trusted. */
  constructor(partition: number, offset: number, timestamp: number, places: RecordPlaces, isZigzag: boolean) {
    this.partition = partition
    this.offset = offset
    this.timestamp = timestamp
    this.bytes = places.bytes
    this.valueAt = places.valueAt
    this.valueLength = places.valueLength
    this.#keyAt = places.keyAt
    this.#keyLength = places.keyLength
    this.#headersAt = places.headersAt
    this.#end = places.end
    this.#isZigzag = isZigzag
  }

  /** Size in memory and on the wire, about. */
  get size(): number {
    return OVERHEAD + Math.max(0, this.#keyLength) + Math.max(0, this.valueLength) + this.#end - this.#headersAt
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength)
  }

  /** null: a tombstone. */
  get value(): Buffer | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength)
  }

  /** The value as text, what is no UTF-8 as U+FFFD. */
  get text(): string | null {
    return this.valueLength < 0 ? null : this.bytes.toString('utf8', this.valueAt, this.valueAt + this.valueLength)
  }

  /** In the order of the record; a name may repeat. Values that are null are left out. */
  get headers(): readonly (readonly [name: string, value: Buffer])[] {
    const headers: [string, Buffer][] = []
    for (const walk = this.#walk(); walk.next(); ) {
      headers.push([
        this.bytes.toString('utf8', walk.nameAt, walk.nameAt + walk.nameLength),
        this.bytes.subarray(walk.valueAt, walk.valueAt + walk.valueLength),
      ])
    }
    return headers
  }

  /** The value of the first header of a name, byte by byte a character; null if there is none. */
  header(name: Buffer): string | null {
    const { bytes } = this
    for (const walk = this.#walk(); walk.next(); ) {
      if (walk.nameLength !== name.length) continue
      let same = 0
      while (same < name.length && bytes[walk.nameAt + same] === name[same]) same++
      if (same === name.length) return bytes.toString('latin1', walk.valueAt, walk.valueAt + walk.valueLength)
    }
    return null
  }

  /** The same without the rest of its batch in memory: for whoever keeps it. */
  detached(): LogRecord {
    const at = Math.min(this.#keyAt, this.valueAt, this.#headersAt)
    if (this.bytes.length <= DETACH_FROM * (this.#end - at)) return this
    const places = {
      bytes: Buffer.from(this.bytes.subarray(at, this.#end)),
      keyAt: this.#keyAt - at,
      keyLength: this.#keyLength,
      valueAt: this.valueAt - at,
      valueLength: this.valueLength,
      headersAt: this.#headersAt - at,
      end: this.#end - at,
    }
    return new LogRecord(this.partition, this.offset, this.timestamp, places, this.#isZigzag)
  }

  #walk(): HeaderWalk {
    return new HeaderWalk(this.bytes, this.#headersAt, this.#end, this.#isZigzag)
  }
}

/** Goes from header to header; headers that do not add up end it. */
class HeaderWalk {
  nameAt = 0
  nameLength = 0
  valueAt = 0
  valueLength = 0
  readonly #bytes: Buffer
  readonly #end: number
  readonly #isZigzag: boolean
  #at: number
  #left: number

  constructor(bytes: Buffer, at: number, end: number, isZigzag: boolean) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#isZigzag = isZigzag
    this.#left = at < end ? this.#number(0) : 0
  }

  /** Whether there is one more, whose places then stand in the fields. */
  next(): boolean {
    while (this.#left-- > 0 && this.#at < this.#end) {
      this.nameLength = this.#number(0)
      this.nameAt = this.#at
      this.#at += this.nameLength
      if (this.nameLength < 0 || this.#at >= this.#end) return false
      this.valueLength = this.#number(1)
      this.valueAt = this.#at
      if (this.valueLength < 0) continue
      this.#at += this.valueLength
      return this.#at <= this.#end
    }
    return false
  }

  /** `shift`: what the embedded log adds where there may be null. */
  #number(shift: 0 | 1): number {
    let value = 0
    let scale = 1
    for (let byte = 0x80; byte >= 0x80 && this.#at < this.#end; scale *= 0x80) {
      byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
    }
    if (!this.#isZigzag) return value - shift
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
