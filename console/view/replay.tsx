/** Begins the stream in the past, shows how far it is, and goes back to the present. */
import { useState } from 'preact/hooks'
import { localMoment, moment } from '../state/argument-value.ts'
import type { Session } from '../state/session.ts'
import { useStore } from '../state/store.ts'
import { count, plural } from '../words.ts'

/** Where "a time" begins, before another is chosen. */
const AGO_MS = 10 * 60_000

interface ReplayProps {
  readonly session: Session
  readonly onBegin: () => void
}

export function Replay({ session, onBegin }: ReplayProps) {
  const progress = useStore(session.progress)
  const [from, setFrom] = useState<'beginning' | 'time'>('beginning')
  const [time, setTime] = useState(() => localMoment(Date.now() - AGO_MS))
  const begin = (submitted: Event) => {
    submitted.preventDefault()
    onBegin()
    void session.begin(from === 'beginning' ? { from } : { from, since: moment(time) })
  }
  const toNow = () => {
    onBegin()
    void session.begin({ from: 'now' })
  }
  return (
    <>
      <form class="replay" aria-label="Replay" onSubmit={begin}>
        <label>
          <span>Replay from</span>
          <select value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value as 'beginning' | 'time')}>
            <option value="beginning">the beginning</option>
            <option value="time">a time</option>
          </select>
        </label>
        {from === 'time' && (
          <input
            type="datetime-local"
            step="1"
            required
            aria-label="Time to replay from"
            value={time}
            onInput={({ currentTarget }) => setTime(currentTarget.value)}
          />
        )}
        <button type="submit">Replay</button>
      </form>
      {progress.isOn && (
        <div class="progress">
          <progress max={1} value={progress.done} aria-label="Replay" />
          <p role="status">
            {progress.isOver
              ? `Replayed ${plural(progress.count, 'event')} in ${progress.seconds.toFixed(1)} s; live from there on.`
              : `Replaying: ${Math.floor(progress.done * 100)} %, ${plural(progress.count, 'event')}, ${count(progress.count / Math.max(progress.seconds, 0.1))}/s`}
          </p>
          <button type="button" class="small" onClick={toNow}>
            {progress.isOver ? 'Leave the replay' : 'Stop the replay'}
          </button>
        </div>
      )}
    </>
  )
}
