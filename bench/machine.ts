/** What a result must say besides its figures: on which machine, with which versions, how busy it was. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { arch, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findJava, kafkaVersion } from '../tools/kafka/install.ts'
import { PEERS } from './contenders.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PINNED = /^([\w.-]+)==(\S+)$/

/** Lines of a table: what, and its value. */
export type About = readonly (readonly [what: string, value: string])[]

/** To be called before the first round: the load is what others do. */
export async function aboutMachine(): Promise<About> {
  const [first] = cpus()
  return [
    ['processor', `${first?.model.trim() ?? arch()}, ${cpus().length} cores, ${arch()}`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['kernel', `Linux ${release()}`],
    ['load before the start (1 min)', loadavg()[0]!.toFixed(2)],
    ['Node', process.versions.node],
    ['Java', await lineOf(/"(.+)"/, await findJava(), '-version')],
    ['Apache Kafka', `${await kafkaVersion()}, one broker, one partition, acks=all`],
    ['Herald', await lineOf(/(.+)/, 'git', 'describe', '--always', '--dirty')],
    ['Node peers', await nodePeers()],
    ['Python peers', await pythonPeers()],
    ['kcat', await lineOf(/Version (\S+)/, 'kcat', '-V')],
  ]
}

/** The part of a command's output that the pattern's group holds; a dash where the command is not there. */
async function lineOf(pattern: RegExp, command: string, ...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd: ROOT })
    return pattern.exec(stdout + stderr)?.[1] ?? '-'
  } catch {
    return '-'
  }
}

async function nodePeers(): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(PEERS, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.entries(dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

async function pythonPeers(): Promise<string> {
  const lists = [join(PEERS, 'requirements.txt'), join(ROOT, 'test', 'seed', 'requirements.txt')]
  const lines = (await Promise.all(lists.map((list) => readFile(list, 'utf8')))).join('\n').split('\n')
  return lines.flatMap((line) => line.match(PINNED)?.slice(1).join(' ') ?? []).join(', ')
}
