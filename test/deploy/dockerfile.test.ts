/**
 * deploy/Dockerfile, step by step, on a clean copy of what Docker would be sent; then the product is started from
 * what the last stage holds, as its user, by its command. What only a base image could tell (that its tag exists,
 * that its user has that number) is not seen here.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, type Image, parseDockerignore, readDockerfile } from './dockerfile.ts'

const run = promisify(execFile)
/** Two `npm ci` and a build: 45 s on two busy cores, more where npm's cache is empty. */
const BUILD_MS = 300_000
const START_MS = 20_000
const isRoot = process.getuid?.() === 0

let folder: string
let image: Image
const children = new Set<ChildProcess>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-image-'))
  // The image's user has to get through to its files.
  await chmod(folder, 0o755)
  const context = join(folder, 'context')
  await copyContext(context)
  image = await buildImage(await readDockerfile('deploy/Dockerfile'), context, folder, machineEnvironment())
}, BUILD_MS)

afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  children.clear()
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the build', () => {
  it('is sent sources and nothing else', async () => {
    expect((await readdir(join(folder, 'context'))).sort()).toEqual([
      '.npmrc',
      'console',
      'package-lock.json',
      'package.json',
      'schema',
      'src',
      'tsconfig.build.json',
      'tsconfig.json',
    ])
    const isSent = parseDockerignore(await readFile('.dockerignore', 'utf8'))
    for (const path of ['.env', '.git/config', 'node_modules/ws/index.js', 'data/data.mdb', 'test/x.ts', 'srcs/x']) {
      expect(isSent(path), path).toBe(false)
    }
  })

  it('puts every production package into the image, and no devDependency', async () => {
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean; peer?: boolean }>
    }
    const locked = Object.entries(packages).filter(([path]) => path !== '')
    const isIn = ([path]: [string, unknown]) => existsSync(join(image.root, image.workdir, path, 'package.json'))
    const forDevelopment = locked.filter(([, { dev }]) => dev)
    const forProduction = locked.filter(([, entry]) => !entry.dev && !entry.devOptional && !entry.optional)
    expect(forDevelopment.length).toBeGreaterThan(50)
    expect(forProduction.length).toBeGreaterThan(20)
    expect(forDevelopment.filter(isIn).map(([path]) => path)).toEqual([])
    expect(forProduction.filter((entry) => !isIn(entry)).map(([path]) => path)).toEqual([])
  })

  it('leaves neither sources nor tests in the image', async () => {
    expect((await readdir(join(image.root, image.workdir))).sort()).toEqual([
      'data',
      'dist',
      'node_modules',
      'package.json',
      'schema',
    ])
  })
})

describe('the image', () => {
  it('starts without a shell, as a user that is not root', () => {
    expect(image.command).toEqual(['node', '--enable-source-maps', 'dist/main.js'])
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(image.ports).toEqual(['5000'])
  })

  it('refuses to start until AUTH says who may', async () => {
    const child = start({ PORT: '0' })
    const complaint = collect(child)
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(complaint()).toMatch(/^herald: HOST: .*AUTH=none.*\n$/)
  })

  it('serves, keeps events in its data folder, says that it is healthy, and stops at SIGTERM', async () => {
    const child = start({ PORT: '0', HOST: '127.0.0.1', AUTH: 'none' })
    const url = await urlOf(child)
    const { stdout } = await run('curl', ['-fsS', `${url}/join_guild/test_guild1`])
    expect(stdout).toBe('\nJoined the Guild: test_guild1\n')
    expect(await healthcheck(url)).toBe(0)
    expect(await readdir(join(image.root, image.workdir, 'data'))).not.toEqual([])

    child.kill('SIGTERM')
    const [code, signal] = await once(child, 'exit')
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(await healthcheck(url)).toBe(1)
  })

  it('holds what the log on Kafka needs, and is unhealthy while there is no Kafka', async () => {
    const child = start({ PORT: '0', HOST: '127.0.0.1', AUTH: 'none', KAFKA_BROKERS: '127.0.0.1:1' })
    const url = await urlOf(child)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect(await healthcheck(url)).toBe(1)
  })

  it.runIf(isRoot)('lets its user write nothing but the data folder', async () => {
    const canWrite = async (path: string) => {
      const test = `require('fs').accessSync(process.argv[1], require('fs').constants.W_OK)`
      return await run(process.execPath, ['-e', test, path], { ...identity(), cwd: '/' }).then(
        () => true,
        () => false,
      )
    }
    const app = join(image.root, image.workdir)
    expect(await canWrite(join(app, 'data'))).toBe(true)
    for (const name of ['', 'dist', 'dist/main.js', 'schema', 'node_modules', 'package.json']) {
      expect(await canWrite(join(app, name)), name).toBe(false)
    }
  })
})

/** Starts the image's command as its user, in its folder, with its environment. */
function start(environment: Readonly<Record<string, string>>): ChildProcess {
  const [program, ...args] = image.command
  const child = spawn(program!, args, {
    cwd: join(image.root, image.workdir),
    env: { PATH: process.env.PATH, HOME: '/', ...image.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity(),
  })
  children.add(child)
  return child
}

/** Only root may become another user. */
function identity(): { uid?: number; gid?: number } {
  const [uid, gid] = image.user.split(':').map(Number)
  return isRoot ? { uid: uid!, gid: gid! } : {}
}

/** Everything that a process has printed so far. */
function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return () => text
}

/** Resolves with the URL that Herald prints when it serves. */
async function urlOf(child: ChildProcess): Promise<string> {
  const complaint = collect(child)
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS)
  try {
    for await (const line of createInterface(child.stdout!)) {
      const [url] = /http:\/\/\S+(?=\/graphql)/.exec(line) ?? []
      if (url !== undefined) return url
    }
  } finally {
    clearTimeout(late)
    // The loop has closed the interface, which stops the stream; Herald must go on being heard.
    child.stdout?.resume()
  }
  throw new Error(`Herald did not start: ${complaint()}`)
}

/** Runs the image's health check against a port; resolves with its exit code. */
async function healthcheck(url: string): Promise<number | null> {
  const [program, ...args] = image.healthcheck
  const child = spawn(program!, args, {
    env: { PATH: process.env.PATH, ...image.environment, PORT: new URL(url).port },
    stdio: 'ignore',
    ...identity(),
  })
  children.add(child)
  await once(child, 'exit')
  return child.exitCode
}

/** The files of the checkout that Docker would be sent, new ones included, built and ignored ones not. */
async function copyContext(to: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  const isSent = parseDockerignore(await readFile('.dockerignore', 'utf8'))
  const paths = new Set(stdout.split('\0').filter((path) => path !== '' && isSent(path) && existsSync(path)))
  for (const path of paths) {
    await cp(resolve(path), join(to, path), { recursive: true })
  }
}

/** What npm needs here, less what vitest and the npm that runs it have set for themselves. */
function machineEnvironment(): Record<string, string> {
  const isForeign = (name: string) =>
    /^(?:NODE_ENV|VITEST.*|TEST|DEV|PROD|MODE|SSR|BASE_URL|INIT_CWD)$/.test(name) ||
    /^npm_(?!config_(?:registry|cache|cafile|userconfig|globalconfig|.*proxy)$)/i.test(name)
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || isForeign(name) ? [] : [[name, value]],
    ),
  )
}
