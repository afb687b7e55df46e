/**
 * One process at a time on a data folder. Each process that wants the folder listens on a Unix socket of a
 * name of its own in it, and only then writes that name into `owner.mdb`, in a transaction that compares it with
 * the name it has read before. So a name that stands there was listened on; if it refuses connections, its
 * process is dead, whatever its pid was and however it died, since the kernel closed the socket. LMDB's write
 * transactions are exclusive across processes, so of several that start at once exactly one gets the folder.
 *
 * A pid file could not tell a dead owner from a new process with its pid (in a container it is always 1), and
 * Node has no flock. The name is kept in an environment apart from the log's, so that nothing of the log is
 * touched before the folder is ours.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { open } from 'lmdb'
import { checkHeader } from './header.ts'

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

/** Puts `name` in place of the dead owner's; false when a live one has the folder. */
async function claim(folder: string, name: string): Promise<boolean> {
  const path = join(folder, 'owner.mdb')
  await checkHeader(path)
  const owners = open<string, string>({ path, noSubdir: true, encoding: 'string', overlappingSync: false })
  try {
    for (;;) {
      const before = owners.get('owner')
      if (before !== undefined && (await withSocketPath(folder, before, isAlive))) return false
      const won = owners.transactionSync(() => {
        if (owners.get('owner') !== before) return false
        owners.putSync('owner', name)
        return true
      })
      if (won) {
        if (before !== undefined) await removeSocket(folder, before)
        return true
      }
    }
  } finally {
    await owners.close()
  }
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
