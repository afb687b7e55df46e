/**
 * The events as they come, the newest at the top: pause, filter, open one, replay. To open an event, or to scroll,
 * pauses the list, so that nothing moves under who reads; the stream itself goes on.
 */
import { useCallback, useState } from 'preact/hooks'
import type { ConsoleEvent } from '../api/events.ts'
import { type Entry, isEvent, KEPT } from '../state/history.ts'
import type { Session } from '../state/session.ts'
import { useStore } from '../state/store.ts'
import { count, plural, sentence } from '../words.ts'
import { EventDetails } from './event-details.tsx'
import { EventList } from './event-list.tsx'
import { Filters } from './filters.tsx'
import { Replay } from './replay.tsx'

export interface Filter {
  /** Kinds that are left out. */
  readonly hidden: ReadonlySet<string>
  /** What an event's type must begin with. */
  readonly prefix: string
}

const EVERYTHING: Filter = { hidden: new Set(), prefix: '' }

export function Events({ session }: { readonly session: Session }) {
  const history = useStore(session.history)
  useStore(session.follower)
  /** What the list shows while it is paused, and how many events had come by then. */
  const [paused, setPaused] = useState<{ entries: readonly Entry[]; count: number } | null>(null)
  const [filter, setFilter] = useState(EVERYTHING)
  const [opened, setOpened] = useState<ConsoleEvent | null>(null)

  const pause = useCallback(() => {
    setPaused((known) => known ?? { entries: [...history.entries], count: history.count })
  }, [history])
  const goOn = () => {
    setPaused(null)
    setOpened(null)
  }
  const open = useCallback(
    (event: ConsoleEvent | null) => {
      if (event !== null) pause()
      setOpened(event)
    },
    [pause],
  )

  const entries = paused?.entries ?? history.entries
  const isAll = filter.hidden.size === 0 && filter.prefix === ''
  const shown = isAll ? entries : entries.filter((entry) => matches(entry, filter))
  const isNew = paused === null ? 0 : history.count - paused.count

  return (
    <section class="card events" id="events" tabIndex={-1} aria-labelledby="events-title">
      <div class="toolbar">
        <h2 id="events-title">Events</h2>
        <button type="button" class="pause" aria-pressed={paused !== null} onClick={paused === null ? pause : goOn}>
          {paused === null ? 'Pause' : 'Resume'}
        </button>
        <p class="quiet" role="status">
          {paused !== null && `Paused; ${isNew <= 0 ? 'nothing new' : `${plural(isNew, 'new event')}`}`}
        </p>
        <Replay session={session} onBegin={goOn} />
      </div>
      <Filters session={session} filter={filter} onChange={setFilter} />
      <div class={opened === null ? 'panes' : 'panes has-details'}>
        <div class="list-pane">
          {shown.length === 0 ? (
            <Empty session={session} kept={entries.length} onShowAll={() => setFilter(EVERYTHING)} />
          ) : (
            <EventList
              catalogue={session.catalogue}
              entries={shown}
              opened={opened}
              isPaused={paused !== null}
              onOpen={open}
              onScrolled={pause}
            />
          )}
          <p class="foot quiet">
            {isAll
              ? plural(shown.length, 'event')
              : `${count(shown.length)} of ${plural(entries.length, 'event')} match`}
            {history.count > KEPT
              ? `. This page keeps the last ${count(KEPT)} of ${count(history.count)}; replay to read older ones.`
              : history.hasOlder && '. The log has older ones; replay to read them.'}
          </p>
        </div>
        {opened !== null && (
          <EventDetails event={opened} catalogue={session.catalogue} onClose={() => setOpened(null)} />
        )}
      </div>
    </section>
  )
}

function matches(entry: Entry, { hidden, prefix }: Filter): boolean {
  return !isEvent(entry) || (!hidden.has(entry.__typename) && entry.type.startsWith(prefix))
}

interface EmptyProps {
  readonly session: Session
  readonly kept: number
  readonly onShowAll: () => void
}

function Empty({ session, kept, onShowAll }: EmptyProps) {
  const { follower, catalogue } = session
  const [mutation] = [...catalogue.mutations].sort((a, b) => a.arguments.length - b.arguments.length)
  const { state } = follower.connection
  return (
    <div class="empty">
      {kept > 0 ? (
        <>
          <p>None of the {plural(kept, 'event')} here match.</p>
          <button type="button" onClick={onShowAll}>
            Show all
          </button>
        </>
      ) : state === 'connecting' ? (
        <p>Connecting…</p>
      ) : state === 'replaying' ? (
        <p>Reading the log…</p>
      ) : state === 'live' ? (
        <>
          <p>No events yet.</p>
          <p class="quiet">
            {mutation === undefined
              ? 'Declare one in the folder of the SDL; what is published shows up here at once.'
              : `Press “${sentence(mutation.name)}”, and it shows up here as soon as the log has it.`}
          </p>
        </>
      ) : (
        <p>Nothing is known yet.</p>
      )}
    </div>
  )
}
