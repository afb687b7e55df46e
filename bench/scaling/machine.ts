/** Which core does what, and what processes have used. */
import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Keeps processes, with all threads that they have now or make later, to some cores (`0`, `0,1`). Where there is no
 * taskset they stay where the kernel puts them: CPU time per event is nearly the same, rates are not.
 */
export async function pin(pids: readonly number[], cores: string): Promise<boolean> {
  try {
    for (const pid of pids) await run('taskset', ['-a', '-c', '-p', cores, String(pid)])
    return true
  } catch {
    return false
  }
}

/** In words, for whoever reads the figures. */
export function machineInWords(): string {
  return `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${process.platform}`
}
