/**
 * Virtual environments of Python for tests: what a requirements file names, from PyPI, in a folder of the checkout's
 * `.cache`, made once. Several test runs may make one at the same time: each fills a folder of its own, and the first
 * rename wins.
 */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CACHE_DIR } from '../../tools/kafka/install.ts'

const run = promisify(execFile)

/** Either the `python` to run, or why there is none, in one line. */
export type Python = { readonly path: string } | { readonly reason: string }

/** Python with what `requirements` (a file) names; `name`: of the folder. Installs what is missing. */
export async function pythonWith(name: string, requirements: string): Promise<Python> {
  const folder = join(CACHE_DIR, name)
  const path = join(folder, 'bin', 'python')
  try {
    if (await isInstalled(folder, requirements)) return { path }
    await mkdir(CACHE_DIR, { recursive: true })
    const making = await mkdtemp(`${folder}.making-`)
    try {
      await run('python3', ['-m', 'venv', making])
      await run(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements])
      // Last: a folder that holds it is whole.
      await copyFile(requirements, join(making, 'requirements.txt'))
      if (!(await isInstalled(folder, requirements))) await rm(folder, { recursive: true, force: true })
      await rename(making, folder).catch(async (error: unknown) => {
        if (!(await isInstalled(folder, requirements))) throw error
      })
      return { path }
    } finally {
      await rm(making, { recursive: true, force: true })
    }
  } catch (error) {
    const complaint = String((error as { stderr?: unknown }).stderr ?? '').trim() || (error as Error).message
    const needed = 'python3 with venv (Debian: apt-get install python3-venv) and PyPI'
    return { reason: `it needs ${needed}: ${complaint.split('\n').at(-1)}` }
  }
}

async function isInstalled(folder: string, requirements: string): Promise<boolean> {
  const [wanted, installed] = await Promise.all([
    readFile(requirements, 'utf8'),
    readFile(join(folder, 'requirements.txt'), 'utf8').catch(() => null),
  ])
  return wanted === installed
}
