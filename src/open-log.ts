/** Chooses the log: Kafka where brokers are named, else the embedded one. Each is loaded only if it is used. */
import type { Config } from './config.ts'
import type { EventLog } from './log/event-log.ts'
import { channels } from './observability/channels.ts'

/** Throws `LogRefusal` where the embedded log cannot be opened; Kafka is waited for, never refused. */
export async function openLog(config: Config): Promise<EventLog> {
  const { brokers, topic, dataDir } = config
  const onBatch = (events: number) => channels.batched.publish({ events })
  if (brokers.length > 0) {
    const { openKafkaLog } = await import('./log/kafka/kafka-log.ts')
    const onEvent = channels.log.publish
    const { partitions, replicationFactor, kafkaSecurity: security } = config
    return openKafkaLog({ brokers: [...brokers], topic, partitions, replicationFactor, security, onEvent, onBatch })
  }
  const { openEmbeddedLog } = await import('./log/embedded/embedded-log.ts')
  return openEmbeddedLog({ dataDir, topic, onBatch })
}
