"""Connections that end: cut at random, and at the end of their two hours."""

import asyncio
import time
from collections import Counter
from typing import Any, Final

from local.client import ConnectionLost, Refused
from tests.emulator import Emulator
from tests.proof.company import AGAIN, Actor, Company, Lost, together
from tests.proof.history import History
from tests.proof.storm import CLIMATE

GRACE: Final = 6.0
TUNNELS: Final = {**CLIMATE, "RECONNECT_GRACE_SEC": str(GRACE), "PRESENCE_LEASE_SEC": "120"}
SHORT: Final = 1.0
LONG: Final = GRACE + 3.0
OFTEN_SHORT: Final = 0.85
GONE_WITHIN: Final = 60.0
TWO_HOURS: Final = 7200
AT_ONCE: Final = 8
PINGS_PER_SEC: Final = 80
SELDOM: Final = 0.1
"""How often a hand goes up, if one pings every second; a faster one does so more often."""


async def cuts(
    emulator: Emulator, database_url: str, seed: int, *, people: int, each: int
) -> tuple[History, int]:
    """Everyone loses its connection so often; how often for longer than the grace.

    A machine that is too slow to answer within the grace makes a short cut a long one.
    """
    company = Company(emulator.url, seed, recovers=False)
    try:
        host = await company.open(accessType="open", maxParticipants=people + 10)
        cast = [company.enter(f"guest{n}") for n in range(people - 1)]
        await _come(cast)
        plans = {
            one.name: [company.chance.random() > OFTEN_SHORT for _ in range(each)] for one in cast
        }
        pinging = asyncio.create_task(_ping(host))
        late = Counter[str]()
        await together(_ride(one, plans[one.name], late) for one in cast)
        pinging.cancel()
        await company.converge(database_url)
    finally:
        await company.close()
    return company.history(gone_within=GONE_WITHIN), late.total()


async def expiries(
    emulator: Emulator, database_url: str, seed: int, *, people: int, times: int
) -> History:
    """Everyone moves to another connection before its own expires, so many times over."""
    company = Company(emulator.url, seed)
    try:
        await company.open(accessType="open", maxParticipants=people + 10)
        await _come([company.enter(f"guest{n}") for n in range(people - 1)])
        # A small machine carries some hundred requests a second; a larger room is a calmer one.
        pace = max(0.2, people / PINGS_PER_SEC)
        await together(_live(one, times, pace) for one in company.cast.values())
        await company.converge(database_url)
    finally:
        await company.close()
    return company.history(gone_within=GONE_WITHIN)


async def _come(cast: list[Actor]) -> None:
    for first in range(0, len(cast), AT_ONCE):
        await together(one.come_in() for one in cast[first : first + AT_ONCE])


async def _ride(actor: Actor, plan: list[bool], late: Counter[str]) -> None:
    """Through one tunnel after the other; what is said meanwhile is had on coming back."""
    chance = actor.company.chance
    for number, is_long in enumerate(plan):
        await actor.ask("chat.send", text=f"{actor.name} before tunnel {number}")
        cut_at = time.monotonic()
        actor.cut()
        await asyncio.sleep(LONG if is_long else chance.random() * SHORT)
        late[actor.name] += not await _out(actor, in_time_until=cut_at + GRACE)
        actor.forget_news()


async def _out(actor: Actor, *, in_time_until: float) -> bool:
    """Whether it is back with the old session; if it is too late for that, it joins anew."""
    while True:
        try:
            await actor.client.resume()
        except Refused as refused:
            if refused.type in AGAIN:
                await actor.pause(refused)
                continue
            if time.monotonic() < in_time_until:
                raise Lost(f"{actor.name} was too late after less than the grace") from refused
            actor.client.resume_token = None
            await actor.come_in()
            return False
        except (ConnectionLost, TimeoutError):
            await asyncio.sleep(0.05)
        else:
            return True


async def _ping(host: Actor) -> None:
    """The host is there all the time; whoever's grace is over is looked after on the occasion."""
    while True:
        await host.ask("ping")
        await asyncio.sleep(1)


async def _live(actor: Actor, times: int, pace: float) -> None:
    """Ping, as a client should, until it has moved so often; raise a hand now and then."""
    while actor.client.wire is None or actor.client.wire.number <= times:
        await actor.ask("ping")
        if actor.company.chance.random() < SELDOM / pace:
            await actor.ask("hand.raise")
            await actor.ask("hand.lower")
        actor.forget_news()
        await asyncio.sleep(pace)


def life(scale: float) -> dict[str, Any]:
    """Flags and variables of an emulator whose two hours are so much shorter."""
    return {
        "flags": ["--time-scale", str(scale)],
        "variables": {**TUNNELS, "CONNECTION_LIFETIME_SEC": str(int(TWO_HOURS * scale))},
    }


def lefts(history: History, reason: str) -> int:
    """How many stays ended for this reason, by the journal."""
    return sum(
        row["type"] == "participant.left" and row["payload"]["reason"] == reason
        for row in history.journal
    )
