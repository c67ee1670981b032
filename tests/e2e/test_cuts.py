"""Connections that break, again and again, and the two hours of API Gateway in fast motion."""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest

from local.client import HubClient
from local.client.backoff import Backoff
from tests.emulator import Emulator, StartEmulator
from tests.live.stage import Meeting, Person
from tests.proof.check import check
from tests.proof.history import History, Line

PEOPLE: Final = int(os.environ.get("CUT_PEOPLE", "6"))
CUTS: Final = int(os.environ.get("CUTS", "4"))
GRACE_SEC: Final = 4.0
LIVES: Final = 3
"""Of a connection, before the story is over."""
MESSAGES: Final = 10

Enter = Callable[..., Coroutine[Any, Any, HubClient]]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """Somebody who is in the room and comes back by itself."""
    async with AsyncExitStack() as stack:

        async def someone(emulator: Emulator, person: Person, **how: Any) -> HubClient:
            client = HubClient(
                emulator.url,
                socket_url=emulator.socket_url,
                backoff=Backoff(first=0.05, most=0.3),
                patience=120,
                **{"recovers": True, **how},
            )
            await stack.enter_async_context(client)
            client.ticket = {"roomToken": person.ticket(), "wsUrl": emulator.socket_url}
            assert (await client.join()).type == "room.joined"
            return client

        yield someone


def _history(clients: list[HubClient]) -> History:
    """What the checker of histories reads."""
    lines = [
        Line(
            str(number),
            "sent" if seen.way == "sent" else "got",
            json.loads(seen.text),
            seen.at,
            seen.connection,
        )
        for number, client in enumerate(clients)
        for seen in client.seen
    ]
    return History(sorted(lines, key=lambda line: line.at))


async def _written(meeting: Meeting, kind: str) -> int:
    """How many of these are in the journal, as soon as any: the fan-out goes beside it."""
    counted = f"SELECT count(*) FROM journal WHERE type = '{kind}'"
    async with asyncio.timeout(30):
        while meeting.rows(counted) == [(0,)]:  # noqa: ASYNC110 (PostgreSQL has no event)
            await asyncio.sleep(0.02)
    ((count,),) = meeting.rows(counted)
    return int(count)


async def _until_all_agree(clients: list[HubClient]) -> None:
    """Everybody has seen everything, and sees the same room."""
    async with asyncio.timeout(30):
        while len({client.log.seq for client in clients}) > 1:
            for client in clients:
                if client.resume_token:
                    await client.sync()
            await asyncio.sleep(0.05)
    assert len({str(sorted(client.room.people.items())) for client in clients}) == 1


async def test_cuts_shorter_than_the_grace_are_noticed_as_such_and_nobody_leaves(
    meeting: Meeting, start_emulator: StartEmulator, enter: Enter
) -> None:
    emulator = start_emulator(RATE_LIMIT_SCALE="1000", RECONNECT_GRACE_SEC=str(GRACE_SEC * 10))
    clients = [await enter(emulator, meeting.person(account=False)) for _ in range(PEOPLE)]
    chance = random.Random(20261124)

    async def live(client: HubClient, name: int) -> None:
        for number in range(CUTS):
            await client.request("chat.send", text=f"{name}:{number}", clientMsgId=f"{number}")
            await asyncio.sleep(chance.random() * 0.2)
            client.cut()
            await client.heard("(closed)")
            await client.request("hand.raise" if number % 2 else "hand.lower")

    await asyncio.gather(*(live(client, number) for number, client in enumerate(clients)))
    await _until_all_agree(clients)

    assert check(_history(clients)) == []
    kinds = Counter(kind for (kind,) in meeting.rows("SELECT type FROM journal"))
    assert kinds["participant.left"] == 0
    assert kinds["chat.message"] == PEOPLE * CUTS
    for client in clients:
        assert len(client.room.chat) == PEOPLE * CUTS


async def test_a_cut_longer_than_the_grace_is_exactly_one_goodbye(
    meeting: Meeting, start_emulator: StartEmulator, enter: Enter
) -> None:
    emulator = start_emulator(RECONNECT_GRACE_SEC="0.5", RATE_LIMIT_SCALE="1000")
    ada = await enter(emulator, meeting.person(account=False))
    ben = await enter(emulator, meeting.person(account=False), recovers=False)

    ben.cut()
    while not any(frame.type == "participant.left" for frame in ada.unseen):
        await ada.request("ping")
    left = await ada.heard("participant.left")

    assert left.payload["reason"] == "lost"
    assert await _written(meeting, "participant.left") == 1


async def test_the_two_hours_of_a_connection_pass_and_nobody_notices(
    meeting: Meeting, start_emulator: StartEmulator, enter: Enter
) -> None:
    emulator = start_emulator(CONNECTION_LIFETIME_SEC="4", RATE_LIMIT_SCALE="1000")
    clients = [await enter(emulator, meeting.person(account=False)) for _ in range(3)]

    async def live(client: HubClient) -> None:
        said = 0
        while len({seen.connection for seen in client.seen}) <= LIVES or said < MESSAGES:
            await client.request("ping")
            if said < MESSAGES:
                await client.request("chat.send", text=str(said))
                said += 1
            await asyncio.sleep(0.25)

    await asyncio.gather(*(live(client) for client in clients))
    await _until_all_agree(clients)

    assert check(_history(clients)) == []
    kinds = Counter(kind for (kind,) in meeting.rows("SELECT type FROM journal"))
    assert kinds["chat.message"] == 3 * MESSAGES
    assert kinds["participant.left"] == 0
    told = {frame.type for client in clients for frame in client.unseen}
    assert "participant.connection" not in told
