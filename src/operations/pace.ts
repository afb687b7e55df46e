/**
 * Whose turn it is. Reading a page of the log keeps the process busy for milliseconds at a time; where many are read at
 * once, each goes on in its turn, one in each turn of the event loop, so that whoever wants something small (an event
 * published, a short page) waits for one of them and not for all.
 */

export class Pace {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  /** Resolves when it is the caller's turn; at once where nobody else had this turn of the event loop. */
  turn(): Promise<void> {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#isTaken = true
    setImmediate(this.#pass)
    return DONE
  }

  readonly #pass = (): void => {
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#isTaken = false
      return
    }
    next()
    setImmediate(this.#pass)
  }
}

const DONE = Promise.resolve()
