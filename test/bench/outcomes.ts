/** An outcome as a run leaves it, with figures that are easy to reckon with. */
import type { Contender, Measured, Outcome, Row } from '../../bench/scenario.ts'

export const mutationRow: Row = {
  label: 'a mutation',
  figure: 'cpu',
  against: 'limit',
  unit: 'x limit',
  goal: 1.2,
}

export const firstRow: Row = { label: 'first subscriber live', figure: 'live', against: null, unit: 'ms', goal: 50 }

const contender = (name: string, role: Contender['role']): Contender => ({
  name,
  role,
  open: () => Promise.reject(new Error('it is not run here')),
})

export function outcomeOf(rows: readonly Row[], measured: readonly Measured[]): Outcome {
  const contenders = measured.map(({ contender: name, role }) => contender(name, role))
  const scenario = { name: 'one', title: 'One & all', rows, contenders, warmSeconds: 0, roundSeconds: 1 }
  return { scenario, measured }
}

const cpu = (...values: readonly (number | null)[]) => values.map((value) => (value === null ? null : { cpu: value }))

/** Herald lacks its second round; the machine was half as fast in the third. */
export const mutation = outcomeOf(
  [mutationRow],
  [
    { contender: 'herald', role: 'herald', rounds: cpu(55, null, 100), faults: ['3 errors, the first: 503 <busy>'] },
    { contender: 'limit', role: 'limit', rounds: cpu(50, 52, 80), faults: [] },
    { contender: 'limit again', role: 'limit', rounds: cpu(51, 52, 76), faults: [] },
    { contender: 'a peer', role: 'peer', rounds: cpu(200, 208, 320), faults: [] },
    { contender: 'one that did not start', role: 'peer', rounds: [null, null, null], faults: ['no such file'] },
  ],
)

export const first = outcomeOf(
  [firstRow],
  [
    { contender: 'herald', role: 'herald', rounds: [{ live: 12.25 }, { live: 70 }], faults: [] },
    { contender: 'late | group', role: 'peer', rounds: [{ live: 3_200 }, { live: 3_220 }], faults: [] },
  ],
)
