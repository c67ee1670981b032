"""Coming back: a session goes on over another connection, or over the same one after a gap."""

from dataclasses import dataclass

from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import (
    ChatNotFound,
    HubError,
    MeetingEnded,
    NotJoined,
    SessionExpired,
)
from hub_core.live.asks import (
    Asker,
    ResumeSession,
    RoomEvents,
    RoomSnapshot,
    SessionResumed,
    Snapshot,
    SyncRoom,
    answers,
)
from hub_core.live.connections import Seat
from hub_core.live.dispatch import Actor, Dispatch, Handled
from hub_core.live.entrance import Entrance
from hub_core.live.greeting import Greeting
from hub_core.live.journal import Journal
from hub_core.live.numbers import of_refused_resume, of_resume
from hub_core.live.resumption import Resumption
from hub_core.rooms.changes import lobby_news
from hub_core.rooms.messages import Reply
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rules.chat import DeleteChat, Erase
from hub_core.rooms.rules.presence import Resume, SignedOut


@dataclass(frozen=True)
class Returning:
    """Takes sessions up again, and fills gaps."""

    entrance: Entrance
    dispatch: Dispatch
    journal: Journal
    greeting: Greeting
    clock: Clock

    @answers
    async def resume(self, asker: Asker, command: ResumeSession) -> SessionResumed:
        """The room says whether the token is still good; it has heard of a removal first."""
        try:
            token = self.greeting.tokens.read(command.resume_token)
            await self.entrance.check_free(asker, token.meeting_id, token.participant_id)
            await self._check_signed_in(asker, token)
            handled = await self._resumed(asker, token, command)
        except HubError:
            self.dispatch.measure(of_refused_resume())
            raise
        room = handled.room
        me = room.people[token.participant_id]
        await self.entrance.seat(asker.id, room, me)
        missed = await self.greeting.missed(room, command.epoch, command.last_seq)
        self.dispatch.measure(of_resume(recovered=missed is not None))
        snapshot: Snapshot | None = None
        parts: tuple[bytes, ...] = ()
        if missed is None:
            snapshot, parts = await self.greeting.snapshot(room, me)
        mails = await self.dispatch.rooms.collect_mail(
            room.meeting_id, me.session_id, self.dispatch.mint()
        )
        if me in room.hosts():
            # Who waits is told as it changes, and not kept for those who are lost.
            mails += [news.frame() for news in lobby_news(room)]
        newest = Resumption(room.meeting_id, me.id, me.session_id, me.generation, me.resumes)
        return SessionResumed(
            recovered=missed is not None,
            events=missed,
            snapshot=snapshot,
            resume_token=newest.unsealed,
            ice_servers=self.greeting.ice_servers(me.id),
            ahead=(*mails, *parts),
        )

    @answers
    async def sync(self, asker: Asker, command: SyncRoom) -> RoomEvents | RoomSnapshot:
        """The whole gap or the whole room; never a part of the gap."""
        seat = _seat(asker)
        room = await self.dispatch.rooms.load(seat.meeting_id)
        if room is None:
            raise NotJoined
        me = in_session(seat.participant_id, seat.session_id)(room)
        missed = await self.greeting.missed(room, command.epoch, command.after_seq)
        if missed is not None:
            return RoomEvents(events=missed)
        snapshot, parts = await self.greeting.snapshot(room, me)
        return RoomSnapshot.model_validate({**dict(snapshot), "ahead": parts})

    @answers
    async def delete_chat(self, asker: Asker, command: DeleteChat) -> Reply:
        """What was said is in the journal; the rule is told who said it."""
        seat = _seat(asker)
        message = await self.journal.message(seat.meeting_id, command.id, seat.participant_id)
        if message is None:
            raise ChatNotFound
        handled = await self.dispatch.handle(
            seat.meeting_id,
            in_session(seat.participant_id, seat.session_id),
            Erase(
                id=message.id,
                author=message.author,
                private_to=message.private_to,
                erased=message.erased,
            ),
            sign_of_life=True,
        )
        if handled.refused:
            raise handled.refused
        return Reply()

    async def _check_signed_in(self, asker: Asker, token: Resumption) -> None:
        """A stay does not outlive the sign-in session that it came with.

        Whoever ended that has ended the stay as well, unless Redis was away: PostgreSQL knows.
        """
        actor = in_session(token.participant_id, token.session_id)
        try:
            sign_in = actor(await self.dispatch.present(token.meeting_id, actor)).sign_in
        except NotJoined:
            return
        if sign_in is None:
            return
        await self.entrance.connections.belongs(asker.id, sign_in)
        if await self.journal.signed_out(sign_in):
            await self.dispatch.handle(token.meeting_id, actor, SignedOut(sign_in=sign_in))
            raise SessionExpired

    async def _resumed(self, asker: Asker, token: Resumption, command: ResumeSession) -> Handled:
        try:
            handled = await self.dispatch.handle(
                token.meeting_id,
                in_session(token.participant_id, token.session_id),
                Resume(connection_id=asker.id, n=token.n),
            )
        except NotJoined:
            return await self._rebuilt(asker, token, command)
        if handled.refused:
            raise handled.refused
        return handled

    async def _rebuilt(self, asker: Asker, token: Resumption, command: ResumeSession) -> Handled:
        """Redis has lost the room. Who was in it, by the journal, comes in again.

        Nobody gets in by this who could not without it: the meeting's door is asked, and whoever
        has left or was put out finds no stay that goes on. Should the room be there after all, what
        it has seen is written down first: the journal may not know yet who has left.
        """
        await self.dispatch.drained(token.meeting_id)
        door = await self.journal.door(token.meeting_id, token.participant_id, asker.known.sign_in)
        if door is None or door.generation != token.generation or door.signed_out:
            raise SessionExpired
        if door.meeting.ended_at is not None:
            raise MeetingEnded
        stay = await self.journal.stay(token, command.epoch, self.clock())
        if stay is None:
            raise SessionExpired
        me = Participant(
            id=token.participant_id,
            session_id=token.session_id,
            connection_id=asker.id,
            user_id=door.user_id,
            display_name=stay,
            avatar_url=door.avatar_url,
            role=door.role,
            joined_at=self.clock(),
            join_seq=0,
            ticket=f"resumed:{token.session_id}:{token.n}",
            generation=token.generation,
            resumes=token.n + 1,
            sign_in=asker.known.sign_in,
        )
        try:
            handled = await self.entrance.enter(me, door)
        except HubError:
            raise SessionExpired from None
        if me.id not in handled.room.people:
            raise SessionExpired
        return handled


def in_session(participant_id: str, session_id: str) -> Actor:
    """The participant, if it is still the same stay."""

    def find(room: Room) -> Participant:
        for person in room.people.values():
            if person.id == participant_id and person.session_id == session_id:
                return person
        raise NotJoined

    return find


def _seat(asker: Asker) -> Seat:
    if asker.known.seat is None:
        raise NotJoined
    return asker.known.seat
