/** The topic's life: made if missing at start, grown, deleted, made again. */
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { addPartitions, createTopic, deleteTopic, describeKafka, withAdmin } from '../../support/kafka.ts'
import { eventually, failureOf, follow, openLog, range, record } from './logs.ts'

describeKafka("the topic's life", () => {
  test('a topic that is missing at start is made, and two at once do not quarrel', async () => {
    const topic = `test-${randomUUID()}`
    const [one, two] = [openLog(topic, { partitions: 4 }), openLog(topic, { partitions: 4 })]
    await Promise.all([one, two].map((log) => log.append(record('{}', { key: 'k' }))))
    expect(one.incarnation()).toEqual(two.incarnation())
    expect((await one.ends()).length).toBe(4)
    expect((await one.ends()).reduce((sum, end) => sum + end)).toBe(2)
  })

  test('partitions that are added are followed from 0, and used', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    await log.append(record('first'))
    const followed = follow(log, await log.ends())
    const since = performance.now()
    await addPartitions(topic, 4)
    const used = new Set<number>()
    let sent = 0
    await eventually(async () => {
      used.add((await log.append(record(String(sent++)))).partition)
      return used.size === 4
    })
    await followed.until(() => followed.records.length === sent)
    expect(performance.now() - since).toBeLessThan(10_000)
    expect(followed.records.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(range(0, sent))
    expect((await log.ends()).length).toBe(4)
  })

  test('deleted while running: unavailable and not made again; made again by others: another life, served by itself', async () => {
    const topic = await createTopic()
    const log = openLog(topic)
    for (const n of range(0, 5)) await log.append(record(String(n)))
    const incarnation = log.incarnation()
    const followed = follow(log, await log.ends())
    await deleteTopic(topic)
    await eventually(() => !log.health().up, 5_000)
    expect(log.health()).toMatchObject({ up: false, reason: expect.stringContaining(topic) })
    expect((await failureOf(log.append(record('lost')))).code).toBe('LOG_UNAVAILABLE')
    expect((await failureOf(log.ends())).code).toBe('LOG_UNAVAILABLE')
    expect(await withAdmin((admin) => admin.listTopics())).not.toContain(topic)
    await createTopic({ name: topic })
    await eventually(() => log.health().up)
    expect(await followed.ended).toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(log.incarnation()).not.toEqual(incarnation)
    const { partition, offset } = await log.append(record('again'))
    expect({ partition, offset }).toEqual({ partition: 0, offset: 0 })
  }, 60_000)
})
