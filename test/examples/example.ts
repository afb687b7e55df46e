/** A file of `examples/`, running as a reader of its first lines would run it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Example {
  /** What it has printed so far. */
  readonly lines: readonly string[]
  /** Its complaints so far. */
  stderr(): string
  /** Resolves when it has ended by itself; rejects with its complaints where the exit code is not 0. */
  ended(): Promise<void>
  /** Ends it, and whatever it has started. */
  stop(): Promise<void>
}

/** Starts a program with `env` besides what every process needs. */
export function startExample(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>): Example {
  const { PATH = '', HOME = '' } = process.env
  const [program, ...args] = command
  // A group of its own: a script and its curl end together.
  const child = spawn(program, args, {
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  // A test run that is cut off must leave nothing behind.
  process.once('exit', end)
  const closed = once(child, 'close').finally(() => process.off('exit', end))
  closed.catch(() => {})
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    lines,
    stderr: () => stderr,
    async ended() {
      await closed
      if (child.exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${child.exitCode}: ${stderr}`)
    },
    async stop() {
      end()
      await closed
    },
  }
}

/** The command that runs an example in TypeScript. */
export const node = (file: string) => [process.execPath, '--import', 'tsx', file] as const
