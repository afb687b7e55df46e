/**
 * One process at a time on a data folder. Each process that wants it first listens on a Unix socket of a name of
 * its own in the folder, and then claims the next number: it makes the symbolic link `owner.<n>` to that socket,
 * which the file system lets only one do. A claimant goes on only past an owner whose socket refuses connections:
 * it had listened before its link was made, so its process is dead, whatever its pid was and however it died.
 *
 * Numbers only rise: the highest link stays, after a clean close too, until a higher one has been made. So one who
 * looked, was held up, and claims a number that others have long passed sees a higher one afterwards, and yields.
 * The link before the highest stays as well: a listing is no snapshot, and might miss a link that replaces another.
 *
 * A pid file could not tell a dead owner from a new process with its pid (in a container it is always 1), Node has
 * no flock, and LMDB's lock on writing, tried first, let two in: it breaks where several processes open and close
 * one environment at the same moment.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readlink, rm, symlink, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** sun_path holds 104 bytes on macOS and 108 on Linux, with its closing zero. */
const MAX_SOCKET_PATH = 100

/** Folders that this process holds: a second log on one of them is refused without asking the kernel. */
const held = new Set<string>()

export interface Ownership {
  /** Lets the next process in. Never rejects. */
  release(): Promise<void>
}

/** Calls `use` with a path to `name` in `folder` that is short enough for a socket's address. */
async function withSocketPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = isAbsolute(name) ? name : join(folder, name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return use(path)
  const detour = await mkdtemp(join(tmpdir(), 'herald-'))
  try {
    await symlink(folder, join(detour, 'd'))
    return await use(join(detour, 'd', name))
  } finally {
    await rm(detour, { recursive: true, force: true })
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // A failed accept says nothing about who holds the folder.
      server.on('error', () => undefined)
      server.unref()
      resolve(server)
    })
  })
}

/** Only a refusal proves that nobody listens; any other answer, a refused permission too, counts as alive. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    )
  })
}

interface Listening {
  readonly server: Server
  /** The socket's name in the folder, or an absolute path. */
  readonly name: string
}

async function listenIn(folder: string): Promise<Listening> {
  const name = `owner-${randomUUID()}.sock`
  try {
    return { server: await withSocketPath(folder, name, listen), name }
  } catch (error) {
    // Some mounted file systems take files but no sockets.
    const elsewhere = join(tmpdir(), `herald-${name}`)
    try {
      return { server: await listen(elsewhere), name: elsewhere }
    } catch {
      throw error
    }
  }
}

const linkOf = (folder: string, number: number): string => join(folder, `owner.${number}`)

/** The numbers that were claimed, rising. */
async function claims(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  const numbers = names.flatMap((name) => /^owner\.(\d{1,15})$/.exec(name)?.[1] ?? []).map(Number)
  return numbers.sort((a, b) => a - b)
}

async function isHeld(folder: string, number: number): Promise<boolean> {
  try {
    return await withSocketPath(folder, await readlink(linkOf(folder, number)), isAlive)
  } catch (error) {
    // Somebody has passed it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Claims the number after the dead owner's; false when a live one has the folder. */
async function claim(folder: string, name: string): Promise<boolean> {
  for (;;) {
    const before = await claims(folder)
    const last = before.at(-1) ?? 0
    if (last > 0 && (await isHeld(folder, last))) return false
    try {
      await symlink(name, linkOf(folder, last + 1))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    if ((await claims(folder)).some((number) => number > last + 1)) {
      // For good: whoever passes this number may remove our socket with it.
      await unlink(linkOf(folder, last + 1)).catch(() => undefined)
      return false
    }
    for (const number of before) await tidy(folder, number, last)
    return true
  }
}

/** Removes a dead owner's socket, and its link unless that is the last one. */
async function tidy(folder: string, number: number, last: number): Promise<void> {
  const name = await readlink(linkOf(folder, number)).catch(() => undefined)
  if (name !== undefined) await removeSocket(folder, name)
  if (number < last) await unlink(linkOf(folder, number)).catch(() => undefined)
}

async function removeSocket(folder: string, name: string): Promise<void> {
  await unlink(isAbsolute(name) ? name : join(folder, name)).catch(() => undefined)
}

/**
 * Takes the folder for this process. `folder` is a real path (no symbolic links in it). Resolves to undefined
 * while another process, or another log of this one, holds it; rejects when the folder cannot be written.
 */
export async function takeOwnership(folder: string): Promise<Ownership | undefined> {
  if (held.has(folder)) return undefined
  held.add(folder)
  let listening: Listening | undefined
  const release = async () => {
    if (listening) {
      const { server, name } = listening
      listening = undefined
      await new Promise((resolve) => server.close(resolve))
      await removeSocket(folder, name)
    }
    held.delete(folder)
  }
  try {
    listening = await listenIn(folder)
    if (await claim(folder, listening.name)) return { release }
  } catch (error) {
    await release()
    throw error
  }
  await release()
  return undefined
}
