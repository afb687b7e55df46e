/** Publishing many events at once, through the running product. */
import { graphql } from '../generated/index.ts'
import type { Herald } from './herald.ts'

const JOIN = graphql(
  `mutation SupportJoin($guildName: String!) { joinGuild(guildName: $guildName) { id cursor type } }`,
)

/** An event that was acknowledged. */
export interface PublishedEvent {
  readonly id: string
  readonly cursor: string
  readonly type: string
}

/** Publishes `joined_guild:<guildName>`; resolves when it is acknowledged. Throws what the gateway answers else. */
export async function join(herald: Herald, guildName: string): Promise<PublishedEvent> {
  const { data, errors } = await herald.query(JOIN, { guildName })
  if (!data) throw new Error(JSON.stringify(errors))
  return data.joinGuild
}

/** Publishes one event for each name, several at a time; resolves with them in the order of the log. */
export async function joinAll(herald: Herald, names: readonly string[]): Promise<PublishedEvent[]> {
  const waiting = [...names]
  const done: PublishedEvent[] = []
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) done.push(await join(herald, name))
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return done
}
