/**
 * As much of Docker's build as deploy/Dockerfile uses, run without Docker: each stage becomes a folder that stands
 * for the image's root, COPY copies into it, RUN runs there with this machine's programs in the place of the base
 * image's. Whatever this does not understand throws, so that a step is never passed over in silence.
 */
import { execFile } from 'node:child_process'
import { chown, cp, mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The longest that one RUN may take; `npm ci` downloads everything where npm's cache is empty. */
const RUN_MS = 180_000

export interface Instruction {
  readonly keyword: string
  /** What follows the keyword, on one line. */
  readonly rest: string
}

export interface Stage {
  /** The image or the stage that it begins with. */
  readonly from: string
  readonly name: string | null
  readonly instructions: readonly Instruction[]
}

/** What the last stage comes to: its files, and what Docker would be told to do with them. */
export interface Image {
  /** Stands for `/`. */
  readonly root: string
  /** Absolute within the image. */
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  /** `uid:gid`, or '' for root. */
  readonly user: string
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
  readonly ports: readonly string[]
}

/** The stages of a Dockerfile, in order. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/^[ \t]*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const stages: { from: string; name: string | null; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, keyword, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (keyword === undefined || rest === undefined) throw new Error(`No instruction: ${line}`)
    if (keyword === 'FROM') {
      const [from, , name] = rest.split(/\s+/)
      stages.push({ from: from!, name: name ?? null, instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (stage === undefined) throw new Error(`Before the first FROM: ${line}`)
      stage.instructions.push({ keyword, rest })
    }
  }
  return stages
}

/** Which paths a .dockerignore leaves in the build's context: the last pattern that matches decides. */
export function parseDockerignore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const pattern = line.replace(/^!/, '')
      if (/[?[\]\\]|\*\*/.test(pattern)) throw new Error(`Not understood in .dockerignore: ${line}`)
      const regex = pattern.replace(/[.+^${}()|]/g, '\\$&').replaceAll('*', '[^/]*')
      return { kept: line.startsWith('!'), regex: new RegExp(`^${regex}(?:/|$)`) }
    })
  return (path) => rules.findLast(({ regex }) => regex.test(path))?.kept ?? true
}

/**
 * Builds every stage below `folder` from the context's files. A RUN that fails rejects with what it printed.
 * `environment` is what programs need to run on this machine; the image's own wins over it.
 */
export async function buildImage(
  stages: readonly Stage[],
  context: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Image> {
  const roots = new Map<string, string>()
  let image: Image | null = null
  for (const [index, stage] of stages.entries()) {
    const root = join(folder, `stage-${index}`)
    await mkdir(root, { recursive: true })
    if (stage.name !== null) roots.set(stage.name, root)
    image = await buildStage(stage, { root, context, roots, environment })
  }
  if (image === null) throw new Error('No FROM')
  return image
}

interface Surroundings {
  readonly root: string
  readonly context: string
  readonly roots: ReadonlyMap<string, string>
  readonly environment: Readonly<Record<string, string>>
}

async function buildStage(stage: Stage, { root, context, roots, environment }: Surroundings): Promise<Image> {
  if (roots.has(stage.from)) throw new Error(`Not understood: a stage on top of a stage (FROM ${stage.from})`)
  const image = {
    root,
    workdir: '/',
    environment: {} as Record<string, string>,
    user: '',
    command: [] as string[],
    healthcheck: [] as string[],
    ports: [] as string[],
  }
  for (const { keyword, rest } of stage.instructions) {
    const here = join(root, image.workdir)
    switch (keyword) {
      case 'WORKDIR':
        image.workdir = join(image.workdir, rest)
        await mkdir(join(root, image.workdir), { recursive: true })
        break
      case 'ENV':
        if (!/^(?:\w+=[^\s"'$\\]+\s*)+$/.test(rest)) throw new Error(`Not understood: ENV ${rest}`)
        for (const [, name, value] of rest.matchAll(/(\w+)=(\S+)/g)) image.environment[name!] = value!
        break
      case 'COPY':
        await copy(rest, here, context, roots)
        break
      case 'RUN':
        await runStep(rest, here, { ...environment, ...image.environment })
        break
      case 'USER':
        image.user = rest
        break
      case 'EXPOSE':
        image.ports.push(...rest.split(/\s+/))
        break
      case 'HEALTHCHECK':
        image.healthcheck = JSON.parse(/ CMD (\[.*\])$/.exec(rest)![1]!)
        break
      case 'CMD':
        image.command = JSON.parse(rest)
        break
      default:
        throw new Error(`Not understood: ${keyword} ${rest}`)
    }
  }
  return image
}

async function runStep(command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  try {
    await run('sh', ['-c', command], { cwd, env, timeout: RUN_MS })
  } catch (error) {
    // The compiler complains on standard output, which the error's message lacks.
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`RUN ${command} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

async function copy(rest: string, here: string, context: string, roots: ReadonlyMap<string, string>): Promise<void> {
  const words = rest.split(/\s+/)
  const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('='))
  const paths = words.filter((word) => !word.startsWith('--'))
  let from: string | undefined = context
  let owner: number[] | null = null
  for (const [flag, value = ''] of flags) {
    if (flag === '--from') from = roots.get(value)
    else if (flag === '--chown') owner = value.split(':').map(Number)
    else throw new Error(`Not understood: COPY ${rest}`)
  }
  if (from === undefined) throw new Error(`No such stage: COPY ${rest}`)
  const target = paths.pop()!
  for (const path of paths) {
    const source = join(from, path)
    const isFolder = (await stat(source)).isDirectory()
    // Docker copies a folder's contents, and a file by its name only into what is written as a folder.
    const intoFolder = !isFolder && (target.endsWith('/') || target === '.')
    const destination = intoFolder ? join(here, target, basename(path)) : join(here, target)
    await mkdir(dirname(destination), { recursive: true })
    await cp(source, destination, { recursive: true, verbatimSymlinks: true })
    // Only root gives files away; anybody else runs the product as who they are.
    if (owner !== null && process.getuid?.() === 0) await chown(destination, owner[0]!, owner[1]!)
  }
}

/** Reads a Dockerfile's stages. */
export async function readDockerfile(path: string): Promise<Stage[]> {
  return parseDockerfile(await readFile(path, 'utf8'))
}
