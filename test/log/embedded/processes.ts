/** Starts `child.ts` in processes of its own and talks to it in lines. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('./child.ts', import.meta.url))

export interface Answer {
  readonly opened?: true
  readonly refused?: string
  readonly closed?: true
  readonly ack?: [offset: number, id: string]
  readonly done?: [offset: number, id: string][]
  readonly failed?: [code: string, outcome: string][]
  readonly health?: { up: boolean; reason?: string }
}

export class Child {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #answers: AsyncIterator<string>

  /** `prefix` is a command that runs the given command, such as `prlimit --fsize=…`. */
  constructor(dataDir: string, prefix: readonly string[] = []) {
    const command = [...prefix, process.execPath, '--import', 'tsx', SCRIPT, dataDir]
    this.#process = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] })
    // A child that was killed cannot be written to.
    this.#process.stdin.on('error', () => undefined)
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#process.pid!
  }

  tell(command: string): void {
    this.#process.stdin.write(`${command}\n`)
  }

  /** The next answer; undefined when the process has ended and said nothing more. */
  async answer(): Promise<Answer | undefined> {
    const { value, done } = await this.#answers.next()
    return done ? undefined : (JSON.parse(value) as Answer)
  }

  async ask(command: string): Promise<Answer | undefined> {
    this.tell(command)
    return this.answer()
  }

  /** SIGKILL, and resolves once the process is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }
}
