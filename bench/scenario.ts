/**
 * What is compared: a scenario has contenders (Herald, a limit, peers) that do the same job, and rows that say which
 * figure of Herald's is held against whose. Rounds are interleaved, A B C, C B A, so that what the machine does
 * meanwhile hits all alike, and whose turn is the first, too; each round of Herald is divided by the limit's of the
 * same turn.
 */
import type { Generator } from './load/generator.ts'

/** What a round can give: its unit as a column says it. */
export const FIGURES = {
  cpu: 'µs of CPU an event',
  rate: 'events/s',
  p50: 'p50, ms',
  p99: 'p99, ms',
  live: 'live after, ms',
  ready: 'ready after, ms',
  resident: 'memory, MB',
  aboveIdle: 'memory above idle, MB',
  each: 'memory each, kB',
  idleCpu: 'CPU when idle, %',
  generator: 'load generator, % of a core',
} as const

export type Figure = keyof typeof FIGURES

/** What one round gave. */
export type Figures = Readonly<Partial<Record<Figure, number>>>

export interface Entrant {
  /** Runs for about so many seconds. Throws where something was lost, doubled or refused: then there is no figure. */
  round(seconds: number): Promise<Figures>
  close(): Promise<void>
}

export interface Contender {
  readonly name: string
  readonly role: 'herald' | 'limit' | 'peer'
  open(bench: Bench): Promise<Entrant>
}

/** One line of the table: a figure of Herald's. */
export interface Row {
  readonly label: string
  readonly figure: Figure
  /** The contender to divide by; null: the figure itself counts, in `unit`. */
  readonly against: string | null
  /** Herald's is `of`; default `herald`. */
  readonly of?: string
  readonly unit: string
  /** What the issue asks for: at most this ratio, or this figure. */
  readonly goal: number
  /** Subtracts instead of dividing: the goal is at most so much above. */
  readonly isDifference?: boolean
}

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
  readonly contenders: readonly Contender[]
  /** Seconds that each contender runs before the first round counts, peers half of it; 0: each round is a new process. */
  readonly warmSeconds: number
  /** Seconds of a round unless it is told otherwise; 0: a round takes what it takes. */
  readonly roundSeconds: number
}

/** What the scenarios share: a broker, topics in it, and the generator. */
export interface Bench {
  readonly brokers: string
  readonly generator: Generator
  /** How many events a replay reads, and so on: 1 in a full run, less in a quick one. */
  readonly scale: number
  /** A new topic, with one partition and on the common broker unless it is told otherwise. */
  topic(name: string, where?: { readonly brokers?: string; readonly partitions?: number }): Promise<string>
  /** How many records the topic holds. */
  endOf(topic: string): Promise<number>
  /** A topic that holds `count` events; the same one for the same count. */
  filled(count: number): Promise<string>
  /** A broker whose groups wait 3 s before their first join, as Kafka's own default is. */
  slowBroker(): Promise<string>
}

/** What one contender gave over all rounds: null where a round failed. */
export interface Measured {
  readonly contender: string
  readonly role: Contender['role']
  readonly rounds: readonly (Figures | null)[]
  readonly faults: readonly string[]
}

export interface Outcome {
  readonly scenario: Scenario
  readonly measured: readonly Measured[]
}

export interface Plan {
  readonly rounds: number
  /** Overrides the scenario's own. */
  readonly seconds: number | null
  readonly peers: boolean
}

/** Runs one scenario. A contender that cannot start, or fails a round, has no figure, and says why. */
export async function runScenario(
  scenario: Scenario,
  bench: Bench,
  plan: Plan,
  progress: (line: string) => void,
): Promise<Outcome> {
  const seconds = plan.seconds ?? scenario.roundSeconds
  const warmSeconds = Math.min(
    scenario.warmSeconds,
    plan.seconds === null ? Number.POSITIVE_INFINITY : plan.seconds * 2,
  )
  const chosen = scenario.contenders.filter(({ role }) => role !== 'peer' || plan.peers)
  const results = chosen.map(({ name, role }) => ({
    contender: name,
    role,
    rounds: [] as (Figures | null)[],
    faults: [] as string[],
  }))
  const entrants: (Entrant | null)[] = []
  try {
    for (const [index, contender] of chosen.entries()) {
      const { faults } = results[index]!
      entrants[index] = await contender.open(bench).catch((error: unknown) => noFigure(faults, error))
      const entrant = entrants[index]
      if (!entrant || scenario.warmSeconds === 0) continue
      progress(`${scenario.name}: warming ${contender.name}`)
      const share = contender.role === 'peer' ? 0.5 : 1
      await entrant.round(warmSeconds * share).catch((error) => noFigure(faults, error))
    }
    for (let round = 1; round <= plan.rounds; round++) {
      const turn = [...results.entries()]
      if (round % 2 === 0) turn.reverse()
      for (const [index, { contender, rounds, faults }] of turn) {
        const entrant = entrants[index]
        const figures = entrant ? await watched(entrant, seconds, bench.generator, faults) : null
        rounds.push(figures)
        progress(
          `${scenario.name}: ${contender}, round ${round} of ${plan.rounds}: ${figures ? inWords(figures) : `no figure (${faults.at(-1)})`}`,
        )
      }
    }
  } finally {
    for (const entrant of entrants) await entrant?.close()
  }
  return { scenario, measured: results }
}

/** A round, with how busy it kept the load generator: one that is busy all the time is measured itself. */
async function watched(
  entrant: Entrant,
  seconds: number,
  generator: Generator,
  faults: string[],
): Promise<Figures | null> {
  generator.takeBusiest()
  try {
    const figures = await entrant.round(seconds)
    const busiest = generator.takeBusiest()
    return busiest === null ? figures : { ...figures, generator: busiest }
  } catch (error) {
    return noFigure(faults, error)
  }
}

function noFigure(faults: string[], error: unknown): null {
  faults.push(String(error instanceof Error ? error.message : error).slice(0, 600))
  return null
}

function inWords(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value >= 100 ? Math.round(value) : value.toPrecision(3)}`)
    .join(', ')
}
