/** What publishing hands out, in process: the running product's answers are tested where they are given (test/http). */
import { expect, it } from 'vitest'
import { readCatalogue } from '../../src/catalogue/build.ts'
import { type PublishCall, publish } from '../../src/operations/publish.ts'
import { embeddedParts } from './parts.ts'

const event = readCatalogue('schema').events.find(({ name }) => name === 'GuildJoined')!
const request = { rawHeaders: ['Host', 'localhost'], targetHost: null, idempotencyKey: null, traceparent: null }

const joins = (guildName: string): PublishCall => ({ event, properties: { guildName }, request, quota: undefined })

it('hands out the event as the log has it', async () => {
  const parts = await embeddedParts()
  const published = await publish({ ...parts, tracing: null }, joins('one'))
  expect(published.type).toBe('joined_guild:one')
  expect(published.headers).toEqual([{ name: 'Host', value: 'localhost' }])
  expect(published.place).toEqual({ vector: [published.parts.offset + 1], partition: 0 })
})

// An accessor in the object literal that held an event's parts was 2 kB of garbage an event that only a marking of the
// whole heap took away, and a sixth of a mutation's CPU time: V8 makes the pair of an own accessor in its old half, and the
// pair keeps what the accessor closes over.
it('gives an event no accessors of its own', async () => {
  const published = await publish({ ...(await embeddedParts()), tracing: null }, joins('one'))
  for (const object of [published, published.parts]) {
    const own = Object.entries(Object.getOwnPropertyDescriptors(object))
    expect(own.filter(([, { get }]) => get !== undefined)).toEqual([])
  }
})
