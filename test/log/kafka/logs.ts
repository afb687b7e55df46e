/** What the tests of the Kafka adapter share: opening logs that close with their test, and collecting. */
import { expect, onTestFinished, vi } from 'vitest'
import { HeraldError } from '../../../src/errors.ts'
import type { Batch, EventLog, LogRecord, NewRecord } from '../../../src/log/event-log.ts'
import { type KafkaLogNotice, openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { kafkaAddress } from '../../support/kafka.ts'

// Real brokers on a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 })

export interface OpenOptions {
  readonly bootstrap?: string
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly onEvent?: (notice: KafkaLogNotice) => void
}

/** Opens a log that is closed when the test has finished; it may not be ready yet. */
export function openLog(topic: string, options: OpenOptions = {}): EventLog {
  const { bootstrap = kafkaAddress(), partitions = 1, replicationFactor = 1, onEvent } = options
  const brokers = bootstrap.split(',')
  const log = openKafkaLog({ brokers, topic, partitions, replicationFactor, ...(onEvent ? { onEvent } : {}) })
  onTestFinished(() => log.close())
  return log
}

export const record = (value: string, changes: Partial<NewRecord> = {}): NewRecord => ({
  key: null,
  value: Buffer.from(value),
  headers: [],
  timestamp: Date.now(),
  ...changes,
})

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** The HeraldError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<HeraldError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(HeraldError)
  return error as HeraldError
}

/** Everything between the beginning and the end, by partition. */
export async function readAll(log: EventLog): Promise<LogRecord[]> {
  const [beginnings, ends] = [await log.beginnings(), await log.ends()]
  const records: LogRecord[] = []
  for (const [partition, end] of ends.entries()) {
    for await (const batch of log.read(partition, beginnings[partition]!, end)) records.push(...batch.records)
  }
  return records
}

/** A tail that collects in the background until `stop`. */
export interface Followed {
  readonly records: LogRecord[]
  /** Resolves when `enough` holds; asked after every batch. */
  until(enough: () => boolean): Promise<void>
  /** How the tail ended: undefined, or what it threw. */
  readonly ended: Promise<unknown>
  stop(): Promise<unknown>
}

export function follow(log: EventLog, from: readonly number[]): Followed {
  const controller = new AbortController()
  const records: LogRecord[] = []
  const waiting = new Set<() => void>()
  const take = (batch: Batch) => {
    records.push(...batch.records)
    for (const check of waiting) check()
    return undefined
  }
  const ended = log.tail(from, take, controller.signal).then(
    () => undefined,
    (error: unknown) => error,
  )
  const stop = () => {
    controller.abort()
    return ended
  }
  onTestFinished(async () => void (await stop()))
  return {
    records,
    ended,
    stop,
    until: (enough) =>
      new Promise((resolve) => {
        const check = () => {
          if (!enough()) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
  }
}

/** Asks until it is true. */
export async function eventually(ask: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`in vain for ${ms} ms: ${ask}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
