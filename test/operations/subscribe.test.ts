/** Subscribe on the embedded log: where it begins, that nothing is missed or doubled, and how it ends. */
import { expect, it } from 'vitest'
import { eventFilter } from '../../src/operations/filter.ts'
import { replay } from '../../src/operations/replay.ts'
import { subscribe } from '../../src/operations/subscribe.ts'
import { eventually } from '../log/kafka/logs.ts'
import { embeddedParts, failureOf, publishNumbers, range, record, take, typesOf } from './parts.ts'

const texts = (from: number, to: number) => range(from, to).map(String)

it('delivers with LATEST exactly what is acknowledged after the call, once each, while others publish at full speed', async () => {
  const parts = await embeddedParts()
  const { log, live } = parts
  let acknowledged = -1
  let isOver = false
  const publisher = async () => {
    while (!isOver) {
      const { offset } = await live.publishing(() => log.append(record('x')))
      acknowledged = Math.max(acknowledged, offset)
    }
  }
  const publishers = range(0, 64).map(publisher)
  const taken: { readonly first: number; readonly subscriber: Awaited<ReturnType<typeof take>> }[] = []
  for (let i = 0; i < 30; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    const first = acknowledged + 1
    taken.push({ first, subscriber: await take(parts) })
  }
  await eventually(() => acknowledged > 5_000)
  isOver = true
  await Promise.all(publishers)
  const [end] = await log.ends()
  for (const { first, subscriber } of taken) {
    await subscriber.until(() => subscriber.events.at(-1)?.parts.offset === end! - 1)
    expect(subscriber.offsets()).toEqual(range(first, end!))
  }
})

it('pins LATEST before a record that the tail has seen and whose publisher has not been answered', async () => {
  const parts = await embeddedParts()
  const { log, live } = parts
  await live.publishing(() => log.append(record('before')))
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  // The tail and the answer of the log go two ways: this is the order in which the tail is the faster one.
  const publishing = live.publishing(async () => {
    const appended = await log.append(record('during'))
    await answered
    return appended
  })
  await eventually(() => live.vector?.[0] === 2)
  const subscriber = await take(parts)
  answer()
  await publishing
  await live.publishing(() => log.append(record('after')))
  await subscriber.until(() => subscriber.types().length === 2)
  expect(subscriber.types()).toEqual(['during', 'after'])
})

it.each([
  ['EARLIEST', { from: 'EARLIEST' }],
  ['since', { since: 0 }],
] as const)(
  'scans from %s, then goes live with no gap and no double, for several at full speed',
  async (_name, args) => {
    const parts = await embeddedParts()
    await publishNumbers(parts, 2_500)
    const early = await Promise.all(range(0, 3).map(() => take(parts, args)))
    const publishing = publishNumbers(parts, 5_000)
    const later: typeof early = []
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      later.push(await take(parts, args))
    }
    await publishing
    await publishNumbers(parts, 2_500)
    for (const subscriber of [...early, ...later]) {
      await subscriber.until(() => subscriber.events.length >= 10_000)
      expect(subscriber.offsets()).toEqual(range(0, 10_000))
    }
  },
)

it('goes on right behind any cursor, that of a publishing, of a page or of a delivery', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 50)
  const { events, logEnd } = await replay(parts, {})
  const delivered = await take(parts, { from: 'EARLIEST' })
  await delivered.until(() => delivered.events.length === 50)
  const [, , third] = delivered.deliveries
  if (third === undefined || !('event' in third)) throw new Error('no event')
  const subscribers = await Promise.all([
    take(parts, { after: events[9]!.cursor, from: 'LATEST' }),
    take(parts, { after: parts.cursors.encode(logEnd), from: 'EARLIEST', since: 0 }),
    take(parts, { after: third.event.cursor }),
  ])
  await publishNumbers(parts, 50)
  for (const [i, from] of [10, 50, 3].entries()) {
    await subscribers[i]!.until(() => subscribers[i]!.events.at(-1)?.parts.offset === 99)
    expect(subscribers[i]!.offsets()).toEqual(range(from, 100))
  }
})

it('completes with until: END at the end that the log had, and says when nothing is left', async () => {
  const parts = await embeddedParts()
  const empty = await take(parts, { from: 'EARLIEST', until: 'END' })
  expect(empty.subscription.isOver).toBe(true)
  expect(await empty.ended).toBeUndefined()
  await publishNumbers(parts, 100)
  const all = await take(parts, { from: 'EARLIEST', until: 'END' })
  expect(all.subscription.isOver).toBe(false)
  await publishNumbers(parts, 100)
  expect(await all.ended).toBeUndefined()
  expect(all.offsets()).toEqual(range(0, 100))
  const { logEnd } = await replay(parts, { first: 0 })
  const rest = await take(parts, { after: parts.cursors.encode(logEnd), until: 'END' })
  expect(rest.subscription.isOver).toBe(true)
})

