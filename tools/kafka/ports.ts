/**
 * Free TCP ports on loopback. They are taken from below the range that operating systems give to outgoing
 * connections (32768 and up on Linux): a broker that is killed and started again must find its port still free.
 */
import { createServer, type Server } from 'node:net'

const FIRST = 20_000
const COUNT = 10_000

/** Whether somebody could listen on this port of 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port)
  await close(server)
  return server !== undefined
}

/** `count` different ports that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  while (held.length < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    const server = await listen(port)
    if (server) held.push({ port, server })
  }
  await Promise.all(held.map(({ server }) => close(server)))
  return held.map(({ port }) => port)
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function close(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => (server ? server.close(() => resolve()) : resolve()))
}
