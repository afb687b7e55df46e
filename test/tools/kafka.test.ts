/**
 * The broker that other tests and people rely on: that it is a real one whose data outlives kill -9, that it can
 * be frozen, that it never outlives the one who started it, and that `npm run kafka` does what it prints.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startKafka } from '../../tools/kafka/broker.ts'
import { freePorts } from '../../tools/kafka/ports.ts'
import { createTopic, describeOwnKafka, kcat, produceRaw, readAll, until } from '../support/kafka.ts'

/** Several starts of a broker on a busy machine. */
const TIMEOUT = 180_000

await describeOwnKafka('a broker of our own', () => {
  it('keeps what it acknowledged through kill -9, on the same port, and goes without a trace', {
    timeout: TIMEOUT,
  }, async () => {
    const cluster = await startKafka()
    onTestFinished(() => cluster.close())
    const broker = cluster.brokers[0]!
    const { bootstrap } = cluster
    const topic = await createTopic({ bootstrap })
    await produceRaw(topic, [{ key: 'k', value: 'kept' }], { bootstrap })
    const killed = broker.pid!
    await broker.kill()
    expect(broker.pid).toBeUndefined()
    expect(isAlive(killed)).toBe(false)
    await expect(kcat(['-L', '-m', '1'], { bootstrap })).rejects.toThrow('kcat')
    await broker.restart()
    expect(broker.pid).not.toBe(killed)
    expect(cluster.bootstrap).toBe(bootstrap)
    expect((await readAll(topic, bootstrap)).map(({ value }) => value)).toEqual(['kept'])
    const last = broker.pid!
    await cluster.close()
    expect(isAlive(last)).toBe(false)
  })

  it('answers nothing while it is frozen, and goes on afterwards', { timeout: TIMEOUT }, async () => {
    const cluster = await startKafka()
    onTestFinished(() => cluster.close())
    const { bootstrap } = cluster
    const topic = await createTopic({ bootstrap })
    cluster.brokers[0]!.stop()
    await expect(kcat(['-L', '-m', '1'], { bootstrap })).rejects.toThrow('kcat')
    cluster.brokers[0]!.cont()
    await produceRaw(topic, [{ value: 'thawed' }], { bootstrap })
    expect((await readAll(topic, bootstrap)).map(({ value }) => value)).toEqual(['thawed'])
  })

  it('as three: takes writes while one is dead, and that one catches up', { timeout: TIMEOUT }, async () => {
    const cluster = await startKafka({ brokers: 3 })
    onTestFinished(() => cluster.close())
    const { bootstrap, brokers } = cluster
    const topic = await createTopic({ bootstrap, partitions: 3, replicationFactor: 3 })
    await brokers[0]!.kill()
    const alive = brokers
      .slice(1)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')
    // kafkajs gives up on a dead leader's address; the cluster names another one when the session has expired.
    await until('every partition to have a living leader', async () => {
      const metadata = await kcat(['-L', '-t', topic], { bootstrap: alive })
      return metadata.match(/leader [23],/g)?.length === 3
    })
    const records = [0, 1, 2].map((partition) => ({ value: `to ${partition}`, partition }))
    await produceRaw(topic, records, { bootstrap: alive })
    await brokers[0]!.restart()
    const inSync = `isrs: ${[1, 2, 3].map((id) => `(?=[\\d,]*${id})`).join('')}`
    const own = `127.0.0.1:${brokers[0]!.port}`
    await until('every partition to be in sync', async () => {
      const metadata = await kcat(['-L', '-t', topic], { bootstrap: own })
      return metadata.match(new RegExp(inSync, 'g'))?.length === 3
    })
    expect((await readAll(topic, bootstrap)).map(({ value }) => value)).toEqual(['to 0', 'to 1', 'to 2'])
  })

  it('dies with the process that started it, also by kill -9', { timeout: TIMEOUT }, async () => {
    const parent = spawn(process.execPath, ['--import', 'tsx', 'test/tools/start-kafka.ts'])
    onTestFinished(() => void parent.kill('SIGKILL'))
    const printed = await printing(parent, '}')
    const { pid } = JSON.parse(printed) as { pid: number }
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until('the broker to be gone', async () => !isAlive(pid))
  })
})

