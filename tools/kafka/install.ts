/**
 * What has to be on the machine before a broker can start: Java, and Kafka's jars. Maven resolves the jars
 * that pom.xml names, once, into `.cache/kafka-<version>/libs` of the checkout. Several processes may do so at
 * the same time: each downloads into a folder of its own, and the first rename wins.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))

const POM = join(here, 'pom.xml')

/** The checkout's folder for what may be thrown away; git ignores it. */
export const CACHE_DIR = fileURLToPath(new URL('../../.cache', import.meta.url))

/** Kafka 4 runs on Java 17 and later. */
const OLDEST_JAVA = 17

/**
 * Something that only the owner of the machine can mend: no Java, no Maven, no way to the registry. The message
 * is one line that says what to install.
 */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalledError'
}

/** The `java` to run: that of JAVA_HOME where it is set, else the PATH's. Throws NotInstalledError. */
export async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME
  const java = home ? join(home, 'bin', 'java') : 'java'
  const advice = `install Java ${OLDEST_JAVA} or later (Debian, Ubuntu: apt-get install default-jre-headless; macOS: brew install openjdk)`
  const banner = await run(java, ['-version']).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => undefined,
  )
  if (banner === undefined) throw new NotInstalledError(`Kafka needs Java, and \`${java}\` cannot be run: ${advice}`)
  const major = Number(/version "(\d+)/.exec(banner)?.[1])
  if (!(major >= OLDEST_JAVA)) {
    throw new NotInstalledError(`Kafka needs Java ${OLDEST_JAVA}, and \`${java}\` is older: ${advice}`)
  }
  return java
}

/** The version of Kafka that pom.xml names. */
export async function kafkaVersion(): Promise<string> {
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(await readFile(POM, 'utf8'))?.[1]
  if (!version) throw new Error(`${POM} names no kafka.version`)
  return version
}

/**
 * The jars of Kafka, sorted, downloaded if this checkout has none yet. `progress` gets a line for a person now
 * and then. Throws NotInstalledError where Maven is missing or fails.
 */
export async function kafkaJars(progress: (line: string) => void = () => {}): Promise<string[]> {
  const version = await kafkaVersion()
  const home = join(CACHE_DIR, `kafka-${version}`)
  const libs = join(home, 'libs')
  if ((await jarsIn(libs)).length === 0) {
    progress(`Downloading Apache Kafka ${version} (about 43 MB, once) into ${libs}`)
    await mkdir(CACHE_DIR, { recursive: true })
    const temporary = await mkdtemp(`${home}.download-`)
    try {
      await copyDependencies(join(temporary, 'libs'), progress)
      await rename(temporary, home).catch(async (error: unknown) => {
        if ((await jarsIn(libs)).length === 0) throw error
      })
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
  return jarsIn(libs)
}

/** Why no broker can be started on this machine, in one line; undefined where one can. Downloads what it may. */
export async function whyNoKafka(progress?: (line: string) => void): Promise<string | undefined> {
  try {
    await findJava()
    await kafkaJars(progress)
    return undefined
  } catch (error) {
    if (error instanceof NotInstalledError) return error.message
    throw error
  }
}

async function jarsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(folder, name))
}

async function copyDependencies(libs: string, progress: (line: string) => void): Promise<void> {
  const goal = ['-B', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libs}`]
  const maven = spawn('mvn', goal, { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  const watch = (line: string) => {
    const jar = /Downloaded from .*\/([^/ ]+\.jar) \(([^ ]+ [^ ]+)/.exec(line)
    if (jar) progress(`  ${jar[1]} (${jar[2]})`)
    if (!complaint && /ERROR/.test(line)) complaint = line
  }
  createInterface(maven.stdout).on('line', watch)
  createInterface(maven.stderr).on('line', watch)
  const code = await new Promise<number | null>((resolve, reject) => {
    maven.on('close', resolve)
    maven.on('error', () =>
      reject(
        new NotInstalledError(
          'Kafka is downloaded with Maven, and `mvn` cannot be run: install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven)',
        ),
      ),
    )
  })
  if (code !== 0) throw new NotInstalledError(`Maven could not download Kafka: ${complaint || `exit code ${code}`}`)
}
