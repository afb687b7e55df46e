/** Whether the page hears the gateway: a word at the top, and the whole story below it when there is one. */
import { useState } from 'preact/hooks'
import type { Connection, Follower, Resumption } from '../state/follower.ts'
import type { Session } from '../state/session.ts'
import { useStore } from '../state/store.ts'
import { clockTime, plural, shortCursor } from '../words.ts'
import { useTick } from './hooks.ts'
import { WhatToDo } from './what-to-do.tsx'

const WORDS: { readonly [state in Connection['state']]: string } = {
  connecting: 'Connecting…',
  replaying: 'Replaying',
  live: 'Live',
  waiting: 'Reconnecting…',
  stopped: 'Stopped',
}

export function ConnectionState({ follower }: { readonly follower: Follower }) {
  const { state } = useStore(follower).connection
  return (
    <p class={`connection is-${state}`} role="status" data-state={state}>
      <span class="dot" aria-hidden="true" />
      {WORDS[state]}
    </p>
  )
}

export function ConnectionBanner({ session }: { readonly session: Session }) {
  const { connection, cursor, resumption } = useStore(session.follower)
  const [dismissed, dismiss] = useState<number | null>(null)
  return (
    <div class="banner" role="status" aria-label="Connection">
      {connection.state === 'waiting' ? (
        <Waiting {...connection} cursor={cursor} follower={session.follower} />
      ) : connection.state === 'stopped' ? (
        <Stopped {...connection} session={session} />
      ) : resumption !== null && resumption.resumedAt !== dismissed ? (
        <Resumed resumption={resumption} onDismiss={() => dismiss(resumption.resumedAt)} />
      ) : null}
    </div>
  )
}

type WaitingProps = Extract<Connection, { state: 'waiting' }> & {
  readonly cursor: string | null
  readonly follower: Follower
}

function Waiting({ error, retryAt, cursor, follower }: WaitingProps) {
  useTick(250)
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))
  return (
    <div class="note is-warning">
      <div>
        <WhatToDo error={error} />
        <p class="quiet">
          Reconnecting
          {cursor !== null && (
            <>
              {' '}
              after cursor <code title={cursor}>{shortCursor(cursor)}</code>
            </>
          )}
          <span aria-hidden="true">{seconds > 0 ? ` in ${seconds} s` : '…'}</span>
        </p>
      </div>
      <button type="button" onClick={() => follower.retryNow()}>
        Try now
      </button>
    </div>
  )
}

function Stopped({
  error,
  session,
}: {
  readonly error: Extract<Connection, { state: 'stopped' }>['error']
  session: Session
}) {
  const isLost = error.code === 'CURSOR_EXPIRED' || error.code === 'CURSOR_INVALID'
  return (
    <div class="note is-bad">
      <WhatToDo error={error} />
      <div class="buttons">
        {isLost ? (
          <>
            <button type="button" onClick={() => void session.begin({ from: 'beginning' })}>
              Replay what there is
            </button>
            <button type="button" onClick={() => void session.begin({ from: 'now' })}>
              Follow from now
            </button>
          </>
        ) : (
          <button type="button" onClick={() => session.follower.goOn()}>
            Try again
          </button>
        )}
      </div>
    </div>
  )
}

function Resumed({ resumption, onDismiss }: { readonly resumption: Resumption; readonly onDismiss: () => void }) {
  const { cursor, lostAt, resumedAt, caughtUp } = resumption
  return (
    <div class="note is-good">
      <p class="what">
        <strong>
          Resumed after cursor <code title={cursor}>{shortCursor(cursor)}</code>
        </strong>{' '}
        The connection was lost at {clockTime(lostAt)} and is back since {clockTime(resumedAt)}.{' '}
        {caughtUp === 0
          ? 'Nothing happened meanwhile.'
          : `${plural(caughtUp, 'event')} caught up: nothing lost, nothing doubled.`}
      </p>
      <button type="button" onClick={onDismiss}>
        Dismiss
      </button>
    </div>
  )
}
