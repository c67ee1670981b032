"""A room that fills up: tickets are many, chairs are not."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx

from tests.e2e.client import PATIENCE_SEC, Client, a_client
from tests.emulator import Emulator, StartEmulator
from tests.meetings.people import World

TICKETS, CHAIRS, AT_ONCE = 300, 200, 24


async def test_three_hundred_tickets_do_not_put_more_than_two_hundred_people_into_a_room(
    world: World, start_emulator: StartEmulator
) -> None:
    """A ticket promises no chair: that is decided at the join, one at a time, by everyone's room.

    The host comes when it is full, and is not refused.
    """
    emulator = start_emulator(RATE_LIMIT_SCALE="1000")
    ada = world.account("Ada")
    async with httpx.AsyncClient(base_url=emulator.url, timeout=PATIENCE_SEC) as http:
        created = await http.post(
            "/v1/meetings",
            json={"settings": {"accessType": "open", "maxParticipants": CHAIRS}},
            headers={"authorization": f"Bearer {ada.token}"},
        )
        path = f"/v1/meetings/{created.json()['id']}/room-token"
        turns = asyncio.Semaphore(AT_ONCE)

        async def ticket(by: str | None = None) -> str:
            async with turns:
                headers = {"authorization": f"Bearer {by}"} if by else {}
                answer = await http.post(path, headers=headers)
                assert answer.json()["admission"] == "admitted"
                return str(answer.json()["roomToken"])

        tickets = await asyncio.gather(*(ticket() for _ in range(TICKETS)))
        host_ticket = await ticket(ada.token)

    async with AsyncExitStack() as stack:
        replies = await asyncio.gather(*(join(stack, turns, emulator, one) for one in tickets))
        host = await stack.enter_async_context(a_client(emulator.socket_url))
        await host.ask("auth.authenticate", {"accessToken": ada.token})
        joined = await host.ask("room.join", {"roomToken": host_ticket})

    assert kinds(replies) == {"room.joined": CHAIRS, "meeting/full": TICKETS - CHAIRS}
    assert joined["type"] == "room.joined"
    (row,) = world.sql("SELECT count(*) FROM participants WHERE admission = 'admitted'")
    assert row["count"] == CHAIRS + 1


async def join(
    stack: AsyncExitStack, turns: asyncio.Semaphore, emulator: Emulator, ticket: str
) -> Any:
    """Connect and join, a few at a time; stay connected."""
    async with turns:
        client: Client = await stack.enter_async_context(a_client(emulator.socket_url))
        return await client.ask("room.join", {"roomToken": ticket})


def kinds(replies: list[Any]) -> dict[str, int]:
    """How often which reply came."""
    told = [
        reply["payload"]["type"] if reply["type"] == "error" else reply["type"] for reply in replies
    ]
    return {kind: told.count(kind) for kind in sorted(set(told))}
