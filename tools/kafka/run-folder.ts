/**
 * The folder of one running cluster (configuration, logs, process ids, and the data unless it is to be kept),
 * and the promise that nothing outlives the process that made it.
 *
 * A handler of 'exit', SIGINT or SIGTERM cannot keep that promise: nothing runs at kill -9. So a watchdog, a
 * shell in a session of its own, reads from a pipe whose only other end is ours. However this process ends, the
 * kernel closes that end; the shell then kills every process whose id stands in the folder, and removes the
 * folder. `close()` is nothing but closing the pipe, so both ways are the same way.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const WATCHDOG = `
cat >/dev/null
for file in "$1"/*.pid; do
  [ -e "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
done
for attempt in 1 2 3; do
  rm -rf "$1" 2>/dev/null && exit 0
  sleep 0.2
done
`

export interface RunFolder {
  readonly path: string
  /** Has this process killed with us, until `forget`. */
  guard(pid: number): void
  forget(pid: number): void
  /** Kills what is guarded and removes the folder; resolves when both are done. */
  close(): Promise<void>
}

/** Makes a folder below the system's temporary one, and its watchdog. */
export async function makeRunFolder(): Promise<RunFolder> {
  const path = await mkdtemp(join(tmpdir(), 'herald-kafka-'))
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const ended = once(watchdog, 'exit')
  return {
    path,
    guard: (pid) => writeFileSync(join(path, `${pid}.pid`), String(pid)),
    forget: (pid) => rmSync(join(path, `${pid}.pid`), { force: true }),
    async close() {
      watchdog.stdin.end()
      await ended
    },
  }
}
