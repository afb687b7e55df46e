/** Which events the list shows: by kind, which is the plot's key as well, and by the beginning of the type. */
import type { Session } from '../state/session.ts'
import { perSecond } from '../words.ts'
import type { Filter } from './events.tsx'
import { useTick } from './hooks.ts'

interface FiltersProps {
  readonly session: Session
  readonly filter: Filter
  readonly onChange: (filter: Filter) => void
}

export function Filters({ session, filter, onChange }: FiltersProps) {
  const { events } = session.catalogue
  const { rates } = session
  useTick(1_000)
  const toggle = (kind: string) => {
    const hidden = new Set(filter.hidden)
    if (!hidden.delete(kind)) hidden.add(kind)
    onChange({ ...filter, hidden })
  }
  return (
    <fieldset class="filters" aria-label="Show events">
      {events.map(({ name, colour, description }) => {
        const rate = rates.rate(name)
        return (
          <button
            key={name}
            type="button"
            class="chip"
            title={description}
            aria-pressed={!filter.hidden.has(name)}
            onClick={() => toggle(name)}
          >
            <span class={`swatch ${colour}`} aria-hidden="true" />
            {name}
            {rate > 0 && <span class="rate">{perSecond(rate)}/s</span>}
          </button>
        )
      })}
      <label class="prefix">
        <span>Type begins with</span>
        <input
          type="search"
          value={filter.prefix}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => onChange({ ...filter, prefix: currentTarget.value })}
        />
      </label>
    </fieldset>
  )
}
