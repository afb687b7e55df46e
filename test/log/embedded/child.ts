/**
 * A process with an embedded log of its own, steered by lines on its standard input and answering with lines of
 * JSON, so that tests can have several processes at one folder and kill them.
 *
 *     open            {"opened":true} or {"refused":"…"}
 *     flood           appends without end, 64 at a time: {"ack":[offset,id]} for each acknowledgement
 *     append <n>      appends n records of 1,000 bytes one after the other:
 *                     {"done":[[offset,id]…],"failed":[[code,outcome]…],"health":{…}}
 *     health          {"health":{…}}
 *     close           {"closed":true}
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { HeraldError } from '../../../src/errors.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { EventLog } from '../../../src/log/event-log.ts'

const [dataDir = ''] = process.argv.slice(2)
let log: EventLog | undefined

// Synchronously: what was said before a kill must have been said.
const say = (message: unknown) => writeSync(1, `${JSON.stringify(message)}\n`)

// By default the signal of a file that may not grow kills; with a listener the write fails, as on a full disk.
process.on('SIGXFSZ', () => undefined)

async function appendOne(id: string): Promise<number> {
  const value = Buffer.from(JSON.stringify({ id, fill: 'x'.repeat(1_000) }))
  const { offset } = await log!.append({ key: null, value, headers: [], timestamp: Date.now() })
  return offset
}

async function flood(): Promise<void> {
  for (;;) {
    const id = randomUUID()
    say({ ack: [await appendOne(id), id] })
  }
}

async function append(count: number): Promise<void> {
  const done: [number, string][] = []
  const failed: [string, string | undefined][] = []
  for (let n = 0; n < count; n++) {
    const id = randomUUID()
    try {
      done.push([await appendOne(id), id])
    } catch (error) {
      if (!(error instanceof HeraldError)) throw error
      failed.push([error.code, error.outcome])
    }
  }
  say({ done, failed, health: log!.health() })
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, count] = line.split(' ')
  if (command === 'open') {
    try {
      log = await openEmbeddedLog({ dataDir, topic: 'events' })
      say({ opened: true })
    } catch (error) {
      say({ refused: error instanceof Error ? error.message : String(error) })
    }
  } else if (command === 'flood') {
    void Promise.all(Array.from({ length: 64 }, flood))
  } else if (command === 'append') {
    await append(Number(count))
  } else if (command === 'health') {
    say({ health: log!.health() })
  } else if (command === 'close') {
    await log?.close()
    say({ closed: true })
  }
}
