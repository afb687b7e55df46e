#!/usr/bin/env bash
# kcat, against the Kafka that Herald publishes to (KAFKA_BROKERS): writes an event past Herald, which its subscribers
# see like any other, and prints the topic: offset, time, key, CloudEvents' id, value.
set -euo pipefail
brokers=${KAFKA_BROKERS:-127.0.0.1:9092} topic=${KAFKA_TOPIC:-events}

echo '{"event_type": "joined_guild:kcat"}' | kcat -P -b "$brokers" -t "$topic" -X acks=all

# -e ends at the end of the topic. To follow, and to come back to the same place, read as a consumer group instead:
# kcat -b "$brokers" -G my-group "$topic"
kcat -C -b "$brokers" -t "$topic" -o beginning -e -q -f '%o %T %k %h %s\n'
