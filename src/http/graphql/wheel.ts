/**
 * One clock for all connections that are open for long: pings, silences, patience. A timer for each would cost each
 * connection memory, and Herald may have many thousands.
 */

export interface Ticking {
  /** Once a second; `now` counts the seconds. Throws nothing. */
  tick(now: number): void
}

export class Wheel {
  now = 0
  readonly #members = new Set<Ticking>()
  #timer: NodeJS.Timeout | null = null

  add(member: Ticking): void {
    this.#members.add(member)
    this.#timer ??= setInterval(() => this.#turn(), 1_000)
  }

  delete(member: Ticking): void {
    this.#members.delete(member)
    if (this.#members.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #turn(): void {
    this.now++
    for (const member of this.#members) member.tick(this.now)
  }
}
