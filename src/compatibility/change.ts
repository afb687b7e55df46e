/** A difference between two catalogues, and whom it concerns. */

/** Something that is not as it was. */
export interface Change {
  /** Schema coordinate: `Mutation.joinGuild(guildName:)`. */
  readonly coordinate: string
  /** Whether a reader of records that are there, or a caller who goes on as before, is worse off. */
  readonly breaks: boolean
  /** What was and what is, in one line. */
  readonly what: string
}

export function breaking(coordinate: string, what: string): Change {
  return { coordinate, breaks: true, what }
}

export function compatible(coordinate: string, what: string): Change {
  return { coordinate, breaks: false, what }
}

/** What is in both by its name, in the order of the first, and what is in one of them alone. */
export function paired<Item extends { readonly name: string }>(
  before: readonly Item[],
  after: readonly Item[],
): {
  readonly both: readonly (readonly [Item, Item])[]
  readonly removed: readonly Item[]
  readonly added: readonly Item[]
} {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [item.name, item])))
  return {
    both: before.flatMap((item) => {
      const other = now!.get(item.name)
      return other === undefined ? [] : [[item, other] as const]
    }),
    removed: before.filter(({ name }) => !now!.has(name)),
    added: after.filter(({ name }) => !old!.has(name)),
  }
}
