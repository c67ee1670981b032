"""The only place where a decision meets the world: decide, commit, drain, deliver."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from hub_core.adapters.metrics import Measure, unheard
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import HubError, NotJoined, RateLimited, Unavailable
from hub_core.kernel.ids import ConnectionId, MeetingId, Mint, ParticipantId, SessionId
from hub_core.kernel.roles import Role
from hub_core.live.answers import (
    Answered,
    Committed,
    Due,
    Fenced,
    Full,
    Limited,
    Outrun,
    Request,
    RoomGone,
)
from hub_core.live.connections import Connections, Seat
from hub_core.live.delivery import Delivery
from hub_core.live.numbers import of_admissions, of_retries
from hub_core.live.store import RoomStore
from hub_core.rooms.changes import SettingsChanged
from hub_core.rooms.deciding import Now, Outcome, decide
from hub_core.rooms.messages import (
    ANY_FRAME,
    Command,
    Limit,
    Notice,
    Reply,
    Whisper,
    problem_reply,
)
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rules.presence import Dropped, Lapsed, Noticed
from hub_core.rooms.rules.running import Settled

TRIES: Final = 16
"""Of a hundred who enter one room at the same moment, the unluckiest needed six."""
LONGEST_PAUSE_SEC: Final = 0.1
NEVER: Final = datetime.fromtimestamp(0, UTC)

Actor = Callable[[Room], Participant]
"""Finds who acts in the room as it is now; raises `NotJoined` if they are not in it."""


@dataclass(frozen=True)
class Handled:
    """What came of a command: the room after it, the outcome (None if it was answered before)."""

    room: Room
    outcome: Outcome | None
    reply: bytes
    refused: HubError | None = None
    mail: bool = True
    """Whether something may wait for whoever asked."""


@dataclass(frozen=True)
class Dispatch:
    """Takes a command through a room."""

    rooms: RoomStore
    delivery: Delivery
    connections: Connections
    clock: Clock
    mint: Mint
    chance: Callable[[], float]
    """A number from 0 to 1, for the pauses between tries."""
    limit_scale: float = 1.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    measure: Measure = unheard

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
        lease and counts against its limits, and whoever's time is up is looked after on the
        occasion.

        Raises:
            NotJoined: there is no such room, or the actor is not in it.
            RateLimited: too many of these; nothing was done.
            Unavailable: too much happens at once, or a data store does not answer in time.
        """
        asked = _Asked(meeting_id, actor, command, request_id, sign_of_life, fences, self.mint())
        room = await self.present(meeting_id, actor)
        for attempt in range(TRIES):
            result = await self._attempt(asked, room)
            if isinstance(result, Handled):
                self._tell(attempt, result.outcome)
                return result
            room = result
            if attempt:
                await self.sleep(self.chance() * min(0.002 * 2**attempt, LONGEST_PAUSE_SEC))
        self.measure(of_retries(TRIES, given_up=True))
        raise Unavailable("Too much is happening in this room at once; try again.")

    def _tell(self, retries: int, outcome: Outcome | None) -> None:
        self.measure(of_retries(retries))
        for wait in of_admissions(outcome) if outcome else ():
            self.measure(wait)

    async def _attempt(  # noqa: C901, PLR0911 (one for each thing that Redis may say)
        self, asked: "_Asked", room: Room
    ) -> Handled | Room:
        """Decide on this room and commit; the room as it is, if it has become another meanwhile."""
        me = asked.actor(room)
        if asked.sign_of_life and me.presence == "lost":
            return await self._noticed(asked, me)
        outcome, reply, refused = self._decide(asked.command, room, me)
        request = self._request(asked, outcome, me, reply)
        match await self.rooms.commit(outcome, request, asked.nonce):
            case Committed() as committed:
                await self._deliver(asked, outcome, committed, replace(request, reply=reply))
                if asked.sign_of_life:
                    await self.lapsed(asked.meeting_id, committed.due)
                return Handled(committed.room, outcome, reply, refused, committed.mail)
            case Answered(reply=b""):
                return room  # somebody is at it, and will have an answer soon
            case Answered(reply=earlier, at=at):
                await self._gone(await self.delivery.reach(room, at, asked.nonce))
                return Handled(room, None, earlier)
            case Outrun(room=newer):
                return newer
            case RoomGone():
                return await self.present(asked.meeting_id, asked.actor)
            case Fenced():
                return Handled(room, None, b"")
            case Full():
                raise Unavailable
            case Limited(retry_after_ms=wait):
                if asked.command.expendable:
                    return Handled(room, None, Reply().frame())
                raise RateLimited(retry_after_ms=wait)

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
            actor = someone(due.participant_id)
            try:
                handled = await self.handle(meeting_id, actor, Lapsed(), fences=(due,))
            except NotJoined:
                continue  # somebody else was quicker to sweep
            except Unavailable:
                continue  # the next sign of life, or the sweep, looks after it
            if handled.room.ended_at:
                await self.disbanded(meeting_id)

    async def drained(self, meeting_id: MeetingId) -> None:
        """Put out what somebody who died has left in the log."""
        room = await self.rooms.load(meeting_id)
        if room is not None:
            await self._gone(await self.delivery.reach(room, room.at, self.mint()))

    async def settled(self, meeting_id: MeetingId) -> None:
        """Have the settings of PostgreSQL in the room, and with them what it changed itself.

        They are changed here and over REST, and where two changes cross, each side may have one of
        them under the same number. So what the room has changed is written down first; then
        PostgreSQL has both, under a higher number. Should the room have changed them again
        meanwhile, it all begins anew.

        Raises:
            Unavailable: too much happens at once, or a data store does not answer in time.
        """
        for _ in range(TRIES):
            room = await self.rooms.load(meeting_id)
            if room is None or room.ended_at:
                return
            await self._gone(await self.delivery.reach(room, room.at, self.mint()))
            settings = await self.delivery.journal.settings(meeting_id)
            if settings.version <= room.settings.version:
                return
            command = Settled(settings=settings, instead_of=room.settings.version)
            with suppress(NotJoined):  # it was closed meanwhile
                await self.handle(meeting_id, the_server, command)
        raise Unavailable("Too much is happening in this room at once; try again.")

    async def disbanded(self, meeting_id: MeetingId) -> None:
        """The meeting was ended: whoever is still in the room is told, and the room closed.

        It is up to whoever ended it, once the one who asked for it has its reply; and the sweep's.
        """
        room = await self.rooms.load(meeting_id)
        if room is None or room.ended_at is None:
            return
        await self.delivery.disband(room)
        if await self.rooms.close(meeting_id, room.epoch, over=True):
            await self.delivery.journal.closed(room.epoch, room.ended_at)

    async def present(self, meeting_id: MeetingId, actor: Actor) -> Room:
        """A copy of the room that the actor is in: the warm one may be from before it came.

        Raises:
            NotJoined: there is no such room, or the actor is not in it.
        """
        room = await self.rooms.warm(meeting_id)
        if room is not None:
            try:
                actor(room)
            except NotJoined:
                room = await self.rooms.load(meeting_id)
        if room is None:
            raise NotJoined
        return room

    async def _noticed(self, asked: "_Asked", me: Participant) -> Room:
        """It speaks, so it is there; unless this is what it said before its connection was lost."""
        if await self.connections.find(me.connection_id) is None:
            raise NotJoined
        return (await self.handle(asked.meeting_id, asked.actor, Noticed())).room

    def _decide(
        self, command: Command, room: Room, me: Participant
    ) -> tuple[Outcome, bytes, HubError | None]:
        now = Now(at=self.clock(), mint=self.mint, grace_sec=self.rooms.grace.total_seconds())
        try:
            outcome = decide(command, room, me, now)
        except HubError as refusal:
            return Outcome(room, room), problem_reply(refusal.problem()), refusal
        return outcome, outcome.reply.frame(), None

    def _request(self, asked: "_Asked", outcome: Outcome, me: Participant, reply: bytes) -> Request:
        command, people = asked.command, outcome.after.people
        return Request(
            scope=me.id if command.idempotency_key else me.session_id,
            request_id=command.idempotency_key or asked.request_id,
            reply=b"" if outcome.whispers else reply,
            renews=me.id if asked.sign_of_life else None,
            fences=asked.fences,
            limits=tuple(self._limits(command, me)) if asked.sign_of_life else (),
            mailbox=me.session_id,
            mails=tuple(
                (people[whose].session_id, notice.frame())
                for notice in outcome.notices
                if notice.keeps and not isinstance(notice, Whisper)  # that is written down first
                for whose in notice.to
                if whose in people and people[whose].presence == "lost"
            ),
        )

    def _limits(self, command: Command, me: Participant) -> Iterable[tuple[str, Limit]]:
        for limit in (ANY_FRAME, *command.limits):
            scaled = replace(
                limit,
                each_ms=max(1, round(limit.each_ms / self.limit_scale)),
                at_once=max(1, round(limit.at_once * self.limit_scale)),
            )
            yield f"{limit.name}:{me.id if limit.per == 'session' else ''}", scaled

    async def _deliver(
        self, asked: "_Asked", outcome: Outcome, committed: Committed, request: Request
    ) -> None:
        room = committed.room
        for whisper in outcome.whispers:
            await self.delivery.journal.whisper(room, whisper)
            lost = [room.people[who].session_id for who in whisper.to if _is_lost(room, who)]
            await self.rooms.leave_mail(room.meeting_id, lost, whisper.frame())
        unheard = await self.delivery.deliver(outcome, committed, asked.nonce)
        gone = unheard.gone
        if outcome.whispers:
            await self.rooms.keep_reply(room.meeting_id, request, asked.nonce)
        await self._gone(gone)
        for whisper in outcome.whispers:
            by = _unheard_by(whisper, room, gone | unheard.deaf)
            await self.rooms.leave_mail(room.meeting_id, by, whisper.frame())
        signals = (one for one in outcome.notices if one.keeps and not isinstance(one, Whisper))
        for signal in signals:
            if _unheard_by(signal, room, gone):
                await self._say_again(asked, signal, gone)
        if any(isinstance(one, SettingsChanged) and not one.stored for one in outcome.changes):
            await self.settled(room.meeting_id)

    async def _say_again(
        self, asked: "_Asked", signal: Notice, gone: Container[ConnectionId]
    ) -> None:
        """Those who did not hear it are lost by now: decided once more, it goes where it waits.

        Unless the room could not be told, or whoever brought them in died before it noted where
        they sit: then it is left there by hand, until their lease is over or they come back.
        """
        room = await self.rooms.warm(asked.meeting_id)
        if room and (present := _unheard_by(signal, room, gone)):
            await self.rooms.leave_mail(room.meeting_id, present, signal.frame())
        elif room:
            await self.handle(asked.meeting_id, asked.actor, asked.command)

    async def _gone(self, gone: Iterable[ConnectionId]) -> None:
        for connection_id in gone:
            try:
                await self.dropped(connection_id)
            except Unavailable:
                continue  # its lease runs out


