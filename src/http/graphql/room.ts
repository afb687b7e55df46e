/** Waiting for a client that reads slowly. Costs nothing while nobody waits. */

export class Room {
  readonly #waiting = new Set<() => void>()

  /** Resolves at the next `open`, or after so many milliseconds. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(late)
        this.#waiting.delete(wake)
        resolve()
      }
      const late = setTimeout(wake, ms)
      this.#waiting.add(wake)
    })
  }

  /** Lets everybody go on who waits. */
  open(): void {
    for (const wake of this.#waiting) wake()
  }
}
