/**
 * State that lives outside the view: it changes as often as events come, and whoever looks is told at most ten times a
 * second, when the browser paints anyway. So the page costs the same at one event a second and at ten thousand.
 */
import { useEffect, useState } from 'preact/hooks'

const LEAST_MS = 100

export class Store {
  readonly #listeners = new Set<() => void>()
  #isTelling = false
  #toldAt = 0

  /** Calls `listener` after changes, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Says that something has changed. */
  protected changed(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    const wait = Math.max(0, this.#toldAt + LEAST_MS - performance.now())
    setTimeout(() => {
      this.#isTelling = false
      this.#toldAt = performance.now()
      for (const listener of this.#listeners) listener()
    }, wait)
  }
}

/** Renders again whenever the store has changed. */
export function useStore<S extends Store>(store: S): S {
  const [, render] = useState(0)
  useEffect(() => store.onChange(() => render((count) => count + 1)), [store])
  return store
}
