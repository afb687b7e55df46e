/** The topic's partitions: what each holds, and how fast it grows. */
import type { Partitions as Store } from '../state/partitions.ts'
import { useStore } from '../state/store.ts'
import { count, perSecond } from '../words.ts'

export function Partitions({ partitions }: { readonly partitions: Store }) {
  const { all, error } = useStore(partitions)
  return (
    <section class="card" aria-labelledby="partitions-title">
      <h2 id="partitions-title">Partitions</h2>
      {all.length === 0 ? (
        <p class="quiet">{error === null ? 'Asking for them…' : error.message}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="scrolls" tabIndex={0} aria-label="Table of partitions">
          <table>
            <thead>
              <tr>
                <th scope="col">Number</th>
                <th scope="col">Beginning</th>
                <th scope="col">End</th>
                <th scope="col">Events/s</th>
              </tr>
            </thead>
            <tbody>
              {all.map(({ number, beginning, end }) => {
                const rate = partitions.rate(number)
                return (
                  <tr key={number}>
                    <th scope="row">{number}</th>
                    <td>{count(beginning)}</td>
                    <td>{count(end)}</td>
                    <td>{rate === null ? '–' : perSecond(rate)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      )}
      {all.length > 0 && error !== null && <p class="quiet">As of the last answer. {error.message}</p>}
    </section>
  )
}
