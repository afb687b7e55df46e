/** What arrives, one after another, for tests that wait for facts. */

const PATIENCE_MS = 15_000

export class Queue<Item> {
  readonly #what: string
  #items: Item[] = []
  #over: string | null = null
  #wake: () => void = () => {}

  /** `what` names the items when one does not come. */
  constructor(what: string) {
    this.#what = what
  }

  push(item: Item): void {
    this.#items.push(item)
    this.#wake()
  }

  /** Says that no more will come, and why. */
  end(reason: string): void {
    this.#over ??= reason
    this.#wake()
  }

  /** The next item. Rejects when none comes in time, or none will. */
  async next(patienceMs = PATIENCE_MS): Promise<Item> {
    const deadline = Date.now() + patienceMs
    while (this.#items.length === 0) {
      if (this.#over !== null) throw new Error(`No more ${this.#what}: ${this.#over}`)
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`Waited ${patienceMs} ms in vain for ${this.#what}`)
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(late)
          resolve()
        }
      })
    }
    return this.#items.shift()!
  }

  /** The next item for which `is` holds; what comes before it is dropped. */
  async until(is: (item: Item) => boolean, patienceMs = PATIENCE_MS): Promise<Item> {
    const deadline = Date.now() + patienceMs
    for (;;) {
      const item = await this.next(deadline - Date.now())
      if (is(item)) return item
    }
  }

  /** What has come and was not taken. */
  get rest(): readonly Item[] {
    return this.#items
  }
}
