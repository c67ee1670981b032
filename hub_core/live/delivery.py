"""Telling everyone whom it concerns: changes in order, notices at once, farewells at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import orjson
from redis.asyncio import Redis

from hub_core.adapters.gateway import Delivery as Posted
from hub_core.kernel.errors import HubError
from hub_core.kernel.ids import ConnectionId, ParticipantId
from hub_core.live.answers import Committed
from hub_core.live.journal import Journal
from hub_core.live.outages import DOWN
from hub_core.live.outbox import Outbox
from hub_core.live.pump import Pump
from hub_core.rooms.changes import RoomEnded
from hub_core.rooms.deciding import Outcome
from hub_core.rooms.messages import Notice, Tally
from hub_core.rooms.room import Participant, Position, Room

logger = logging.getLogger(__name__)

TICK_MS: Final = 500
"""How long reactions of a big room are counted before everyone is told."""

MOST_FOR_COUNTS: Final = 24 * 1024
"""Bytes of a frame that the names of reactions may take up."""

Welcomes = Callable[[Room, Participant], Awaitable[tuple[bytes, ...]]]
"""Makes the `room.joined` of somebody who has been let in, and what goes before it."""


@dataclass(frozen=True)
class Unheard:
    """Who did not hear what was said to it."""

    gone: frozenset[ConnectionId]
    """Connections that are gone."""
    deaf: frozenset[ConnectionId]
    """Connections that are there, and did not take a notice."""


@dataclass(frozen=True)
class Delivery:
    """Takes what a decision came to, to the sockets of people."""

    pump: Pump
    outbox: Outbox
    journal: Journal
    redis: Redis
    welcomes: Welcomes
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def reach(self, room: Room, target: Position, token: str) -> frozenset[ConnectionId]:
        """Have everything out and journaled up to the target. Answers with who is gone."""
        return await self.pump.reach(room, target, token)

    async def deliver(self, outcome: Outcome, committed: Committed, nonce: str) -> Unheard:
        """First what is numbered, then the rest. Answers with who did not hear it."""
        room = committed.room
        gone: set[ConnectionId] = set()
        deaf: set[ConnectionId] = set()
        if outcome.changes:
            abreast = committed.pump_is_ours and committed.fan == outcome.before.at
            head_start = committed if abreast else None
            try:
                gone |= await self.pump.reach(room, outcome.after.at, nonce, head_start)
            except (HubError, *DOWN):
                await self._part(room, outcome)
                raise
        for notice in outcome.notices:
            hows = await self._pass_on(room, notice)
            gone |= {id_ for id_, how in hows.items() if how is Posted.GONE}
            deaf |= {id_ for id_, how in hows.items() if how in (Posted.BEHIND, Posted.FAILED)}
        await asyncio.gather(*(self.outbox.bid_farewell(one) for one in outcome.farewells))
        for welcome in outcome.welcomes:
            gone |= await self._welcome(room, welcome.participant_id)
        if committed.pump_is_ours and not outcome.changes:
            gone |= await self._put_out_for_others(room, outcome.after.at, nonce)
        for tally in outcome.tallies:
            gone |= await self._count(room, tally)
        return Unheard(frozenset(gone), frozenset(deaf))

    async def disband(self, room: Room) -> None:
        """Everyone in the room knows that it is over, the lobby learns it; all are closed."""
        ended = RoomEnded(by=room.ended_by, reason=room.ended_why)
        frame = orjson.dumps({"type": ended.type, "payload": ended.payload()})
        await asyncio.gather(
            *(
                self.outbox.send(person.connection_id, frame)
                for person in room.waiting()
                if person.presence == "online"
            )
        )
        everyone = [*room.online(), *(p for p in room.waiting() if p.presence == "online")]
        to = [person.connection_id for person in everyone]
        await self.pump.fan_out.close(room.meeting_id, to)

    async def _put_out_for_others(
        self, room: Room, target: Position, nonce: str
    ) -> frozenset[ConnectionId]:
        """What somebody has left in the log. If it cannot go out, no signal has to wait for it."""
        try:
            return await self.pump.reach(room, target, nonce)
        except (HubError, *DOWN) as error:
            logger.warning("room %s was not drained: %s", room.meeting_id, type(error).__name__)
            return frozenset()

    async def _part(self, room: Room, outcome: Outcome) -> None:
        """It is committed and goes out later, but what is said to some alone nobody says then.

        Hosts see who knocks, and whoever was put out is, all the same; whoever was let in comes in
        anew, once that is written down.
        """
        let_in = {room.people[one.participant_id].connection_id for one in outcome.welcomes}
        farewells = (one for one in outcome.farewells if one.connection_id not in let_in)
        await asyncio.gather(
            *(self._pass_on(room, notice) for notice in outcome.notices),
            *(self.outbox.bid_farewell(one) for one in farewells),
            *(self.outbox.close(id_, "unreachable", "rejoin") for id_ in let_in),
        )

    async def _pass_on(self, room: Room, notice: Notice) -> dict[ConnectionId, Posted]:
        frame = notice.frame()
        everyone = room.lobby if notice.in_lobby else room.people
        meant = (everyone.get(id_) for id_ in notice.to)
        frames = {p.connection_id: [frame] for p in meant if p and p.presence == "online"}
        if notice.expendable:
            return dict.fromkeys(await self.outbox.broadcast(frames), Posted.GONE)
        return await self.outbox.tell(frames)

    async def _welcome(self, room: Room, who: ParticipantId) -> frozenset[ConnectionId]:
        """Whoever does not get it would wait for ever: it is turned out, and comes in anew."""
        id_ = room.people[who].connection_id
        try:
            how = await self.outbox.send(id_, *await self.welcomes(room, room.people[who]))
        except (HubError, *DOWN):
            how = Posted.FAILED
        if how in (Posted.BEHIND, Posted.FAILED):
            await self.outbox.close(id_, "unreachable", "rejoin")
        return frozenset({id_} if how is Posted.GONE else ())

    async def _count(self, room: Room, tally: Tally) -> frozenset[ConnectionId]:
        """Whoever begins the half second ends it, and tells everyone what came meanwhile."""
        key = f"room:{{{room.meeting_id}}}:tally:{tally.type}"
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(key, tally.kind, 1)
            pipe.expire(key, 60)
            pipe.set(f"{key}:tick", 1, nx=True, px=TICK_MS)
            *_, ours = await pipe.execute()
        if not ours:
            return frozenset()
        await self.sleep(TICK_MS / 1000)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(key)
            pipe.delete(key)
            counts, _ = await pipe.execute()
        payload = {"counts": _first_of({kind.decode(): int(n) for kind, n in counts.items()})}
        frame = orjson.dumps({"type": tally.type, "payload": payload})
        everyone = [person.connection_id for person in room.online()]
        return await self.pump.fan_out.tell(room.meeting_id, everyone, frame)


def _first_of(counts: dict[str, int]) -> dict[str, int]:
    """The most frequent ones, as many as a frame has space for."""
    space, first = MOST_FOR_COUNTS, {}
    for kind in sorted(counts, key=lambda one: -counts[one]):
        space -= len(orjson.dumps({kind: counts[kind]}))
        if space < 0:
            break
        first[kind] = counts[kind]
    return first
