/** examples/kcat.sh, which reads and writes the topic past Herald. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress } from '../support/kafka.ts'
import { joinAll } from '../support/publish.ts'
import { startExample } from './example.ts'

const LOG = graphql(`query KcatExampleLog { events { nodes { __typename id type record { offset } } } }`)

describeKafka('the example of kcat', () => {
  let topic: string
  let herald: Herald
  beforeAll(async () => {
    topic = await createTopic()
    herald = await startHerald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic } })
    await joinAll(herald, ['a'])
    await joinAll(herald, ['b'])
  })
  afterAll(() => herald?.stop())

  it('writes an event that Herald knows, and prints the topic', async () => {
    const example = startExample(['examples/kcat.sh'], { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic })
    await example.ended()
    const { data } = await herald.query(LOG)
    const { nodes } = data!.events
    expect(nodes.at(-1)).toMatchObject({ __typename: 'GuildJoined', type: 'joined_guild:kcat' })
    expect(example.lines).toHaveLength(nodes.length)
    for (const [index, { id, type, record }] of nodes.entries()) {
      const line = example.lines[index]
      expect(line).toMatch(new RegExp(`^${record.offset} \\d{13} .*"event_type": "${type}"`))
      if (!type.endsWith('kcat')) expect(line).toContain(`ce_id=${id}`)
    }
  })
})