it('delivers only what matches, while it scans and live', async () => {
  const parts = await embeddedParts()
  const matches = eventFilter({ type: { startsWith: '7' } })
  await publishNumbers(parts, 80, 1)
  const subscriber = await take(parts, { from: 'EARLIEST', matches })
  await publishNumbers(parts, 80, 1)
  await subscriber.until(() => subscriber.types().length === 22)
  expect(subscriber.types()).toEqual(['7', ...texts(70, 80), '7', ...texts(70, 80)])
})

it('tells one to which nothing matches how far it is, so that its cursor does not grow old', async () => {
  const parts = await embeddedParts()
  const matches = eventFilter({ type: { eq: 'never' } })
  const subscriber = await take(parts, { matches })
  await eventually(async () => {
    await publishNumbers(parts, 1)
    return subscriber.deliveries.length > 0
  })
  const [delivery] = subscriber.deliveries
  if (delivery === undefined || !('progress' in delivery)) throw new Error('no progress')
  const [end] = await parts.log.ends()
  expect(delivery.progress.vector[0]).toBeGreaterThan(0)
  expect(delivery.progress.vector[0]).toBeLessThanOrEqual(end!)
  expect(delivery.progress.partition).toBeNull()
})

it('goes back to scanning where the queue runs over, and loses nothing', async () => {
  const parts = await embeddedParts()
  let isHeld = true
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const subscriber = await take(parts, {}, () => (isHeld ? released : undefined))
  await eventually(() => parts.live.followers === 1)
  await publishNumbers(parts, 1)
  await eventually(() => subscriber.deliveries.length === 1)
  // Past what a queue holds, faster than the second after which holding still counts as a stall.
  const bytes = Buffer.from(JSON.stringify({ event_type: 'big', fill: 'x'.repeat(900_000) }))
  await Promise.all(range(0, 25).map(() => parts.log.append(record('big', { value: bytes }))))
  await eventually(() => parts.live.followers === 0)
  isHeld = false
  release()
  await publishNumbers(parts, 100)
  const result = await Promise.race([subscriber.until(() => subscriber.events.length >= 126), subscriber.ended])
  if (result !== undefined) {
    // A machine so slow that the hold was a stall: then the subscriber is told, and its cursor goes on.
    expect(result).toMatchObject({ code: 'SUBSCRIBER_TOO_SLOW' })
    return
  }
  expect(subscriber.offsets()).toEqual(range(0, 126))
})

it('ends one that takes nothing while the log moves on with SUBSCRIBER_TOO_SLOW, and its last cursor goes on', async () => {
  const parts = await embeddedParts()
  const subscriber = await take(parts, {}, () => new Promise(() => {}))
  await publishNumbers(parts, 1)
  await eventually(() => subscriber.events.length === 1)
  await publishNumbers(parts, 10_500, 2_000)
  // Nobody asks for anything any more: it is ended all the same.
  expect(await subscriber.ended).toMatchObject({ code: 'SUBSCRIBER_TOO_SLOW' })
  expect(parts.live.followers).toBe(0)
  const resumed = await take(parts, { after: subscriber.subscription.cursor })
  await resumed.until(() => resumed.events.at(-1)?.parts.offset === 10_500)
  expect([...subscriber.offsets(), ...resumed.offsets()]).toEqual(range(0, 10_501))
})

it('holds up nobody by one that is slow', async () => {
  const parts = await embeddedParts()
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow = await take(parts, { from: 'EARLIEST' }, () => held)
  const fast = await take(parts)
  await publishNumbers(parts, 11_000)
  await fast.until(() => fast.events.length === 11_000)
  expect(slow.events.length).toBeLessThan(11_000)
  release()
})

it('ends when its signal aborts, waiting, scanning or held, and leaves no follower behind', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 5_000)
  const waiting = await take(parts)
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const held = await take(parts, {}, () => released)
  await eventually(() => parts.live.followers === 2)
  await publishNumbers(parts, 1)
  await eventually(() => held.deliveries.length === 1)
  const scanning = await take(parts, { from: 'EARLIEST' }, () => new Promise((resolve) => setImmediate(resolve)))
  expect(await scanning.stop()).toBeUndefined()
  expect(await waiting.stop()).toBeUndefined()
  // It does not ask for the next one, so nothing of it runs; its follower goes all the same.
  const ended = held.stop()
  expect(parts.live.followers).toBe(0)
  await publishNumbers(parts, 100)
  expect(parts.live.followers).toBe(0)
  release()
  expect(await ended).toBeUndefined()
  expect(held.offsets()).toEqual([5_000])
})

it('refuses a cursor that is no cursor before it asks the log', async () => {
  const parts = await embeddedParts()
  const refused = subscribe(parts, { after: 'nonsense', matches: null }, new AbortController())
  expect(await failureOf(refused)).toMatchObject({ code: 'CURSOR_INVALID' })
})

it('takes up in one kind of reading the place that another has come to', async () => {
  const parts = await embeddedParts()
  await publishNumbers(parts, 30)
  const subscriber = await take(parts, { from: 'EARLIEST', until: 'END' })
  await subscriber.ended
  for (const [i, delivery] of subscriber.deliveries.entries()) {
    if (!('event' in delivery)) continue
    const page = await replay(parts, { after: delivery.event.cursor })
    expect(typesOf(page)).toEqual(subscriber.types().slice(i + 1))
  }
})
