/**
 * A terminal for commands of pages: one bash in a folder, whose variables stay from one command to the next, as a
 * reader's do. The folder stands for a clone of the repository in which `npm ci` was run, with the reader's own files and
 * a log of its own, so that nothing is left behind. Addresses that pages name are replaced by the ones that are free.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '../kafka/ports.ts'

/** What a clone holds besides `schema`, which readers change. */
const SHARED = ['dist', 'node_modules', 'package.json', 'tools', 'tsconfig.json', 'examples']
const PATIENCE_MS = 60_000
/** How often a process's output is looked at. */
const LOOK_MS = 25

export interface Outcome {
  /** Standard output and error, as they come. */
  readonly output: string
  readonly code: number
}

interface Running {
  /** Of the process and of its group. */
  readonly pid: number
  readonly output: () => string
}

export interface TerminalOptions {
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Texts of commands, such as addresses, by what takes their place here. */
  readonly replace?: Readonly<Record<string, string>>
}

export class Terminal {
  /** The reader's folder. */
  readonly folder: string
  /** Of the Herald that is started here. */
  readonly port: number
  readonly #scratch: string
  readonly #bash: ChildProcessWithoutNullStreams
  readonly #replace: Readonly<Record<string, string>>
  readonly #running = new Set<Running>()
  #count = 0
  #printed = ''

  private constructor(port: number, { env = {}, replace = {} }: TerminalOptions) {
    this.port = port
    this.folder = mkdtempSync(join(tmpdir(), 'herald-page-'))
    this.#scratch = mkdtempSync(join(tmpdir(), 'herald-terminal-'))
    this.#replace = { ...replace, 'localhost:5000': `localhost:${port}`, '127.0.0.1:5000': `127.0.0.1:${port}` }
    for (const name of SHARED) symlinkSync(resolve(name), join(this.folder, name))
    cpSync('schema', join(this.folder, 'schema'), { recursive: true })
    // At a terminal curl shows no progress, since its output is seen.
    writeFileSync(join(this.#scratch, '.curlrc'), 'silent\nshow-error\n')
    const { PATH = '', HOME = '' } = process.env
    this.#bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: this.folder,
      detached: true,
      env: { PATH, HOME, CURL_HOME: this.#scratch, PORT: String(port), LOG_LEVEL: 'warn', ...env },
    })
    this.#bash.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text
    })
    // Variables of the reader's reach what is started in the background too.
    this.#bash.stdin.write('exec 2>&1; set -a\n')
    process.once('exit', this.#kill)
  }

  /** Opens one; `close` it. */
  static async open(options: TerminalOptions = {}): Promise<Terminal> {
    const [port] = await freePorts(1)
    return new Terminal(port!, options)
  }

  /** Runs commands to their end. `code` is the one of the last that failed, or 0. */
  async run(commands: string): Promise<Outcome> {
    const file = this.#file(commands)
    const [output, code] = await this.#type(
      `failed=0; trap 'failed=$?' ERR; . ${file} </dev/null; trap - ERR`,
      '$failed',
    )
    return { output: this.#asWritten(output), code: Number(code) }
  }

  /** Starts what goes on; resolves when its output is as `isReady` wants it, and leaves it running. */
  async start(commands: string, isReady: (output: string) => boolean): Promise<string> {
    return (await this.#start(commands, isReady)).output()
  }

  /** Starts what goes on, and stops it when its output is as `isEnough` wants it. */
  async follow(commands: string, isEnough: (output: string) => boolean): Promise<string> {
    const running = await this.#start(commands, isEnough)
    const output = running.output()
    await this.#end(running, 'SIGTERM')
    return output
  }

  /** Stops what was started. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((running) => this.#end(running, 'SIGTERM')))
  }

  async close(): Promise<void> {
    await this.stop()
    const exited = once(this.#bash, 'exit')
    this.#bash.stdin.end()
    await exited
    process.off('exit', this.#kill)
    for (const folder of [this.folder, this.#scratch]) rmSync(folder, { recursive: true, force: true })
  }

  async #start(commands: string, isReady: (output: string) => boolean): Promise<Running> {
    const file = this.#file(commands)
    // There from the beginning: bash tells the process before that has opened it.
    writeFileSync(`${file}.out`, '')
    // A session, and so a group, of its own: a signal reaches all that it starts.
    const [, pid] = await this.#type(`setsid bash ${file} >${file}.out 2>&1 </dev/null &`, '$!')
    const output = () => this.#asWritten(readFileSync(`${file}.out`, 'utf8'))
    const running = { pid: Number(pid), output }
    this.#running.add(running)
    for (const end = Date.now() + PATIENCE_MS; !isReady(output()); await delay(LOOK_MS)) {
      if (isAlive(running.pid) && Date.now() < end) continue
      await this.#end(running, 'SIGKILL')
      throw new Error(`Waited in vain for what ${commands.trim()} prints. It printed:\n${output()}`)
    }
    return running
  }

  async #end(running: Running, by: NodeJS.Signals): Promise<void> {
    this.#running.delete(running)
    signal(-running.pid, by)
    for (const end = Date.now() + PATIENCE_MS; isAlive(running.pid); await delay(LOOK_MS)) {
      if (Date.now() > end) signal(-running.pid, 'SIGKILL')
    }
  }

  #file(commands: string): string {
    this.#count++
    const file = join(this.#scratch, String(this.#count))
    // The packages are there, and are those of whoever runs this: installing them anew would take them away.
    let text = commands.replace(/^npm ci && /, '')
    if (/\bnpm (?:ci|i|install)\b/.test(text)) throw new Error(`Nothing is installed here: ${text.trim()}`)
    for (const [name, value] of Object.entries(this.#replace)) text = text.replaceAll(name, value)
    writeFileSync(file, text)
    return file
  }

  /** What was printed, with the addresses of the page. */
  #asWritten(output: string): string {
    let text = output
    for (const [name, value] of Object.entries(this.#replace)) text = text.replaceAll(value, name)
    return text
  }

  /** Types a line into bash; resolves with what it printed, and with the value of an expression after it. */
  async #type(line: string, expression: string): Promise<[output: string, value: string]> {
    const mark = `--${this.#count}-${this.port}--`
    this.#printed = ''
    this.#bash.stdin.write(`${line}\necho "${mark}${expression}${mark}"\n`)
    const pattern = new RegExp(`^([\\s\\S]*)${mark}(\\d+)${mark}\\n$`)
    for (const end = Date.now() + PATIENCE_MS; ; await delay(LOOK_MS)) {
      const match = pattern.exec(this.#printed)
      if (match !== null) return [match[1]!, match[2]!]
      if (Date.now() > end || this.#bash.exitCode !== null) throw new Error(`bash does not answer: ${this.#printed}`)
    }
  }

  readonly #kill = () => {
    for (const { pid } of this.#running) signal(-pid, 'SIGKILL')
    this.#bash.kill('SIGKILL')
  }
}

/** Whether a process is there, or one of the group that it leads. It leads none in its first moment. */
function isAlive(pid: number): boolean {
  return signal(-pid, 0) || signal(pid, 0)
}

/** Whether there was somebody to send it to. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
