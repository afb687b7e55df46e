/** A cursor survives its round trip, and nothing but what Herald wrote for this topic is read as a place. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeraldError } from '../../src/errors.ts'
import { CursorCodec, type Place } from '../../src/event/cursor.ts'

const HERE = Buffer.alloc(16, 1)
const codec = new CursorCodec('events', () => HERE)

const INVALID = expect.objectContaining({ code: 'CURSOR_INVALID' })
const EXPIRED = expect.objectContaining({ code: 'CURSOR_EXPIRED' })

const offset = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 300 }),
  fc.constantFrom(0, 127, 128, 2 ** 32, Number.MAX_SAFE_INTEGER),
)

/** A place of 1 to 512 partitions; where it is an event's, its partition's next offset is at least 1. */
const place: fc.Arbitrary<Place> = fc
  .tuple(fc.array(offset, { minLength: 1, maxLength: 512, size: 'max' }), fc.nat(), fc.boolean())
  .map(([vector, pick, isEvent]) => {
    const partition = pick % vector.length
    if (isEvent && vector[partition] === 0) vector[partition] = 1
    return { vector, partition: isEvent ? partition : null }
  })

const smallPlace = place.map(({ vector }) => ({ vector: vector.slice(0, 4), partition: null }))
const incarnation = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes))

describe('a cursor', () => {
  it('survives its round trip, of 1 to 512 partitions and offsets to 2^53-1', () => {
    fc.assert(
      fc.property(place, (place) => {
        const text = codec.encode(place)
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
        expect(codec.decode(text)).toEqual(place)
      }),
    )
  })

  it('survives it at the limits', () => {
    const vector = Array.from({ length: 512 }, () => Number.MAX_SAFE_INTEGER)
    const long = new CursorCodec('t'.repeat(249), () => HERE)
    const place = { vector, partition: 511 }
    expect(long.decode(long.encode(place))).toEqual(place)
  })

  it('is the same for the same place on every replica', () => {
    const replica = new CursorCodec('events', () => Buffer.from(HERE))
    fc.assert(
      fc.property(place, (place) => {
        expect(replica.encode(place)).toBe(codec.encode(place))
      }),
    )
  })

  it('is refused with any one bit flipped', () => {
    fc.assert(
      fc.property(smallPlace, (place) => {
        const bytes = Buffer.from(codec.encode(place), 'base64url')
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = Buffer.from(bytes)
          flipped[bit >> 3]! ^= 1 << (bit & 7)
          refuses(flipped.toString('base64url'))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('is refused with any one character changed, taken out, doubled or in another case', () => {
    fc.assert(
      fc.property(smallPlace, (place) => {
        const text = codec.encode(place)
        for (let i = 0; i < text.length; i++) {
          const [before, char, after] = [text.slice(0, i), text[i]!, text.slice(i + 1)]
          const swapped = char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase()
          const changes = [...'Aa0_-+/= \n\0é'].filter((other) => other !== char).map((other) => before + other + after)
          for (const changed of [...changes, before + after, before + char + char + after])
            if (changed !== text) refuses(changed)
          if (swapped !== char) refuses(before + swapped + after)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('is refused when cut, extended, put together or in one case', () => {
    fc.assert(
      fc.property(smallPlace, smallPlace, fc.string({ minLength: 1 }), (place, other, tail) => {
        const text = codec.encode(place)
        for (let length = 0; length < text.length; length++) refuses(text.slice(0, length))
        for (let from = 1; from < text.length; from++) refuses(text.slice(from))
        for (const changed of [text + tail, tail + text, text + codec.encode(other), `${text}=`, ` ${text}`])
          refuses(changed)
        for (const changed of [text.toLowerCase(), text.toUpperCase()]) if (changed !== text) refuses(changed)
      }),
    )
  })

  it('is refused where it is any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        refuses(text)
      }),
    )
    refuses('A'.repeat(1_000_000))
  })

  it('of another topic is invalid, also of one whose name begins alike', () => {
    for (const topic of ['event', 'events2', 'Events', '', 'é']) {
      const other = new CursorCodec(topic, () => HERE)
      fc.assert(
        fc.property(smallPlace, (place) => {
          refuses(other.encode(place))
        }),
        { numRuns: 20 },
      )
    }
  })

  it('of another incarnation is expired, and again good when that one is back', () => {
    fc.assert(
      fc.property(place, incarnation, (place, other) => {
        fc.pre(!other.equals(HERE))
        let now = other
        const remade = new CursorCodec('events', () => now)
        const text = remade.encode(place)
        expect(() => codec.decode(text)).toThrow(EXPIRED)
        now = HERE
        expect(() => remade.decode(text)).toThrow(EXPIRED)
        now = other
        expect(remade.decode(text)).toEqual(place)
      }),
      { numRuns: 30 },
    )
  })

  it('hands on that the log was never reached', () => {
    const away = new CursorCodec('events', () => {
      throw new HeraldError('LOG_UNAVAILABLE', 'away')
    })
    const text = codec.encode({ vector: [1], partition: null })
    expect(() => away.decode(text)).toThrow(expect.objectContaining({ code: 'LOG_UNAVAILABLE' }))
  })
})

function refuses(text: string): void {
  expect(() => codec.decode(text)).toThrow(INVALID)
}
