/** Players of the game, as many as make a lively log: they publish over GraphQL and REST until they are stopped. */

const HEROES = ['aria', 'borin', 'cassia', 'doran', 'elowen', 'fenn', 'gudrun', 'halvar']
const GUILDS = ['night_watch', 'red_foxes', 'stonecutters', 'tide_callers']
const ITEMS = ['iron sword', 'oak shield', 'healing potion', 'map of the north', 'silver ring', 'lantern']
const CALLINGS = ['WARRIOR', 'MAGE', 'ROGUE']
const CLIENTS = [
  'GameClient/4.2 (Windows NT 10.0)',
  'GameClient/4.2 (Macintosh)',
  'GameClient-iOS/4.1.7',
  'GameClient-Android/4.2.1',
]

/** Events a second of the whole crowd, on the mean. */
const PACE = 18

const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)]!

/** What players do: a path by GET, or a mutation. What is there twice is done twice as often. */
const BUY = () => ['/buy_a_sword'] as const
const JOIN = () => [`/join_guild/${pick(GUILDS)}`] as const
const IDLE = () => ['/'] as const
const LEVEL = () => {
  const level = 2 + Math.floor(Math.random() * 40)
  return mutation(`levelUp(hero: "${pick(HEROES)}", level: ${level}, calling: ${pick(CALLINGS)})`)
}
const TRADE = () => {
  const items = JSON.stringify([...new Set([pick(ITEMS), pick(ITEMS)])])
  return mutation(`makeTrade(buyer: "${pick(HEROES)}", items: ${items}, gold: ${(Math.random() * 90 + 5).toFixed(2)})`)
}
const ACTS = [BUY, BUY, BUY, BUY, JOIN, JOIN, IDLE, LEVEL, LEVEL, LEVEL, TRADE, TRADE]

const mutation = (field: string) => ['/graphql', `mutation { ${field} { id } }`] as const

/** Plays until the signal aborts; resolves then. */
export async function play(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // More at some times than at others, as players are.
    const crowd = 1 + 0.55 * Math.sin(Date.now() / 23_000) + 0.25 * Math.sin(Date.now() / 7_000)
    await new Promise((resolve) => setTimeout(resolve, -Math.log(1 - Math.random()) * (1000 / (PACE * crowd))))
    act(url).catch(() => {})
  }
}

async function act(url: string): Promise<void> {
  const [path, query] = pick(ACTS)()
  const response = await fetch(url + path, {
    method: query === undefined ? 'GET' : 'POST',
    headers: {
      'user-agent': pick(CLIENTS),
      'accept-language': pick(['en', 'de', 'fr']),
      ...(query !== undefined && { 'content-type': 'application/json' }),
    },
    ...(query !== undefined && { body: JSON.stringify({ query }) }),
  })
  await response.text()
}
