/**
 * The seed's Flask application, running: PyPI's Flask and kafka-python in a virtual environment of the checkout's
 * `.cache`, made once, with pinned versions. Several test runs may make it at the same time: each fills a folder
 * of its own, and the first rename wins.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CACHE_DIR } from '../../tools/kafka/install.ts'

const run = promisify(execFile)
const APP = fileURLToPath(new URL('./complex_game_api.py', import.meta.url))
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url))
const VENV = join(CACHE_DIR, 'seed-venv')
const START_MS = 30_000

/** Why the application cannot be run on this machine, in one line; null where it can. Installs what it needs. */
export async function whyNoFlask(): Promise<string | null> {
  try {
    if (await isInstalled()) return null
    await mkdir(CACHE_DIR, { recursive: true })
    const folder = await mkdtemp(`${VENV}.making-`)
    try {
      await run('python3', ['-m', 'venv', folder])
      await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS])
      // Last: a folder that holds it is whole.
      await copyFile(REQUIREMENTS, join(folder, 'requirements.txt'))
      if (!(await isInstalled())) await rm(VENV, { recursive: true, force: true })
      await rename(folder, VENV).catch(async (error: unknown) => {
        if (!(await isInstalled())) throw error
      })
      return null
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  } catch (error) {
    const complaint = String((error as { stderr?: unknown }).stderr ?? '').trim() || (error as Error).message
    const last = complaint.split('\n').at(-1)
    return `the seed's Flask application needs python3 with venv (Debian: apt-get install python3-venv) and PyPI: ${last}`
  }
}

async function isInstalled(): Promise<boolean> {
  const [wanted, installed] = await Promise.all([
    readFile(REQUIREMENTS, 'utf8'),
    readFile(join(VENV, 'requirements.txt'), 'utf8').catch(() => null),
  ])
  return wanted === installed
}

export interface FlaskApp {
  readonly port: number
  stop(): Promise<void>
}

/** Starts it on a free port, as `flask run` does. Rejects with its output where it does not start. */
export async function startFlask(brokers: string, topic: string): Promise<FlaskApp> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(join(VENV, 'bin', 'python'), ['-m', 'flask', '--app', APP, 'run', '--port', '0'], {
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // A test run that is cut off must leave no Flask behind.
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit').finally(() => process.off('exit', end))
  let output = ''
  const port = await new Promise<number>((found, failed) => {
    const fail = () => failed(new Error(`Flask did not start: ${output}`))
    const late = setTimeout(fail, START_MS)
    child.once('exit', fail)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, shown] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(output) ?? []
      if (shown === undefined) return
      clearTimeout(late)
      output = ''
      found(Number(shown))
    })
  }).catch((error: unknown) => {
    end()
    throw error
  })
  return {
    port,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
