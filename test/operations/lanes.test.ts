/** Lanes found by a value: each gets the very events that its filter lets through, however they are found. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Json } from '../../src/catalogue/field-type.ts'
import type { DecodedEvent } from '../../src/event/event.ts'
import { both, eventFilter, fieldFilter, type Matches, readableFilter } from '../../src/operations/filter.ts'
import type { Audience } from '../../src/operations/lane.ts'
import { Lane } from '../../src/operations/lane.ts'
import { Lanes } from '../../src/operations/lanes.ts'
import { catalogue, decode, encode } from '../event/events.ts'

const typeOf = (name: string) => catalogue.events.find((event) => event.name === name)!
const guild = fc.constantFrom('red', 'blue', 'with:colon', '')
const int = fc.constantFrom(0, 1, -0, null)

const event = fc
  .oneof(
    guild.map((guildName) => encode('GuildJoined', { guildName })),
    fc.constant(encode('SwordPurchased')),
    fc
      .record({ int, text: fc.constantFrom('a', null), ints: fc.constantFrom([1], [2, 1], null) })
      .map((values) => encode('Mixed', { part: 'p', constructor: 'c', ...values })),
  )
  .map(({ record }) => decode(record))

const fields: fc.Arbitrary<Matches> = fc.oneof(
  guild.map((guildName) => fieldFilter(typeOf('GuildJoined'), [['guildName', guildName]])),
  fc.constant(fieldFilter(typeOf('SwordPurchased'), [])),
  fc.record({ int, ints: fc.constantFrom<Json>([1], [2, 1], null) }).map(({ int, ints }) =>
    fieldFilter(typeOf('Mixed'), [
      ['ints', ints],
      ['int', int],
    ]),
  ),
  fc.constantFrom<Json>([1], [2, 1]).map((ints) => fieldFilter(typeOf('Mixed'), [['ints', ints]])),
)
const other = fc.oneof(
  fc.constant(null),
  guild.map((guildName) => eventFilter({ type: { eq: `joined_guild:${guildName}` } })),
  fc.constant(readableFilter(new Set(['GuildJoined']))),
)
const filter = fc.oneof(
  other,
  fields,
  fc.tuple(other, fields).map(([first, second]) => both(first, second)),
)

function audience(n: number): Audience {
  return { key: String(n), render: () => Buffer.alloc(0) }
}

function dealt(lanes: Lanes, events: readonly DecodedEvent[]): Map<Lane, readonly DecodedEvent[]> {
  const dealt = new Map<Lane, readonly DecodedEvent[]>()
  lanes.deal(events, (lane, own) => {
    expect(dealt.has(lane)).toBe(false)
    dealt.set(lane, own)
  })
  return dealt
}

it('hands each lane all that its filter lets through, in order, whatever lanes came and went', () => {
  fc.assert(
    fc.property(
      fc.array(filter, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(11)),
      fc.array(event, { maxLength: 12 }),
      (filters, gone, events) => {
        const lanes = new Lanes()
        const all = filters.map((matches, n) => ({ matches, lane: new Lane(audience(n), matches, []) }))
        for (const { lane } of all) lanes.add(lane)
        const left = new Set(gone)
        for (const n of left) if (all[n] !== undefined) lanes.delete(all[n].lane)
        const staying = all.filter((_, n) => !left.has(n))
        const found = dealt(lanes, events)
        expect([...lanes.values()]).toEqual(staying.map(({ lane }) => lane))
        for (const { lane, matches } of staying) {
          const wanted = events.filter((event) => matches === null || matches(event))
          const handed = (found.get(lane) ?? []).filter((event) => matches === null || matches(event))
          expect(handed).toEqual(wanted)
        }
        for (const n of left) if (all[n] !== undefined) expect(found.has(all[n].lane)).toBe(false)
      },
    ),
  )
})

it('asks no other guild: an event is handed to the lanes that want its value, and to those that could want any', () => {
  const lanes = new Lanes()
  const named = ['red', 'blue', 'green'].map((guildName, n) => {
    return new Lane(audience(n), fieldFilter(typeOf('GuildJoined'), [['guildName', guildName]]), [])
  })
  const all = new Lane(audience(3), null, [])
  for (const lane of [...named, all]) lanes.add(lane)
  const events = ['blue', 'red', 'blue'].map((guildName) => decode(encode('GuildJoined', { guildName }).record))
  expect(dealt(lanes, events)).toEqual(
    new Map([
      [all, events],
      [named[1], [events[0], events[2]]],
      [named[0], [events[1]]],
    ]),
  )
})
