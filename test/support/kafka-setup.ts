/**
 * vitest's globalSetup: one real Kafka for the whole run. KAFKA_BROKERS names one that is there already; else a
 * broker of our own is started, and lives as long as the run. Where Java, Maven or kcat is missing, the tests that need
 * Kafka skip with the reason in their name, and this says so loudly; with CI=true it is a failure, so that no
 * pipeline is green for want of a broker. A broker that is there and does not start is always a failure.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { startKafka } from '../../tools/kafka/broker.ts'
import { whyNoKafka } from '../../tools/kafka/install.ts'

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
  const progress = (line: string) => console.log(line)
  const given = process.env.KAFKA_BROKERS
  const reason = (await whyNoKcat()) ?? (given ? undefined : await whyNoKafka(progress))
  if (reason !== undefined) {
    if (process.env.CI === 'true') throw new Error(reason)
    console.warn(`\n!!! NO KAFKA: every test that needs one is skipped. ${reason}\n`)
    project.provide('kafka', { bootstrap: null, reason })
    return undefined
  }
  if (given) {
    project.provide('kafka', { bootstrap: given })
    return undefined
  }
  const cluster = await startKafka({ properties: IMPATIENT, progress })
  project.provide('kafka', { bootstrap: cluster.bootstrap })
  return () => cluster.close()
}

/** The tests' helpers read with kcat, so that a second implementation judges what was written. */
async function whyNoKcat(): Promise<string | undefined> {
  try {
    await promisify(execFile)('kcat', ['-V'])
    return undefined
  } catch {
    return 'The tests on Kafka need `kcat`: install it (Debian, Ubuntu: apt-get install kcat; macOS: brew install kcat)'
  }
}
