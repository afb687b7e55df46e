/**
 * The running product, as a user starts it: a process of its own, configured by the environment, driven over
 * its sockets. Nothing of it is imported.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type ExecutionResult, print } from 'graphql'

const MAIN = resolve('dist/main.js')
/** Two seconds, and thirty times that on a machine that is busy with other things. */
const START_MS = 60_000

export interface Herald {
  /** `http://127.0.0.1:1234`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** The folder of its embedded log; kept until `remove`. */
  readonly dataDir: string
  readonly process: ChildProcess
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  /** Sends a signal and resolves with the exit code (null: killed). */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Runs an operation by POST. */
  query<Result, Variables>(
    document: TypedDocumentNode<Result, Variables>,
    variables?: Variables,
  ): Promise<ExecutionResult<Result, { code?: string; outcome?: string }>>
}

export interface HeraldOptions {
  readonly env?: Readonly<Record<string, string>>
  /** A folder to go on with; else a new one, removed when the process stops. */
  readonly dataDir?: string
}

/** Starts Herald on a free port; resolves when it prints its URL. Rejects with its output if it exits first. */
export async function startHerald({ env = {}, dataDir }: HeraldOptions = {}): Promise<Herald> {
  const data = dataDir ?? mkdtempSync(join(tmpdir(), 'herald-test-'))
  const child = spawnHerald({ PORT: '0', DATA_DIR: data, ...env })
  const output = collect(child)
  const url = await new Promise<string>((found, failed) => {
    const late = setTimeout(
      () => failed(new Error(`Herald did not start: ${output.stdout()}${output.stderr()}`)),
      START_MS,
    )
    const look = () => {
      const [match] = /http:\/\/\S+(?=\/graphql)/.exec(output.stdout()) ?? []
      if (match !== undefined) {
        clearTimeout(late)
        found(match)
      }
    }
    child.stdout?.on('data', look)
    child.once('exit', (code) => {
      clearTimeout(late)
      failed(new Error(`Herald exited with ${code}: ${output.stdout()}${output.stderr()}`))
    })
  })
  return {
    url,
    port: Number(new URL(url).port),
    dataDir: data,
    process: child,
    ...output,
    async stop(signal = 'SIGTERM') {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      child.kill(signal)
      await exited
      if (dataDir === undefined) rmSync(data, { recursive: true, force: true })
      return child.exitCode
    },
    async query(document, variables) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: print(document), variables }),
      })
      return (await response.json()) as never
    },
  }
}

/** Starts Herald where it must refuse to; resolves with its exit code and what it printed. */
export async function refusedStart(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const data = mkdtempSync(join(tmpdir(), 'herald-test-'))
  const child = spawnHerald({ PORT: '0', DATA_DIR: data, ...env })
  const output = collect(child)
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS)
  await once(child, 'close')
  clearTimeout(late)
  rmSync(data, { recursive: true, force: true })
  return { code: child.exitCode, stdout: output.stdout(), stderr: output.stderr() }
}

function spawnHerald(env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    env: { PATH, HOME, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A test run that is cut off must leave no Herald behind.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}

function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr }
}
