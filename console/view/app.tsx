/** The page: first the schema, which all else is made of, then the console itself. */
import { useEffect, useState } from 'preact/hooks'
import { readCatalogue } from '../api/catalogue.ts'
import { ApiError } from '../api/graphql.ts'
import { openSession, type Session } from '../state/session.ts'
import { ConnectionBanner, ConnectionState } from './connection.tsx'
import { Events } from './events.tsx'
import { Partitions } from './partitions.tsx'
import { Plot } from './plot.tsx'
import { Publish } from './publish.tsx'
import { WhatToDo } from './what-to-do.tsx'

const RETRY_MS = 2_000

export function App() {
  const [session, setSession] = useState<Session | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [tries, setTries] = useState(0)

  useEffect(() => {
    const leaving = new AbortController()
    readCatalogue(leaving.signal).then(
      (catalogue) => {
        setError(null)
        setSession(openSession(catalogue))
      },
      (reason: unknown) => {
        if (leaving.signal.aborted) return
        setError(reason instanceof ApiError ? reason : new ApiError('INTERNAL_SERVER_ERROR', String(reason)))
      },
    )
    return () => leaving.abort()
  }, [tries])

  useEffect(() => {
    if (error === null || !error.isPassing) return
    const timer = setTimeout(() => setTries(tries + 1), RETRY_MS)
    return () => clearTimeout(timer)
  }, [error])

  useEffect(() => () => session?.close(), [session])

  return (
    <>
      {session !== null && (
        <a class="skip" href="#events">
          Skip to the events
        </a>
      )}
      <header class="top">
        <h1>
          <Mark />
          Herald <span>console</span>
        </h1>
        {session !== null && <ConnectionState follower={session.follower} />}
        <nav aria-label="Elsewhere in Herald">
          <a href="/graphql">Playground</a>
        </nav>
      </header>
      {session === null ? (
        <main class="alone">
          {error === null ? (
            <p role="status">Reading the schema…</p>
          ) : (
            <div role="alert">
              <WhatToDo error={error} />
              {error.isPassing ? (
                <p class="quiet">The console opens by itself as soon as there is an answer.</p>
              ) : (
                <button type="button" onClick={() => setTries(tries + 1)}>
                  Try again
                </button>
              )}
            </div>
          )}
        </main>
      ) : (
        <main>
          <ConnectionBanner session={session} />
          <div class="columns">
            <div class="wide">
              <Plot session={session} />
              <Events session={session} />
            </div>
            <div class="side">
              <Publish session={session} />
              <Partitions partitions={session.partitions} />
            </div>
          </div>
        </main>
      )}
    </>
  )
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path d="M7 13.5v5h4l9 5.5V8l-9 5.5z" fill="#fff" />
      <path d="M23.5 12.2a5.4 5.4 0 0 1 0 7.6M26 9.6a9 9 0 0 1 0 12.8" class="mark-sound" />
    </svg>
  )
}
