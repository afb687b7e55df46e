/** How each contender is started: Herald as a user starts it, limits and peers as programs of their own. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Server, startServer } from './process.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LIMITS = fileURLToPath(new URL('./limits/', import.meta.url))
export const PEERS = fileURLToPath(new URL('./peers/', import.meta.url))
export const VENV = join(ROOT, '.cache', 'bench-venv')

const READY_MS = 30_000

/** Herald with what a user gets by default, on Kafka, or on the embedded log in a folder of its own. */
export async function startHerald(
  where: { readonly brokers: string; readonly topic: string; readonly env?: Readonly<Record<string, string>> } | null,
): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'herald-bench-'))
  const kafka = where === null ? {} : { KAFKA_BROKERS: where.brokers, KAFKA_TOPIC: where.topic }
  const server = await startServer({
    command: process.execPath,
    args: ['--enable-source-maps', 'dist/main.js'],
    cwd: ROOT,
    env: { PORT: '0', DATA_DIR: dataDir, ...kafka, ...where?.env },
  })
  await untilReady(server.url)
  return {
    ...server,
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Resolves when `/readyz` says 200. */
export async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_MS
  while ((await fetch(`${url}/readyz`).catch(() => null))?.status !== 200) {
    if (performance.now() > deadline) throw new Error(`${url} is not ready after ${READY_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** How a contender is started on a topic. */
export type Start = (brokers: string, topic: string) => Promise<Server>

export const heraldOn: Start = (brokers, topic) => startHerald({ brokers, topic })

export const limitOn =
  (name: string): Start =>
  (brokers, topic) =>
    startLimit(name, brokers, topic)

export const peerOn =
  (name: string, argument?: string): Start =>
  (brokers, topic) =>
    startPeer(name, brokers, topic, argument)

/** A program of bench/limits. */
export function startLimit(name: string, brokers: string, topic: string): Promise<Server> {
  return startServer({
    command: process.execPath,
    args: [join(LIMITS, `${name}.mjs`)],
    env: { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic },
    ipc: name === 'consumer',
  })
}

/** A program of bench/peers, with an argument that chooses among what it can do. */
function startPeer(name: string, brokers: string, topic: string, argument = ''): Promise<Server> {
  return startServer({
    command: process.execPath,
    args: [join(PEERS, `${name}.mjs`), argument],
    env: { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic },
  })
}

/** The seed's Flask application on gunicorn. */
export function startFlask(brokers: string, topic: string): Promise<Server> {
  const gunicorn = join(VENV, 'bin', 'gunicorn')
  if (!existsSync(gunicorn)) throw new Error('gunicorn is not installed')
  return startServer({
    command: gunicorn,
    // Threads, since only they keep connections alive; one worker a core.
    args: ['--workers', '2', '--threads', '32', '--keep-alive', '65', '--bind', '127.0.0.1:0', 'complex_game_api:app'],
    cwd: join(ROOT, 'test', 'seed'),
    env: { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic, PYTHONDONTWRITEBYTECODE: '1' },
  })
}
