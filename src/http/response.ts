/**
 * A response that does not end before its request has come in. To close the connection while a body still comes
 * would reset it, and a reset overtakes the answer: the client would see that it was cut off, and never read the
 * 413 that says why.
 */
import { type IncomingMessage, ServerResponse } from 'node:http'
import { hasBody } from './body.ts'

/** How long what still comes is thrown away. */
const PATIENCE_MS = 5_000

export class PatientResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  #isWaiting = false

  /** As ServerResponse's; what is given to it is sent at once. */
  override end(...args: unknown[]): this {
    const { req: request } = this
    if (this.#isWaiting || request.complete || request.destroyed || !hasBody(request)) {
      return super.end(...(args as []))
    }
    this.#isWaiting = true
    this.flushHeaders()
    const [body] = args
    if (typeof body === 'string' || Buffer.isBuffer(body)) this.write(body)
    const end = () => {
      clearTimeout(late)
      super.end()
    }
    const late = setTimeout(end, PATIENCE_MS)
    request.once('end', end)
    request.once('close', end)
    request.resume()
    return this
  }
}
