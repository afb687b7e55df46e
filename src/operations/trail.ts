/**
 * Where a walk over several partitions was at each record, written down as it goes: one entry a step, not a vector of
 * all partitions (with 512 of them a vector an event cost more than all else). A vector is made where one is asked
 * for; asked in the order of the walk, each goes on from the one before it.
 */
import type { Vector } from '../log/event-log.ts'

export class Trail {
  readonly #start: Vector
  /** Partition and offset by turns. */
  readonly #moves: number[] = []
  #vector: number[]
  /** How many of the moves `#vector` has. */
  #at = 0

  constructor(start: Vector) {
    this.#start = start
    this.#vector = [...start]
  }

  /** The walk goes to an offset in a partition. */
  move(partition: number, offset: number): void {
    this.#moves.push(partition, offset)
  }

  /** Makes, when it is called, the vector of where the walk is now, but with this offset in this partition. */
  behind(partition: number, offset: number): () => Vector {
    const moves = this.#moves.length
    return () => {
      const after = this.#after(moves)
      const length = Math.max(after.length, partition + 1)
      // Partitions that were added since it began are at 0.
      return Array.from({ length }, (_, p) => (p === partition ? offset : (after[p] ?? 0)))
    }
  }

  #after(moves: number): Vector {
    if (moves < this.#at) {
      this.#vector = [...this.#start]
      this.#at = 0
    }
    for (; this.#at < moves; this.#at += 2) this.#vector[this.#moves[this.#at]!] = this.#moves[this.#at + 1]!
    return this.#vector
  }
}