@dataclass(frozen=True)
class _Asked:
    """What `handle` was asked to do."""

    meeting_id: MeetingId
    actor: Actor
    command: Command
    request_id: str | None
    sign_of_life: bool
    fences: tuple[Due, ...]
    nonce: str


def _is_lost(room: Room, who: ParticipantId) -> bool:
    return who in room.people and room.people[who].presence == "lost"


def _unheard_by(notice: Notice, room: Room, gone: Container[ConnectionId]) -> list[SessionId]:
    """Whose session a notice was sent to over a connection that turned out to be gone."""
    meant = (room.people[who] for who in notice.to if who in room.people)
    return [person.session_id for person in meant if person.connection_id in gone]


def someone(participant_id: ParticipantId) -> Actor:
    """The participant, on whichever connection, in the room or in its lobby."""

    def find(room: Room) -> Participant:
        person = room.people.get(participant_id) or room.lobby.get(participant_id)
        if person is None:
            raise NotJoined
        return person

    return find


def sitting(seat: Seat, connection_id: ConnectionId) -> Actor:
    """The participant in this seat, as long as the connection is the one that it uses."""

    def find(room: Room) -> Participant:
        me = room.people.get(seat.participant_id) or room.lobby.get(seat.participant_id)
        if me is None or (me.session_id, me.connection_id) != (seat.session_id, connection_id):
            raise NotJoined
        return me

    return find


def the_server(room: Room) -> Participant:
    """Nobody: what the server itself asks for (rules that are `by_server`)."""
    return Participant(
        id=ParticipantId(""),
        session_id=SessionId(""),
        connection_id=ConnectionId(""),
        user_id=None,
        display_name="",
        role=Role.HOST,
        joined_at=NEVER,
        join_seq=0,
        ticket=f"server:{room.epoch}",
    )
