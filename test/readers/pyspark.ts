/**
 * The real PySpark shell, of the version that deploy/spark runs. What it needs is put once into
 * `.cache/pyspark-<version>` of the checkout: PySpark from PyPI in a virtual environment, and the connector's jars,
 * which Maven copies by deploy/spark/pom.xml. Several processes may do so at the same time: each downloads into a
 * folder of its own, and the first rename wins. (No script of the environment is run, only its Python, so it may
 * be renamed.)
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { CACHE_DIR, findJava, NotInstalledError } from '../../tools/kafka/install.ts'

const run = promisify(execFile)
const POM = resolve('deploy/spark/pom.xml')
/** PySpark 4.1 runs on Python 3.10 and later. */
const OLDEST_PYTHON = [3, 10] as const
/** The shell and the snippet take 25 s on two cores, much longer beside other work. */
const SHELL_MS = 240_000

/** What is on the disk. */
interface Installation {
  readonly python: string
  /** SPARK_HOME. */
  readonly home: string
  readonly jars: readonly string[]
}

/** The shell, running. */
export interface SparkShell {
  /** Feeds lines to its standard input, as a person would type them. */
  type(lines: string): void
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  /** Ctrl-C. */
  interrupt(): void
  /** Leaves it; resolves when it has ended by itself, and rejects where it has not done so well. */
  exit(): Promise<void>
  /** Ends it at once, if it runs. To be called in any case. */
  close(): Promise<void>
}

/** Starts the shell, with `env` besides what it needs. */
export type StartSparkShell = (env?: Readonly<Record<string, string>>) => Promise<SparkShell>

/**
 * `describe` for suites that need PySpark; to be awaited at the top of a test file. Downloads what is missing (once;
 * about 470 MB, a minute). Where that cannot be, skips with the reason in the suite's name; with CI=true it fails.
 */
export async function describeSpark(name: string, suite: (start: StartSparkShell) => void): Promise<void> {
  try {
    const installation = await install((line) => console.log(line))
    describe(name, () => suite((env) => startShell(installation, env)))
  } catch (error) {
    if (!(error instanceof NotInstalledError) || process.env.CI === 'true') throw error
    console.warn(`\n!!! NO SPARK: ${error.message}\n`)
    describe.skip(`${name} (skipped: ${error.message})`, () => suite(() => Promise.reject(error)))
  }
}

