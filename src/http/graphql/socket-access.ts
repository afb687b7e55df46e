/**
 * Who asks over a WebSocket: by the upgrade's headers, or by the payload of `connection_init`, which wins, since a
 * browser cannot set the headers. Whoever cannot be let in, and whose credentials end, is closed with 4403.
 */
import type { IncomingMessage } from 'node:http'
import { CloseCode } from 'graphql-ws'
import { KeysAway } from '../../access/access.ts'
import { type Caller, whenEnded } from '../../access/caller.ts'
import { HeraldError } from '../../errors.ts'
import { channels } from '../../observability/channels.ts'
import { bearerToken, type Gate } from '../gate.ts'

/** RFC 6455, section 7.4.1, and IANA's registry of close codes: the client may come back. */
const TRY_AGAIN_LATER = 1013

/** What is closed. */
interface Closable {
  close(code: number, reason: string, why: 'UNAUTHENTICATED'): void
}

export class SocketAccess {
  readonly #gate: Gate
  readonly #request: IncomingMessage
  readonly #connection: Closable
  #caller: Caller | null = null
  #isRefused = false
  #callOff: () => void = () => {}

  /** The gate is not open: who passes an open one needs none of this. */
  constructor(gate: Gate, request: IncomingMessage, connection: Closable) {
    this.#gate = gate
    this.#request = request
    this.#connection = connection
    // Said in the upgrade and wrong: nothing that may follow makes it right.
    if (request.headers.authorization !== undefined) void this.#admit(() => gate.callerOf(request))
  }

  /** Who asks. Throws UNAUTHENTICATED where nobody was let in, or not any more: the socket may yet bring messages. */
  get caller(): Caller {
    if (this.#caller === null)
      throw new HeraldError('UNAUTHENTICATED', 'This connection was not let in, or its token has ended.')
    return this.#caller
  }

  /** Whether `connection_init` with this payload is let in; if not, the socket is closed. */
  async connect(payload: unknown): Promise<boolean> {
    const token = tokenOfPayload(payload)
    return this.#admit(() =>
      token === null
        ? this.#gate.callerOf(this.#request)
        : this.#gate.callerOfToken(bearerToken(`Bearer ${token}`), this.#request),
    )
  }

  /** The connection is closed: nothing more is looked at. */
  close(): void {
    this.#isRefused = true
    this.#callOff()
  }

  async #admit(ask: () => Promise<Caller>): Promise<boolean> {
    try {
      const caller = await ask()
      if (this.#isRefused) return false
      this.#caller = caller
      this.#callOff()
      this.#callOff = whenEnded(caller, () => this.#refuse())
      return true
    } catch (error) {
      if (!(error instanceof HeraldError)) channels.fault.publish({ error })
      if (error instanceof KeysAway) this.#refuse(TRY_AGAIN_LATER, error.message)
      else this.#refuse()
      return false
    }
  }

  #refuse(code: number = CloseCode.Forbidden, reason = 'Forbidden'): void {
    this.#isRefused = true
    this.#caller = null
    this.#connection.close(code, reason, 'UNAUTHENTICATED')
  }
}

/** The token under the names that clients use, with or without its scheme; null where there is none. */
function tokenOfPayload(payload: unknown): string | null {
  const { Authorization, authorization, token, headers } = Object(payload) as { readonly [name: string]: unknown }
  const nested = Object(headers) as { readonly [name: string]: unknown }
  const given = [Authorization, authorization, token, nested.Authorization, nested.authorization].find(isText)
  return given === undefined ? null : given.replace(/^bearer +/i, '')
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
