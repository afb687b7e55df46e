/** Waiting, always with an end: a pause that an AbortSignal cuts short, and a promise bounded by a deadline. */

/** Why something is aborted that nobody asks: without a reason AbortController makes an error, with its stack. */
export const OVER = 'over'

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, ms))
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Settles as `promise`, or rejects with `late()` after `ms`; a later rejection of `promise` is swallowed. */
export function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.max(0, ms))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The promise's value, or null if it fails, if `ms` pass before, or as soon as the signal aborts. Never rejects. */
export function attempt<T>(promise: Promise<T>, ms: number, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve) => {
    const finish = (value: T | null) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', nothing)
      resolve(value)
    }
    const nothing = () => finish(null)
    const timer = setTimeout(nothing, Math.max(0, ms))
    if (signal.aborted) nothing()
    else signal.addEventListener('abort', nothing, { once: true })
    promise.then(finish, nothing)
  })
}

/**
 * A signal that aborts with the first of some. `release` lets go of them: AbortSignal.any of a signal that lives
 * as long as the process is not collected on every Node 20.
 */
export function anySignal(signals: readonly AbortSignal[]): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const abort = () => controller.abort(OVER)
  for (const signal of signals) {
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  }
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}

/** Resolves to the promise's value, or to null as soon as the signal aborts; a later rejection is swallowed. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  if (signal === undefined) return promise
  if (signal.aborted) {
    promise.catch(() => {})
    return Promise.resolve(null)
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(null)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
