#!/usr/bin/env bash
# curl: publishes an event, shows the first page of the log, and follows it as server-sent events from the beginning
# on. A stream that is cut goes on behind the last event that was shown (Last-Event-ID). Ctrl-C ends it.
set -euo pipefail
herald=${HERALD_URL:-http://127.0.0.1:5000}

# By its REST path. The same key again, as --retry sends it when no answer was heard, makes no second event.
curl -fsS --retry 5 --retry-connrefused -H "idempotency-key: $(date +%s%N)-$$" "$herald/join_guild/curl"

# By GraphQL: JSON, always (a form would be refused).
curl -fsS "$herald/graphql" -H 'content-type: application/json' \
  -d '{"query": "{ events(first: 5) { nodes { type record { offset } } pageInfo { hasNextPage endCursor } } }"}'
echo

last='' # The id of the last event that was shown. (curl leaves a header out that has no value.)
while true; do
  id='' data=''
  while IFS= read -r line; do
    case $line in
      'id: '*) id=${line#id: } ;;
      'data: '*) data=${line#data: } ;;
      'event: complete') exit 0 ;;
      '') # The end of a block. One without data only tells how far the gateway has looked.
        if [ -n "$data" ]; then printf '%s\n' "$data"; fi
        last=${id:-$last} data=''
        ;;
    esac
  done < <(curl -fsSN "$herald/graphql" -H 'accept: text/event-stream' -H 'content-type: application/json' \
    -H "last-event-id: $last" -d '{"query": "subscription { events(from: EARLIEST) { type record { offset } } }"}')
  sleep 1
done
