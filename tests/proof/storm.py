"""A meeting in bad weather: everyone does anything, while frames and functions fail by chance."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tests.emulator import Emulator
from tests.proof.company import Actor, Company, together
from tests.proof.history import History

WEATHER: Final = {
    "disconnect.drop": "0.3",
    "disconnect.delay": "0.3:1",
    "message.duplicate": "0.2",
    "message.delay": "0.2:0.1",
    "message.reorder": "0.1:0.2",
    "post.gone": "0.01",
    "post.throttle": "0.05",
    "post.timeout": "0.01:0.2",
    "worker.kill": "0.03:0.02",
    "worker.freeze": "0.01:0.3",
}
"""How often what goes wrong."""
CLIMATE: Final = {
    "RATE_LIMIT_SCALE": "1000",
    "ROOM_TOKEN_TTL_SEC": "3600",
    "RECONNECT_GRACE_SEC": "3",
    "PRESENCE_LEASE_SEC": "4",
    "ARGON2_MEMORY_KIB": "8",
    "ARGON2_TIME_COST": "1",
    "ENVIRONMENT": "test",
}
"""The emulator's environment: limits that do not count, and lives that are short."""
GONE_WITHIN: Final = 30.0
"""Lease, grace and the patience of whoever sweeps, many times over."""


async def storm(
    emulator: Emulator, database_url: str, seed: int, *, people: int, acts: int
) -> History:
    """So many people do so many things each; then the weather clears, and all converge."""
    company = Company(emulator.url, seed)
    try:
        host = await company.open(accessType="trusted")
        cast = [
            await company.signed_in(f"member{n}") if n % 2 else company.enter(f"guest{n}")
            for n in range(people - 1)
        ]
        emulator.faults(WEATHER, seed)
        doorkeeper = asyncio.create_task(_keep_the_door(host))
        await together([_play(host, acts, HOST), *(_play(one, acts, ANYBODY) for one in cast)])
        emulator.faults({})
        await company.converge(database_url)
        doorkeeper.cancel()
    finally:
        emulator.faults({})
        await company.close()
    return company.history(gone_within=GONE_WITHIN)


async def _keep_the_door(host: Actor) -> None:
    """Let in whoever knocks, as `lobby.changed` tells; and ask now and then, as a host would."""
    while True:
        for frame in list(host.client.unseen):
            if frame.type == "lobby.changed":
                for knock in frame.payload["waiting"]:
                    await host.ask("lobby.admit", participantId=knock["participantId"])
        host.forget_news()
        await asyncio.sleep(0.2)


async def _play(actor: Actor, acts: int, repertoire: "Repertoire") -> None:
    chance = actor.company.chance
    for _ in range(acts):
        if actor.is_gone:
            return
        act = chance.choices(list(repertoire), list(repertoire.values()))[0]
        await act(actor)
        if actor.name != "host":
            actor.forget_news()
        await asyncio.sleep(chance.random() * 0.1)


# --- what people do


async def _speak(actor: Actor) -> None:
    company = actor.company
    said = {"text": f"{actor.name} {company.chance.getrandbits(48):x}"}
    if company.chance.random() < 0.5:
        said["clientMsgId"] = f"{company.chance.getrandbits(48):x}"
    await actor.ask("chat.send", **said)


async def _wave(actor: Actor) -> None:
    await actor.ask(actor.company.chance.choice(["hand.raise", "hand.lower"]))


async def _switch(actor: Actor) -> None:
    chance = actor.company.chance
    await actor.ask("media.update", **{chance.choice(["mic", "cam"]): chance.choice(["on", "off"])})


async def _signal(actor: Actor) -> None:
    if other := _somebody_else(actor):
        await actor.ask("rtc.signal", to=other, type="offer", sdp="v=0\r\n")


async def _react(actor: Actor) -> None:
    await actor.ask("reaction.send", type="heart")


async def _lose_connection(actor: Actor) -> None:
    actor.cut()
    await asyncio.sleep(actor.company.chance.random() * 0.5)


async def _move(actor: Actor) -> None:
    """To another connection while the first one lives."""
    if actor.is_in:
        await actor._back()


async def _leave(actor: Actor) -> None:
    await actor.leave()


async def _vanish(actor: Actor) -> None:
    await actor.vanish()


async def _mute(actor: Actor) -> None:
    if other := _somebody_else(actor):
        await actor.ask("moderation.mute", participantId=other)


async def _put_out(actor: Actor) -> None:
    if other := _somebody_else(actor):
        await actor.ask("moderation.remove", participantId=other)


async def _promote(actor: Actor) -> None:
    if other := _somebody_else(actor):
        role = actor.company.chance.choice(["cohost", "guest"])
        await actor.ask("moderation.setRole", participantId=other, role=role)


async def _lock(actor: Actor) -> None:
    await actor.ask("room.lock")
    await actor.ask("room.unlock")


def _somebody_else(actor: Actor) -> str | None:
    others = sorted(set(actor.client.room.people) - {actor.id})
    return actor.company.chance.choice(others) if others else None


Repertoire = dict[Callable[[Actor], Awaitable[None]], int]
"""What somebody does, and how often beside the rest."""
ANYBODY: Final[Repertoire] = {
    _speak: 8,
    _wave: 3,
    _switch: 3,
    _signal: 2,
    _react: 1,
    _lose_connection: 3,
    _move: 1,
    _leave: 1,
    _mute: 1,
}
HOST: Final[Repertoire] = {
    **ANYBODY,
    _leave: 0,
    _mute: 3,
    _put_out: 1,
    _promote: 2,
    _lock: 1,
}
