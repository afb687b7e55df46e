/** Installs the peers: Node's from bench/peers/package-lock.json, Python's into a virtual environment in `.cache`. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PEERS, VENV } from './contenders.ts'

const run = promisify(execFile)
const REQUIREMENTS = join(PEERS, 'requirements.txt')

/** Each part is installed once, and again when its list has changed. A part that cannot be is a peer without figures. */
export async function installPeers(progress: (line: string) => void): Promise<void> {
  await part('npm ci', join(PEERS, 'package-lock.json'), join(PEERS, 'node_modules', '.installed'), progress, () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PEERS }),
  )
  await part('pip install', REQUIREMENTS, join(VENV, '.installed'), progress, async () => {
    await rm(VENV, { recursive: true, force: true })
    await mkdir(VENV, { recursive: true })
    await run('python3', ['-m', 'venv', VENV])
    await run(join(VENV, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS])
  })
}

/** `stamp` is a copy of the list that was installed, written last: where it is, all is. */
async function part(
  name: string,
  list: string,
  stamp: string,
  progress: (line: string) => void,
  install: () => Promise<unknown>,
): Promise<void> {
  const [wanted, installed] = await Promise.all([list, stamp].map((path) => readFile(path, 'utf8').catch(() => null)))
  if (wanted === installed) return
  progress(`installing peers: ${name}`)
  try {
    await install()
    await cp(list, stamp)
  } catch (error) {
    progress(`peers are missing: ${name} failed: ${String((error as Error).message).slice(0, 500)}`)
  }
}
