/** An error, and what to do about it. */
import type { ApiError } from '../api/graphql.ts'

const ADVICE: { readonly [code: string]: string } = {
  UNREACHABLE: 'See whether Herald runs, and whether this computer reaches it.',
  LOG_UNAVAILABLE: 'The gateway runs, but its log does not answer. It tries again by itself.',
  OVERLOADED: 'The gateway has more to do than it can. It passes.',
  RATE_LIMITED: 'You have asked more often than you may. It passes.',
  CURSOR_EXPIRED: 'Retention has removed the events behind the place that was reached: some were missed.',
  CURSOR_INVALID: 'The topic is another than it was: the place that was reached is not in it.',
  FORBIDDEN: 'Ask whoever runs this gateway for the right to do so.',
}

export function WhatToDo({ error }: { readonly error: ApiError }) {
  if (error.code === 'UNAUTHENTICATED') {
    return (
      <p class="what">
        <strong>You are not signed in.</strong> {error.message} <a href="/session">Sign in</a>, then come back here.
      </p>
    )
  }
  return (
    <p class="what">
      <strong>{error.message}</strong> {ADVICE[error.code]}
    </p>
  )
}
