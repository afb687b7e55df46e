/** The seed's Flask application, running, with PyPI's Flask and kafka-python in the versions of requirements.txt. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pythonWith } from '../support/python.ts'

const APP = fileURLToPath(new URL('./complex_game_api.py', import.meta.url))
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url))
const START_MS = 30_000

const python = await pythonWith('seed-venv', REQUIREMENTS)

/** Why the application cannot be run on this machine, in one line; null where it can. */
export const whyNoFlask = 'reason' in python ? `the seed's Flask application cannot be run: ${python.reason}` : null

export interface FlaskApp {
  readonly port: number
  stop(): Promise<void>
}

/** Starts it on a free port, as `flask run` does. Rejects with its output where it does not start. */
export async function startFlask(brokers: string, topic: string): Promise<FlaskApp> {
  if ('reason' in python) throw new Error(python.reason)
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(python.path, ['-m', 'flask', '--app', APP, 'run', '--port', '0'], {
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
