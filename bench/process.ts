/**
 * A server that is measured: a process of its own, started as its user would start it, that prints its URL when it
 * serves. What it costs is read from the kernel's books (/proc), for the process, its threads and its children
 * together: gunicorn and node:cluster do their work in children.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

const START_MS = 60_000
const STOP_MS = 12_000
/** The kernel counts CPU time in ticks of 10 ms (USER_HZ, which is 100 on every Linux that Node runs on). */
const TICK_MS = 10
const PAGE_BYTES = 4096

export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  /** Whether it is spoken to over IPC. */
  readonly ipc?: boolean
}

export interface Usage {
  /** User and system time since the start, of all processes that live. */
  readonly cpuMs: number
  readonly residentBytes: number
}

export interface Server {
  readonly url: string
  readonly port: number
  readonly child: ChildProcess
  /** Milliseconds from the spawn until it printed its URL. */
  readonly startedMs: number
  usage(): Usage
  /** Of the process that serves alone, where something stands above it: `npm start` has npm. */
  own(): Usage
  stop(): Promise<void>
}

/** Starts a server; resolves when it prints `http://127.0.0.1:<port>`. Rejects with its output if it ends first. */
export async function startServer({ command, args, cwd, env, ipc }: ServerCommand): Promise<Server> {
  const { PATH = '', HOME = '' } = process.env
  const begin = performance.now()
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH, HOME, KAFKAJS_NO_PARTITIONER_WARNING: '1', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  })
  // A bench that is cut off must leave no server behind.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit').finally(() => process.off('exit', end))
  let output = ''
  const url = await new Promise<string>((found, failed) => {
    const fail = () => failed(new Error(`${command} ${args.join(' ')} did not start:\n${output}`))
    const late = setTimeout(fail, START_MS)
    child.once('error', failed)
    child.once('exit', fail)
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-20_000)
        const [, shown] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
        if (shown === undefined) return
        clearTimeout(late)
        found(shown)
      })
    }
  }).catch((error: unknown) => {
    end()
    throw error
  })
  const startedMs = performance.now() - begin
  return {
    url,
    port: Number(new URL(url).port),
    child,
    startedMs,
    usage: () => sumOf(treeOf(child.pid!)),
    own: () => sumOf([treeOf(child.pid!).at(-1)!]),
    async stop() {
      const impatience = setTimeout(end, STOP_MS)
      child.kill('SIGTERM')
      await exited
      clearTimeout(impatience)
    },
  }
}

/** What processes have used together. One that has ended counts as nothing. */
export function sumOf(pids: readonly number[]): Usage {
  const usage = { cpuMs: 0, residentBytes: 0 }
  for (const pid of pids) {
    let stat: string
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    } catch {
      continue
    }
    // The second field is a name in parentheses that may hold blanks; what follows it is numbered from 3 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    usage.cpuMs += (field(14) + field(15)) * TICK_MS
    usage.residentBytes += field(24) * PAGE_BYTES
  }
  return usage
}

/** The process and all below it, each before its own children. */
export function treeOf(pid: number): number[] {
  const members = [pid]
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ')
      for (const child of children) if (child !== '') members.push(...treeOf(Number(child)))
    }
  } catch {
    // It has ended meanwhile.
  }
  return members
}
