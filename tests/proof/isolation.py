"""One who does not read, one who is gone, one who floods: what the others notice of it.

Prints how long a message takes from its sending to its last receipt among those who are well.
These are times, and so are printed and never asserted.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from local.client import ConnectionLost
from tests.emulator import Emulator
from tests.proof.company import Actor, Company, together
from tests.proof.history import History
from tests.proof.storm import CLIMATE

CALM: Final = {**CLIMATE, "PRESENCE_LEASE_SEC": "20", "RECONNECT_GRACE_SEC": "5"}
GONE_WITHIN: Final = 90.0
EACH_SEC: Final = 0.2
FLOOD_EACH_SEC: Final = 0.004

Trouble = Callable[[Company, Actor, Emulator], AbstractAsyncContextManager[None]]


async def isolation(
    emulator: Emulator, database_url: str, seed: int, *, people: int, messages: int
) -> tuple[History, list[str]]:
    """The history, and figures: each trouble beside the calm before it."""
    company = Company(emulator.url, seed)
    figures = []
    try:
        host = await company.open(accessType="open", maxParticipants=people + 10)
        well = [host, *(company.enter(f"guest{n}") for n in range(people - 1))]
        await together(one.come_in() for one in well[1:])
        await _waits(well, 5)  # warm
        for name, trouble in TROUBLES.items():
            calm = await _waits(well, messages)
            maker = company.enter(name)
            await maker.come_in()
            async with trouble(company, maker, emulator):
                troubled = await _waits(well, messages)
            await maker.vanish()
            was, became = _p99(calm) * 1000, _p99(troubled) * 1000
            figures.append(
                f"{name:9} p99 {became:7.1f} ms, before {was:7.1f} ms: x {became / was:.2f}"
            )
        await company.converge(database_url)
    finally:
        await company.close()
    return company.history(gone_within=GONE_WITHIN), figures


async def _waits(well: list[Actor], messages: int) -> list[float]:
    """From the sending of a message to the last of the healthy who got it."""
    waits = []
    for number in range(messages):
        speaker, text = well[number % len(well)], f"{time.monotonic():.6f}"
        began = time.monotonic()
        heard = [one.client.heard("chat.message", text=text, within=30) for one in well]
        await together([speaker.ask("chat.send", text=text), *heard])
        waits.append(time.monotonic() - began)
        for one in well:
            one.forget_news()
        await asyncio.sleep(EACH_SEC)
    return waits


def _p99(waits: list[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.99)]


# --- troubles


@asynccontextmanager
async def _does_not_read(company: Company, maker: Actor, emulator: Emulator) -> AsyncIterator[None]:
    """Its socket is open and nobody looks at it; and it is spoken to."""
    assert maker.client.wire
    assert maker.client.wire._reader
    maker.client.wire._reader.cancel()
    yield


@asynccontextmanager
async def _is_gone(company: Company, maker: Actor, emulator: Emulator) -> AsyncIterator[None]:
    """Without a word, and its `$disconnect` never comes."""
    emulator.faults({"disconnect.drop": "1"})
    maker.cut()
    yield
    emulator.faults({})


@asynccontextmanager
async def _floods(company: Company, maker: Actor, emulator: Emulator) -> AsyncIterator[None]:
    """As many frames as it can."""

    async def flood() -> None:
        with contextlib.suppress(ConnectionLost):
            while True:
                await maker.client.send("hand.raise")
                await asyncio.sleep(FLOOD_EACH_SEC)

    flooding = asyncio.create_task(flood())
    yield
    flooding.cancel()


TROUBLES: Final[dict[str, Trouble]] = {
    "deaf": _does_not_read,
    "gone": _is_gone,
    "flooding": _floods,
}
