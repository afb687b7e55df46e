/** What `npm run bench` can be told. */
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run bench [-- OPTIONS]
  --only NAME[,NAME]  only these scenarios; a name may be cut short (fanout)
  --rounds N          rounds of each contender; default 3
  --seconds N         seconds of each round; by default each scenario has its own
  --scale X           share of the events and subscribers, from 0.001 to 1; default 1
  --no-peers          only Herald and the limits; installs nothing
  --no-write          leaves bench/results.md and results.svg as they are; so does every quick form
  --list              names the scenarios`

export interface Options {
  readonly only: readonly string[]
  readonly rounds: number
  readonly seconds: number | null
  readonly scale: number
  readonly peers: boolean
  /** A run that was cut short in any way is no result to keep. */
  readonly write: boolean
  readonly list: boolean
}

/** Throws Error with what is wrong and the usage. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: '' },
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string' },
        scale: { type: 'string', default: '1' },
        'no-peers': { type: 'boolean', default: false },
        'no-write': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    })
    const only = values.only.split(',').filter((name) => name !== '')
    const rounds = numberOf('rounds', values.rounds, 1, 100)
    const seconds = values.seconds === undefined ? null : numberOf('seconds', values.seconds, 0.1, 600)
    const scale = numberOf('scale', values.scale, 0.001, 1)
    const peers = !values['no-peers']
    const isWhole = only.length === 0 && rounds >= 3 && seconds === null && scale === 1 && peers
    return { only, rounds, seconds, scale, peers, write: isWhole && !values['no-write'], list: values.list }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`)
  }
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new Error(`--${name} takes a number from ${least} to ${most}`)
  }
  return value
}
