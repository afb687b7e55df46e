/**
 * vitest's globalSetup: one real Kafka for the whole run. KAFKA_BROKERS names one that is there already; else a
 * broker of our own is started, and lives as long as the run. Where Java or Maven is missing, the tests that need
 * Kafka skip with the reason in their name, and this says so loudly; with CI=true it is a failure, so that no
 * pipeline is green for want of a broker. A broker that is there and does not start is always a failure.
 */
import type { TestProject } from 'vitest/node'
import { startKafka } from '../../tools/kafka/broker.ts'
import { NotInstalledError } from '../../tools/kafka/install.ts'

/** What tests get by `inject('kafka')`. */
export type ProvidedKafka = { readonly bootstrap: string } | { readonly bootstrap: null; readonly reason: string }

declare module 'vitest' {
  export interface ProvidedContext {
    kafka: ProvidedKafka
  }
}

/** Retention and compaction are looked at soon and often: tests wait for what they do. */
const IMPATIENT = {
  'log.initial.task.delay.ms': 500,
  'log.retention.check.interval.ms': 1_000,
  'log.cleaner.backoff.ms': 500,
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KAFKA_BROKERS
  if (given) {
    project.provide('kafka', { bootstrap: given })
    return undefined
  }
  try {
    const cluster = await startKafka({ properties: IMPATIENT, progress: (line) => console.log(line) })
    project.provide('kafka', { bootstrap: cluster.bootstrap })
    return () => cluster.close()
  } catch (error) {
    if (!(error instanceof NotInstalledError) || process.env.CI === 'true') throw error
    console.warn(`\n!!! NO KAFKA: every test that needs one is skipped. ${error.message}\n`)
    project.provide('kafka', { bootstrap: null, reason: error.message })
    return undefined
  }
}
