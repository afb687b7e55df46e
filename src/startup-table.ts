/** What a person sees when Herald serves: its URL, and one line for each mutation. */
import type { Catalogue } from './catalogue/catalogue.ts'
import type { Config } from './config.ts'
import { textTable } from './text-table.ts'

const HEADINGS = ['mutation', 'REST path', 'event type', 'topic']

export function startupTable(
  { mutations }: Catalogue,
  { host, topic, brokers, dataDir }: Config,
  port: number,
): string {
  const rows = mutations.map(({ name, rest, event }) => [name, rest?.path ?? '-', event.type.text, topic])
  const log = brokers.length > 0 ? `Kafka at ${brokers.join(', ')}` : `embedded in ${dataDir}`
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  return `Herald serves ${url}/graphql (log: ${log})\n\n${textTable(HEADINGS, rows)}\n\n`
}
