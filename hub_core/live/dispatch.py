"""The only place where a decision meets the world: decide, commit, drain, deliver."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import HubError, NotJoined, Unavailable
from hub_core.kernel.ids import ConnectionId, MeetingId, Mint, ParticipantId
from hub_core.live.connections import Connections
from hub_core.live.journal import Journal
from hub_core.live.outbox import Outbox
from hub_core.live.pump import Pump
from hub_core.live.store import (
    Answered,
    Committed,
    Due,
    Fenced,
    Outrun,
    Request,
    RoomGone,
    RoomStore,
)
from hub_core.rooms.deciding import Now, Outcome, decide
from hub_core.rooms.messages import Command, problem_reply
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rules.presence import Dropped, Lapsed

TRIES: Final = 16
"""Of a hundred who enter one room at the same moment, the unluckiest needed six."""
LONGEST_PAUSE_SEC: Final = 0.1

Actor = Callable[[Room], Participant]
"""Finds who acts in the room as it is now; raises `NotJoined` if they are not in it."""


@dataclass(frozen=True)
class Handled:
    """What came of a command: the room after it, the outcome (None if it was answered before)."""

    room: Room
    outcome: Outcome | None
    reply: bytes
    refused: HubError | None = None


@dataclass(frozen=True)
class Dispatch:
    """Takes a command through a room."""

    rooms: RoomStore
    pump: Pump
    outbox: Outbox
    journal: Journal
    connections: Connections
    clock: Clock
    mint: Mint
    chance: Callable[[], float]
    """A number from 0 to 1, for the pauses between tries."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def handle(  # noqa: PLR0913 (each by its name, and most have a default)
        self,
        meeting_id: MeetingId,
        actor: Actor,
        command: Command,
        *,
        request_id: str | None = None,
        sign_of_life: bool = False,
        fences: tuple[Due, ...] = (),
    ) -> Handled:
        """Decide on the room as it is, make it so, and tell everyone whom it concerns.

        A refusal by the rule is a reply like any other: it is made on the room as it is, kept for a
        repeated request, and returned as an `error` frame. A sign of life from the actor renews its
        lease, and whoever's time is up is looked after on the occasion.

        Raises:
            NotJoined: there is no such room, or the actor is not in it.
            Unavailable: too much happens at once, or a data store does not answer in time.
        """
        nonce = self.mint()
        room = await self._present(meeting_id, actor)
        for attempt in range(TRIES):
            me = actor(room)
            outcome, reply, refused = self._decide(command, room, me)
            request = Request(
                scope=me.id if command.idempotency_key else me.session_id,
                request_id=command.idempotency_key or request_id,
                reply=b"" if outcome.whispers else reply,
                renews=me.id if sign_of_life else None,
                fences=fences,
            )
            match await self.rooms.commit(outcome, request, nonce):
                case Committed() as committed:
                    await self._deliver(outcome, committed, nonce)
                    if outcome.whispers:
                        await self.rooms.keep_reply(meeting_id, replace(request, reply=reply))
                    if sign_of_life:
                        await self.lapsed(meeting_id, committed.due)
                    return Handled(committed.room, outcome, reply, refused)
                case Answered(reply=earlier, seq=seq):
                    await self.pump.reach(room, seq, nonce)
                    return Handled(room, None, earlier)
                case Outrun(room=newer):
                    room = newer
                case RoomGone():
                    room = await self._present(meeting_id, actor)
                case Fenced():
                    return Handled(room, None, b"")
            if attempt:
                await self.sleep(self.chance() * min(0.002 * 2**attempt, LONGEST_PAUSE_SEC))
        raise Unavailable("Too much is happening in this room at once; try again.")

    async def dropped(self, connection_id: ConnectionId) -> None:
        """The connection is gone: leave a tombstone, and tell the room if it sat in one."""
        seat = await self.connections.gone(connection_id)
        if seat is None:
            return
        try:
            await self.handle(
                seat.meeting_id, someone(seat.participant_id), Dropped(connection_id=connection_id)
            )
        except NotJoined:
            return  # it has left the room before it hung up

    async def lapsed(self, meeting_id: MeetingId, dues: Iterable[Due]) -> None:
        """Their lease or grace is over, unless a sign of life comes in meanwhile."""
        for due in dues:
            try:
                await self.handle(meeting_id, someone(due.participant_id), Lapsed(), fences=(due,))
            except NotJoined:
                continue  # somebody else was quicker to sweep

    async def drained(self, meeting_id: MeetingId, seq: int) -> None:
        """Put out what somebody who died has left in the log."""
        room = await self.rooms.load(meeting_id)
        if room is not None:
            for connection_id in await self.pump.reach(room, seq, self.mint()):
                await self.dropped(connection_id)

    async def _present(self, meeting_id: MeetingId, actor: Actor) -> Room:
        """A copy of the room that the actor is in: the warm one may be from before it came."""
        room = await self.rooms.warm(meeting_id)
        if room is not None:
            try:
                actor(room)
            except NotJoined:
                room = await self.rooms.load(meeting_id)
        if room is None:
            raise NotJoined
        return room

    def _decide(
        self, command: Command, room: Room, me: Participant
    ) -> tuple[Outcome, bytes, HubError | None]:
        now = Now(at=self.clock(), mint=self.mint, grace_sec=self.rooms.grace.total_seconds())
        try:
            outcome = decide(command, room, me, now)
        except HubError as refusal:
            return Outcome(room, room), problem_reply(refusal.problem()), refusal
        return outcome, outcome.reply.frame(), None

    async def _deliver(self, outcome: Outcome, committed: Committed, nonce: str) -> None:
        for whisper in outcome.whispers:
            await self.journal.whisper(committed.room, whisper)
        gone: set[ConnectionId] = set()
        if outcome.changes or committed.pump_is_ours:
            abreast = committed.pump_is_ours and committed.fan == outcome.before.seq
            gone |= await self.pump.reach(
                committed.room, outcome.after.seq, nonce, committed if abreast else None
            )
        for notice in outcome.notices:
            frame = notice.frame()
            reached = (committed.room.people.get(id_) for id_ in notice.to)
            gone |= await self.outbox.broadcast(
                {p.connection_id: [frame] for p in reached if p and p.presence == "online"}
            )
        for farewell in outcome.farewells:
            await self.outbox.bid_farewell(farewell)
        for connection_id in gone:
            await self.dropped(connection_id)


def someone(participant_id: ParticipantId) -> Actor:
    """The participant, on whichever connection."""

    def find(room: Room) -> Participant:
        if participant_id not in room.people:
            raise NotJoined
        return room.people[participant_id]

    return find
