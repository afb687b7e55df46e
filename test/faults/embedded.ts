/**
 * Runs on the embedded log: one gateway, killed with -9 under load again and again. In the end the log is read
 * by the log's own code in this process, after the gateway has let go of the folder.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { Between } from './break.ts'
import { startGateway } from './gateway.ts'
import type { History, Logged } from './history.ts'
import { startLoad } from './load.ts'
import { nameOf } from './record.ts'
import type { MoveCursor } from './subscriber.ts'

/** The topic's name. */
export const TOPIC = 'faults'

export interface EmbeddedOptions {
  /** How often the gateway is killed. */
  readonly kills: number
  /** Events to be acknowledged before the first kill and between two. */
  readonly eventsBetween: number
  /** Default 8. */
  readonly publishers?: number
  readonly moveCursor?: MoveCursor
  /** Puts something between the publishers and the gateway. */
  readonly between?: (gateway: string) => Promise<Between>
}

/** Runs the schedule and resolves with what was recorded. */
export async function runEmbedded(options: EmbeddedOptions): Promise<History> {
  const { kills, eventsBetween, publishers = 8, moveCursor } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-faults-'))
  const early: string[] = []
  let accident = (what: string): void => void early.push(what)
  const gateway = await startGateway({
    env: { KAFKA_TOPIC: TOPIC },
    dataDir,
    accident: (what) => accident(what),
  })
  const between = await options.between?.(gateway.url)
  try {
    const load = await startLoad({
      gateways: [gateway.url],
      ...(between && { publishTo: [between.url], settled: () => between.settled() }),
      publishers,
      ...(moveCursor && { moveCursor }),
    })
    accident = load.accident
    for (let kill = 1; kill <= kills; kill++) {
      await load.until(kill * eventsBetween)
      await load.fault(`gateway kill -9 (${kill})`, async () => {
        await gateway.kill()
        await gateway.start()
      })
    }
    await load.until((kills + 1) * eventsBetween)
    return await load.end(async () => {
      await gateway.stop()
      return readLog(dataDir)
    })
  } finally {
    await gateway.stop()
    await between?.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** All that the folder's log holds. */
async function readLog(dataDir: string): Promise<Logged[]> {
  const log = await openEmbeddedLog({ dataDir, topic: TOPIC })
  try {
    const entries: Logged[] = []
    for await (const { records } of log.read(0, 0, (await log.ends())[0]!)) {
      for (const { partition, offset, value, timestamp } of records) {
        entries.push({ name: nameOf(value?.toString('utf8') ?? null), partition, offset, timestamp })
      }
    }
    return entries
  } finally {
    await log.close()
  }
}