await describeOwnKafka('npm run kafka', () => {
  it('says how to use it, stops at Ctrl-C with exit code 0, and keeps its data', { timeout: TIMEOUT }, async () => {
    const data = await temporaryFolder()
    const [port] = await freePorts(1)
    const bootstrap = `127.0.0.1:${port}`
    const first = runCli(['--port', String(port), '--data', data])
    const printed = await printing(first, '-o beginning -e')
    expect(printed).toContain(`KAFKA_BROKERS=${bootstrap} npm start\n`)
    expect(printed).toContain(`kcat -C -b ${bootstrap} -t events -o beginning -e\n`)
    await createTopic({ bootstrap, name: 'events' })
    await produceRaw('events', [{ value: 'kept' }], { bootstrap })

    const [code, complaint] = await outcome(runCli(['--port', String(port), '--data', data]))
    expect([code, complaint]).toEqual([1, `Port ${port} of 127.0.0.1 is in use: choose another one with --port\n`])
    const [other] = await freePorts(1)
    const [lockedCode, locked] = await outcome(runCli(['--port', String(other), '--data', data]))
    expect([lockedCode, locked]).toEqual([1, `Another \`npm run kafka\` runs already: it holds ${data}\n`])

    expect(await ctrlC(first)).toBe(0)
    const second = runCli(['--port', String(port), '--data', data])
    await printing(second, '-o beginning -e')
    expect(await kcat(['-C', '-t', 'events', '-o', 'beginning', '-e', '-q'], { bootstrap })).toBe('kept\n')
    expect(await ctrlC(second)).toBe(0)
  })

  it('takes the next port that is free', { timeout: TIMEOUT }, async () => {
    const squatter = createServer().listen(9092, '127.0.0.1')
    await Promise.race([once(squatter, 'listening'), once(squatter, 'error').catch(() => {})])
    onTestFinished(() => void squatter.close())
    const child = runCli(['--data', await temporaryFolder()])
    const port = Number(/KAFKA_BROKERS=127\.0\.0\.1:(\d+)/.exec(await printing(child, '-o beginning -e'))?.[1])
    expect(port).toBeGreaterThan(9092)
    expect(await ctrlC(child)).toBe(0)
  })

  const usage = /^Usage: npm run kafka \[-- \[--port 1\.\.65535\] \[--data FOLDER\]\]\n$/
  const noJava = /^Kafka needs Java, and `\/nowhere\/bin\/java` cannot be run: install Java 17 .*\n$/
  it.each([
    { args: ['--port', 'x'], environment: {}, message: usage },
    { args: ['--prot', '1'], environment: {}, message: usage },
    { args: [], environment: { JAVA_HOME: '/nowhere' }, message: noJava },
  ])('refuses $args $environment in one line', async ({ args, environment, message }) => {
    const [code, complaint] = await outcome(runCli(['--data', await temporaryFolder(), ...args], environment))
    expect(code).toBe(1)
    expect(complaint).toMatch(message)
  })
})

/**
 * Starts what `npm run kafka` runs, in a process group that Ctrl-C reaches as a whole, as at a terminal. Without
 * npm itself, whose own exit code hangs on the shell that it puts between.
 */
function runCli(args: string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tools/kafka/cli.ts', ...args], {
    detached: true,
    env: { ...process.env, ...environment },
  })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
  })
  return child
}

async function ctrlC(child: ChildProcess): Promise<number | null> {
  const exit = once(child, 'exit')
  process.kill(-child.pid!, 'SIGINT')
  const [code] = (await exit) as [number | null]
  return code
}

/** Exit code and standard error of a process that ends by itself. */
async function outcome(child: ChildProcess): Promise<[code: number | null, complaint: string]> {
  let complaint = ''
  child.stderr!.on('data', (chunk) => {
    complaint += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return [code, complaint]
}

/** What a process has printed as soon as that ends with `end`; fails with its output where it ends before. */
function printing(child: ChildProcess, end: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const read = (chunk: unknown) => {
      printed += chunk
      if (printed.trimEnd().endsWith(end)) resolve(printed)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('close', () => reject(new Error(`It ended, having printed:\n${printed}`)))
  })
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