async function install(progress: (line: string) => void): Promise<Installation> {
  await findJava()
  const version = /<spark\.version>(.+)<\/spark\.version>/.exec(await readFile(POM, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${POM} names no spark.version`)
  const folder = join(CACHE_DIR, `pyspark-${version}`)
  let installed = await locate(folder)
  if (installed === undefined) {
    await requirePython()
    progress(`Downloading PySpark ${version} (about 470 MB, once) into ${folder}`)
    await mkdir(CACHE_DIR, { recursive: true })
    // What stands there was made with a Python that has gone.
    await rm(folder, { recursive: true, force: true })
    const temporary = await mkdtemp(`${folder}.download-`)
    try {
      await download(version, temporary, progress)
      await rename(temporary, folder).catch(async (error: unknown) => {
        if ((await locate(folder)) === undefined) throw error
      })
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    installed = await locate(folder)
  }
  if (installed === undefined) throw new Error(`PySpark in ${folder} cannot be run`)
  return installed
}

/** What is installed in a folder; undefined where it cannot be run. */
async function locate(folder: string): Promise<Installation | undefined> {
  const python = join(folder, 'venv', 'bin', 'python3')
  try {
    const { stdout } = await run(python, ['-c', 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'])
    const jars = (await readdir(join(folder, 'jars'))).map((name) => join(folder, 'jars', name))
    return { python, home: stdout.trim(), jars }
  } catch {
    return undefined
  }
}

async function requirePython(): Promise<void> {
  const advice = 'install it (Debian, Ubuntu: apt-get install python3 python3-venv)'
  const version = await run('python3', ['--version']).then(
    ({ stdout }) => /(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number),
    () => undefined,
  )
  if (version === undefined)
    throw new NotInstalledError(`PySpark needs Python, and \`python3\` cannot be run: ${advice}`)
  const [major = 0, minor = 0] = version
  if (major !== OLDEST_PYTHON[0] || minor < OLDEST_PYTHON[1]) {
    throw new NotInstalledError(`PySpark needs Python ${OLDEST_PYTHON.join('.')} or later, and \`python3\` is older`)
  }
}

async function download(version: string, folder: string, progress: (line: string) => void): Promise<void> {
  const goal = ['-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'jars')}`]
  await step('mvn', goal, 'Maven (Debian, Ubuntu: apt-get install maven)', progress)
  const venv = join(folder, 'venv')
  await step('python3', ['-m', 'venv', venv], "Python's venv (Debian, Ubuntu: apt-get install python3-venv)", progress)
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off', `pyspark==${version}`]
  await step(join(venv, 'bin', 'python3'), pip, 'pip, and the way to PyPI', progress)
}

/** Runs a program, with the lines that tell of downloads as progress. Throws NotInstalledError where it fails. */
async function step(
  program: string,
  args: readonly string[],
  needed: string,
  progress: (line: string) => void,
): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      if (/^\s*(?:Downloading \S+ \(|Building wheel|Successfully installed)|Downloaded from .*\.jar/.test(line)) {
        progress(`  ${line.trim()}`)
      }
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', resolve)
    child.on('error', (error) => {
      lines.push(error.message)
      resolve(null)
    })
  })
  if (code !== 0) {
    throw new NotInstalledError(`PySpark could not be installed, which needs ${needed}: ${lines.slice(-3).join(' | ')}`)
  }
}

async function startShell(
  { python, home, jars }: Installation,
  env: Readonly<Record<string, string>> = {},
): Promise<SparkShell> {
  // Spark leaves its warehouse where it is started.
  const folder = await mkdtemp(join(tmpdir(), 'herald-spark-'))
  const { PATH, JAVA_HOME, HOME } = process.env
  const shell = spawn(
    join(home, 'bin', 'pyspark'),
    ['--master', 'local[2]', '--conf', 'spark.ui.enabled=false', '--jars', jars.join(',')],
    {
      cwd: folder,
      env: {
        ...{ PATH, HOME, ...(JAVA_HOME === undefined ? {} : { JAVA_HOME }) },
        ...{ SPARK_HOME: home, SPARK_LOCAL_IP: '127.0.0.1', SPARK_LOCAL_DIRS: folder },
        // Python takes standard input for a script otherwise, and leaves before Spark's shell has begun.
        ...{ PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python, PYSPARK_DRIVER_PYTHON_OPTS: '-i' },
        ...env,
      },
      // A group of its own: Python, and the Java that it starts, end together.
      detached: true,
    },
  )
  const end = () => endGroup(shell)
  process.once('exit', end)
  const late = setTimeout(end, SHELL_MS)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    shell[name].setEncoding('utf8').on('data', (chunk: string) => {
      printed[name] += chunk
    })
  }
  shell.stdin.on('error', () => {})
  const closed = new Promise<number | null>((resolve, reject) => {
    shell.on('error', reject)
    shell.on('close', resolve)
  })
  closed.catch(() => {})
  return {
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    type: (lines) => shell.stdin.write(`${lines.trimEnd()}\n`),
    // Python alone hears it, as Spark has it at a terminal too.
    interrupt: () => shell.kill('SIGINT'),
    async exit() {
      shell.stdin.end('exit()\n')
      const code = await closed
      if (code !== 0) throw new Error(`pyspark ended with ${code}:\n${printed.stdout}${printed.stderr}`)
    },
    async close() {
      clearTimeout(late)
      process.off('exit', end)
      end()
      await closed.catch(() => {})
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
