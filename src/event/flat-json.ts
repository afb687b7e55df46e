/**
 * A fast look into the JSON that nearly every record holds: one flat object of short texts in plain ASCII. Reading
 * where each value is costs a fifth of making all of them (measured), and most are never asked for: they are headers.
 * Whatever is not as plain as that (an escape, a number, a nest, text beyond ASCII, bytes that are no JSON) is left to
 * JSON.parse, so nothing here decides what JSON is.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const MAX_MEMBERS = 64

/** Where the names and the values are; what is beyond `count` is of an earlier object. */
export class FlatJson {
  count = 0
  #bytes: Buffer = Buffer.alloc(0)
  /** Per member: where its name begins and ends, where its value begins and ends. */
  readonly #places = new Int32Array(4 * MAX_MEMBERS)

  /** Whether `bytes` from `at` to `end` is an object as plain as that. Values stay readable until the next call. */
  read(bytes: Buffer, at: number, end: number): boolean {
    const places = this.#places
    let i = at
    let member = 0
    let byte = 0
    this.#bytes = bytes
    this.count = 0
    if (bytes[i++] !== 0x7b) return false
    for (;;) {
      if (member === 4 * MAX_MEMBERS) return false
      while (bytes[i] === 0x20) i++
      if (bytes[i++] !== QUOTE) return false
      places[member] = i
      for (byte = bytes[i]!; byte !== QUOTE; byte = bytes[++i]!) if (!isPlain(byte)) return false
      places[member + 1] = i++
      while (bytes[i] === 0x20) i++
      if (bytes[i++] !== 0x3a) return false
      while (bytes[i] === 0x20) i++
      if (bytes[i++] !== QUOTE) return false
      places[member + 2] = i
      for (byte = bytes[i]!; byte !== QUOTE; byte = bytes[++i]!) if (!isPlain(byte)) return false
      places[member + 3] = i++
      member += 4
      while (bytes[i] === 0x20) i++
      byte = bytes[i++]!
      if (byte === 0x7d) break
      if (byte !== 0x2c) return false
    }
    this.count = member / 4
    return i === end
  }

  /** The value of a name; undefined where there is none. As in JSON.parse the last one counts. */
  get(name: string): string | undefined {
    const bytes = this.#bytes
    const places = this.#places
    for (let member = 4 * (this.count - 1); member >= 0; member -= 4) {
      const at = places[member]!
      if (places[member + 1]! - at !== name.length) continue
      let same = 0
      while (same < name.length && bytes[at + same] === name.charCodeAt(same)) same++
      if (same === name.length) return bytes.toString('latin1', places[member + 2], places[member + 3])
    }
    return undefined
  }
}

/** Past the end of the buffer a byte is undefined, which is none. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e && byte !== BACKSLASH
}
