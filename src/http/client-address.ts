/**
 * Which address a request came from, for limits by client: the socket's, unless that is a proxy of TRUSTED_PROXIES;
 * then what the proxy says in X-Forwarded-For, and so on up the chain to the first that is not trusted. Anybody may
 * write that header: without trusted proxies it means nothing.
 */
import type { IncomingMessage } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import proxyaddr from 'proxy-addr'
import type { Quotas } from '../access/quota.ts'
import { HeraldError } from '../errors.ts'

export class ClientAddresses {
  readonly #isTrusted: (address: string, hops: number) => boolean

  /** `trusted`: addresses, ranges (`10.0.0.0/8`), or loopback, linklocal, uniquelocal. Throws TypeError for another. */
  constructor(trusted: readonly string[]) {
    this.#isTrusted = proxyaddr.compile([...trusted])
  }

  /** Text that is the same for the same client. One who has an IPv6 network has 2^64 addresses: it is one client. */
  of(request: IncomingMessage): string {
    return clientOf(proxyaddr(request, this.#isTrusted))
  }

  /** The same of a connection that has brought no request yet. */
  ofSocket({ remoteAddress = '' }: Socket): string {
    return clientOf(remoteAddress)
  }

  /** Whether the other end of a connection is a trusted proxy, behind which there may be any number of clients. */
  isProxy(address: string | undefined): boolean {
    return address !== undefined && this.#isTrusted(address, 0)
  }
}

/**
 * Counts a connection for as long as it is open; returns why it may not be, or null. Those of a trusted proxy are not
 * counted: behind it there are many clients.
 */
export function countConnection(quotas: Quotas, addresses: ClientAddresses, socket: Socket): HeraldError | null {
  if (addresses.isProxy(socket.remoteAddress)) return null
  try {
    socket.once('close', quotas.of(`address ${addresses.ofSocket(socket)}`).open('connections'))
    return null
  } catch (error) {
    if (error instanceof HeraldError) return error
    throw error
  }
}

/** An IPv4 address may come in the clothes of an IPv6 one. */
function clientOf(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length)
  return isIPv6(address) ? networkOf(address) : address
}

/** The first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`
}
