"""Python with gql: publishes an event, shows what happened last, and follows what happens from there on, over whatever
becomes of the connection. Ctrl-C ends it.

    pip install 'gql[aiohttp]==4.4.0'
    python examples/gql_client.py
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed, TransportQueryError

HERALD_URL = os.environ.get("HERALD_URL", "http://127.0.0.1:5000")
OPERATIONS = gql(Path(__file__).with_name("operations.graphql").read_text())
# Errors that pass: the same subscription may succeed a moment later.
PASSING = {"LOG_UNAVAILABLE", "OVERLOADED", "RATE_LIMITED", "SUBSCRIBER_TOO_SLOW"}


def request(name: str, **variables: object) -> GraphQLRequest:
    return GraphQLRequest(OPERATIONS, operation_name=name, variable_values=variables)


async def follow(after: str) -> AsyncIterator[dict]:
    """Yields the events behind a cursor. gql's own way to reconnect would begin at the same cursor again."""
    while True:
        # The heartbeat notices a connection that was cut without a word.
        transport = AIOHTTPWebsocketsTransport(url=f"{HERALD_URL}/graphql", heartbeat=10)
        try:
            async with Client(transport=transport) as session:
                async for result in session.subscribe(request("Follow", after=after)):
                    after = result["events"]["cursor"]
                    yield result["events"]
                return
        except TransportQueryError as error:
            if error.errors[0]["extensions"]["code"] not in PASSING:
                raise
        except (TransportClosed, TransportConnectionFailed):
            pass
        await asyncio.sleep(1)


def show(event: dict) -> None:
    joined = event["__typename"] == "GuildJoined"
    what = f"somebody joined {event['guildName']}" if joined else event["type"]
    print(event["record"]["offset"], event["timestamp"], what, flush=True)


async def main() -> None:
    async with Client(transport=AIOHTTPTransport(url=f"{HERALD_URL}/graphql")) as session:
        # With the same key again, as after an answer that was not heard, there would be no second event.
        key = {"headers": {"Idempotency-Key": str(uuid4())}}
        await session.execute(request("JoinGuild", guildName="gql"), extra_args=key)
        events = (await session.execute(request("Latest")))["events"]
    for event in events["nodes"]:
        show(event)
    async for event in follow(events["end"]):
        show(event)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
