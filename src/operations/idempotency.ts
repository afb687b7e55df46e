/**
 * `Idempotency-Key`: a client that did not hear the answer asks again with the same key and gets the answer
 * that it missed, not a second event; also while the first is still under way. What is remembered is the
 * promise of the first publishing, for a bounded time and count, in this process alone. A publishing that
 * failed is forgotten: one that was not written may be tried again, and after an unknown outcome no process
 * can tell, so the retry may double and the record's `ce_idempotencykey` lets readers see it.
 */
import { HeraldError } from '../errors.ts'
import type { DecodedEvent, Properties } from '../event/event.ts'

/** Entries hold an event each: about 100 MB at most. */
const MAX_ENTRIES = 100_000
/** Clients use UUIDs and the like (draft-ietf-httpapi-idempotency-key-header); what is longer only costs memory. */
const MAX_KEY_LENGTH = 255

/** Which publishing a key stands for. */
export interface IdempotentCall {
  readonly key: string
  /** Who asks, as `Caller.name`: nobody gets another's answer. */
  readonly caller: string | null
  /** The root field as the answer names it: one key serves each field of a document apart. */
  readonly field: string
  /** The mutation's name. */
  readonly operation: string
  readonly properties: Properties
}

interface Entry {
  readonly fingerprint: string
  readonly answer: Promise<DecodedEvent>
  readonly expires: number
}

export class Idempotency {
  readonly #windowMs: number
  /** In the order of their expiry, since the window is the same for all. */
  readonly #entries = new Map<string, Entry>()

  /** `windowSeconds`: how long an answer is remembered; 0 remembers none. */
  constructor(windowSeconds: number) {
    this.#windowMs = windowSeconds * 1_000
  }

  /** Publishes, or gives the answer of the publishing before. Throws BAD_USER_INPUT if that was another one. */
  async once(call: IdempotentCall, publish: () => Promise<DecodedEvent>): Promise<DecodedEvent> {
    if (call.key.length > MAX_KEY_LENGTH) {
      throw new HeraldError('BAD_USER_INPUT', `An Idempotency-Key has at most ${MAX_KEY_LENGTH} characters.`, {
        outcome: 'NOT_WRITTEN',
      })
    }
    this.#forgetOld()
    const name = JSON.stringify([call.caller, call.key, call.field])
    const fingerprint = JSON.stringify([call.operation, call.properties])
    const known = this.#entries.get(name)
    if (known !== undefined) {
      if (known.fingerprint === fingerprint) return known.answer
      throw new HeraldError(
        'BAD_USER_INPUT',
        'This Idempotency-Key was used for another operation or other arguments; take a new key for a new event.',
        { outcome: 'NOT_WRITTEN' },
      )
    }
    this.#makeRoom()
    const answer = publish()
    const entry = { fingerprint, answer, expires: Date.now() + this.#windowMs }
    this.#entries.set(name, entry)
    try {
      return await answer
    } catch (error) {
      if (this.#entries.get(name) === entry) this.#entries.delete(name)
      throw error
    }
  }

  #forgetOld(): void {
    const now = Date.now()
    for (const [name, { expires }] of this.#entries) {
      if (expires > now) return
      this.#entries.delete(name)
    }
  }

  /** For one that is new: a retry must not cost another's answer, or its own. */
  #makeRoom(): void {
    for (const name of this.#entries.keys()) {
      if (this.#entries.size < MAX_ENTRIES) return
      this.#entries.delete(name)
    }
  }
}
