/** How a record names the publish that it came from, read from its bytes with no knowledge of Herald's code. */

/** The guild's name; a record that is none of ours is named by its text. */
export function nameOf(value: string | null): string {
  try {
    const { event_type: type } = JSON.parse(value ?? '') as { event_type?: unknown }
    const [, name] = /^joined_guild:(.*)$/.exec(String(type)) ?? []
    if (name !== undefined) return name
  } catch {
    // Not JSON: no event of ours.
  }
  return `foreign record ${value}`
}
