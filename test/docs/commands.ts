/** Commands in the running text of a page: `npm run kafka`. */
const COMMAND = /`((?:[A-Z_]+=\S+ )*(?:npm|npx|node|curl|kcat|docker|docker-compose) [^`]*)`/g

export function commandsIn(page: string): string[] {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(COMMAND)].map(([, command]) => command!)
}
