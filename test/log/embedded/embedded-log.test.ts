/** The embedded log: the port's suite, and what only it promises (the folder, its file, one process at a time). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import { eventLogSuite } from '../event-log.suite.ts'

eventLogSuite('the embedded log', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-test-'))
  let log = await openEmbeddedLog({ dataDir, topic: 'events' })
  return {
    log,
    partitions: 1,
    async reopen() {
      await log.close()
      log = await openEmbeddedLog({ dataDir, topic: 'events' })
      return log
    },
    async close() {
      await log.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
})
