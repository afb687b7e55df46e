/**
 * A broker that has lost the middle of a partition: one segment's files are gone, as after a disk's repair. Kafka reads
 * on behind the hole and says nothing. On a topic that nothing but retention shortens, Herald says so.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KafkaCluster, startKafka } from '../../../tools/kafka/broker.ts'
import { graphql } from '../../generated/index.ts'
import { startHerald } from '../../support/herald.ts'
import { createTopic, describeOwnKafka, produceRaw } from '../../support/kafka.ts'
import { openEventStream } from '../../support/sse.ts'
import { failureOf, follow, openLog, range } from './logs.ts'

const PAGE = graphql(`query HolePage($after: Cursor) {
  events(first: 10, after: $after) { nodes { record { offset } } pageInfo { hasNextPage endCursor } }
}`)
const STREAM = graphql(`subscription HoleStream($from: Position, $after: Cursor) {
  events(from: $from, after: $after) { cursor record { offset } }
}`)

/** The segment that is lost, of one record. */
const LOST = 2
const RECORDS = 5

await describeOwnKafka('a broker that has lost a segment', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-hole-'))
  let cluster: KafkaCluster
  let bootstrap: string
  /** Only retention removes records. */
  let kept: string
  /** Compaction does, too: holes are its own. */
  let compacted: string

  beforeAll(async () => {
    cluster = await startKafka({ dataDir })
    bootstrap = cluster.bootstrap
    const segments = { 'segment.bytes': String(1024 * 1024) }
    kept = await createTopic({ bootstrap, config: segments })
    compacted = await createTopic({ bootstrap, config: { ...segments, 'cleanup.policy': 'compact' } })
    for (const topic of [kept, compacted]) {
      // Two of them do not fit into a segment.
      for (const n of range(0, RECORDS)) {
        await produceRaw(topic, [{ value: Buffer.alloc(900_000, `${n}`), key: `${n}` }], { bootstrap })
      }
    }
    const [broker] = cluster.brokers
    await broker!.kill('SIGTERM')
    for (const topic of [kept, compacted]) {
      const folder = join(dataDir, String(broker!.id), `${topic}-0`)
      const lost = readdirSync(folder).filter((name) => name.startsWith(String(LOST).padStart(20, '0')))
      expect(lost.some((name) => name.endsWith('.log'))).toBe(true)
      for (const name of lost) rmSync(join(folder, name))
    }
    await broker!.restart()
  }, 120_000)
  afterAll(async () => {
    await cluster?.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('is found out by a read and by a tail, behind all that is before the hole', async () => {
    const log = openLog(kept, { bootstrap })
    await log.ready()
    expect([await log.beginnings(), await log.ends()]).toEqual([[0], [RECORDS]])
    const found: number[] = []
    const reading = async () => {
      for await (const { records } of log.read(0, 0, RECORDS)) found.push(...records.map(({ offset }) => offset))
    }
    expect(await failureOf(reading())).toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(found).toEqual(range(0, LOST))
    const followed = follow(log, [0])
    expect(await followed.ended).toMatchObject({ code: 'CURSOR_EXPIRED' })
    expect(followed.records.map(({ offset }) => offset)).toEqual(range(0, LOST))
  })

  it('is no error where compaction makes holes', async () => {
    const log = openLog(compacted, { bootstrap })
    await log.ready()
    const followed = follow(log, [0])
    await followed.until(() => followed.records.length === RECORDS - 1)
    expect(followed.records.map(({ offset }) => offset)).toEqual([0, 1, 3, 4])
  })

  it('is told by a page and by a stream: what is before the hole is given, then comes CURSOR_EXPIRED', async () => {
    const herald = await startHerald({ env: { KAFKA_BROKERS: bootstrap, KAFKA_TOPIC: kept } })
    try {
      const first = await herald.query(PAGE)
      expect(first.data?.events.nodes.map(({ record }) => record.offset)).toEqual(['0', '1'])
      expect(first.data?.events.pageInfo.hasNextPage).toBe(true)
      const second = await herald.query(PAGE, { after: first.data!.events.pageInfo.endCursor })
      expect(second.errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED' })

      const stream = await openEventStream(herald.url, STREAM, { post: true, variables: { from: 'EARLIEST' } })
      await stream.ended()
      const results = stream.blocks.rest.flatMap(({ result }) => result ?? [])
      expect(results.flatMap(({ data }) => data?.events.record.offset ?? [])).toEqual(['0', '1'])
      expect(results.at(-1)?.errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED' })
    } finally {
      await herald.stop()
    }
  })
})
