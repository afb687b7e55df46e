/**
 * EventSource on Node: shows everything that ever happened, and what happens from there on. It comes back by itself
 * when the connection is lost, and tells the last event that it saw (Last-Event-ID), so nothing is lost or doubled.
 * `npx tsx examples/event-source.ts`; Ctrl-C ends it.
 */
import { EventSource } from 'eventsource'
import { type ExecutionResult, print } from 'graphql'
import { FollowDocument, type FollowSubscription } from './generated/graphql.ts'

const { HERALD_URL = 'http://127.0.0.1:5000' } = process.env

// To begin with what happens now, give the variable `after`, from `end` of the query `events`: the npm package
// eventsource, unlike browsers, has no place to come back to before its first event.
const source = new EventSource(`${HERALD_URL}/graphql?query=${encodeURIComponent(print(FollowDocument))}`)

// Not `onmessage`: the events have names, `next` and `complete`.
source.addEventListener('next', ({ data: json }) => {
  const { data, errors } = JSON.parse(json) as ExecutionResult<FollowSubscription>
  // What passes (LOG_UNAVAILABLE) is tried again; what does not is followed by `complete`.
  if (!data) return console.error(errors?.[0]?.message)
  const event = data.events
  const what = event.__typename === 'GuildJoined' ? `somebody joined ${event.guildName}` : event.type
  console.log(event.record.offset, event.timestamp, what)
})

// It would come back even then.
source.addEventListener('complete', () => source.close())

source.addEventListener('error', ({ message }) => {
  console.error(source.readyState === EventSource.CLOSED ? 'refused for good:' : 'lost, coming back:', message)
})
