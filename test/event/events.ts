/** Events and records for the tests of this folder: one catalogue that holds every kind of field. */
import { buildCatalogue } from '../../src/catalogue/build.ts'
import type { Json } from '../../src/catalogue/field-type.ts'
import { parseSdl } from '../../src/catalogue/sdl-files.ts'
import { CursorCodec } from '../../src/event/cursor.ts'
import { Decoder } from '../../src/event/decode.ts'
import { encodeEvent, type NewEvent } from '../../src/event/encode.ts'
import type { DecodedEvent } from '../../src/event/event.ts'
import type { NewRecord } from '../../src/log/event-log.ts'
import { Writer } from '../../src/log/kafka/wire.ts'
import { LogRecord } from '../../src/log/record.ts'
import { event } from '../catalogue/sdl.ts'

const SDL = [
  event('DefaultEvent', 'default'),
  event('SwordPurchased', 'purchase_sword'),
  event('GuildJoined', 'joined_guild:{guildName}', 'guildName: String!'),
  event('Whole', 'whole/{whole}_end', 'whole: String!'),
  event(
    'Templated',
    't/{text}/{int}/{float}/{flag}/{level}/',
    'text: String! int: Int! float: Float! flag: Boolean! level: Level!',
  ),
  event(
    'Mixed',
    'mixed:{part}:{constructor}',
    `part: String! constructor: ID! text: String int: Int float: Float flag: Boolean level: Level when: DateTime
     texts: [String!] ints: [Int] levels: [Level!] any: Any toString: String Host: String`,
    '{int}-{part}',
  ),
  'enum Level { LOW HIGH constructor }',
  'scalar Any',
  'extend type Subscription { guildJoined(after: Cursor): GuildJoined! swordPurchased(after: Cursor): SwordPurchased! mixed(after: Cursor): Mixed! }',
]

export const catalogue = buildCatalogue(parseSdl(SDL.join('\n'), 'test.graphql'))
export const TOPIC = 'events'
export const cursors = new CursorCodec(TOPIC, () => Buffer.alloc(16, 7))
const decoder = new Decoder(catalogue, TOPIC, cursors)

/** 2026-11-24T12:00:00.123Z */
export const NOON = Date.UTC(2026, 10, 24, 12, 0, 0, 123)
export const ID = '019aef3c-1c2d-7000-8000-0123456789ab'

/** Encodes an event of the catalogue, by its type's name. */
export function encode(
  name: string,
  properties: Readonly<Record<string, Json>> = {},
  rest: Partial<NewEvent> = {},
): ReturnType<typeof encodeEvent> {
  const event = catalogue.events.find((candidate) => candidate.name === name)
  if (event === undefined) throw new Error(`${name} is not in the test's catalogue`)
  return encodeEvent({
    event,
    properties: Object.assign(Object.create(null), properties),
    headers: [],
    id: ID,
    timestamp: NOON,
    source: '/herald',
    idempotencyKey: null,
    traceparent: null,
    ...rest,
  })
}

/** What a record of a log holds. */
export interface RecordContent {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
}

/** A record as a log gives it back, in the bytes that Kafka keeps of it. */
export function recordOf(parts: Partial<RecordContent> | NewRecord): LogRecord {
  const content = { partition: 0, offset: 41, timestamp: NOON, key: null, value: null, headers: [], ...parts }
  const key = content.key === null ? null : Buffer.from(content.key)
  const writer = new Writer().varint(key?.length ?? -1)
  const keyAt = writer.length
  writer.raw(key ?? Buffer.alloc(0)).varint(content.value?.length ?? -1)
  const valueAt = writer.length
  writer.raw(content.value ?? Buffer.alloc(0))
  const headersAt = writer.length
  writer.varint(content.headers.length)
  for (const part of content.headers.flat()) writer.varint(Buffer.byteLength(part)).raw(Buffer.from(part))
  const places = {
    ...{ bytes: writer.bytes, keyAt, keyLength: key?.length ?? -1, valueAt },
    ...{ valueLength: content.value?.length ?? -1, headersAt, end: writer.length },
  }
  return new LogRecord(content.partition, content.offset, content.timestamp, places, true)
}

export function decode(parts: Partial<RecordContent> | NewRecord): DecodedEvent {
  const record = recordOf(parts)
  const vector = Array.from({ length: record.partition + 1 }, () => 0)
  vector[record.partition] = record.offset + 1
  return decoder.decode(record, vector)
}

/** Decodes a value, given as text or as what its JSON holds. */
export function decodeValue(value: unknown): DecodedEvent {
  return decode({ value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) })
}
