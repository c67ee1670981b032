"""Room tickets: who comes to a meeting's door, and what it is given there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.tables import UserRow
from hub_core.adapters.ice import ice_servers
from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import RoomClaims, TokenClass, room_tokens
from hub_core.kernel.clock import Clock, utc_now
from hub_core.kernel.errors import InvalidRoomToken, InvalidToken, MeetingNotFound
from hub_core.kernel.ids import MeetingId, Mint, ParticipantId, UserId, new_id
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import visitor
from hub_core.meetings.schemas import NAMELESS, IceServer, RoomTicket
from hub_core.meetings.service import settings_of
from hub_core.meetings.tables import MeetingRow, ParticipantRow
from hub_core.rooms.policy import Admission, Entry, Refused, Visitor, entry


@dataclass(frozen=True)
class Account:
    """Comes with an account."""

    user_id: UserId


@dataclass(frozen=True)
class Guest:
    """Comes without one: again, with the ticket that it was given before, or for the first time."""

    known_by: RoomClaims | None
    display_name: str | None


@dataclass(frozen=True)
class TicketOffice:
    """Writes tickets for those whom the meeting's policy does not refuse."""

    db: AsyncSession
    tokens: TokenClass[RoomClaims]
    ws_url: str
    ice_servers: Callable[[ParticipantId], list[dict[str, Any]]]
    clock: Clock
    mint: Mint

    @classmethod
    def opened(cls, db: AsyncSession) -> "TicketOffice":
        """As this process's settings and clock have it."""
        return cls(
            db=db,
            tokens=room_tokens(settings(), utc_now, new_id),
            ws_url=settings().websocket_url,
            ice_servers=lambda participant_id: ice_servers(settings(), participant_id, utc_now()),
            clock=utc_now,
            mint=new_id,
        )

    async def ticket(self, meeting_id: MeetingId, caller: Account | Guest) -> RoomTicket:
        """A ticket for one join, now or at the lobby. A refusal leaves no trace.

        Raises:
            MeetingNotFound: there is no such meeting.
            InvalidToken: the account is gone.
            InvalidRoomToken: the guest's token is for another meeting.
            MeetingEnded, MeetingForbidden, MeetingLocked, LobbyRejected: the meeting's rules.
        """
        meeting = await self.db.get(MeetingRow, meeting_id)
        if meeting is None:
            raise MeetingNotFound
        person, user = await self._known(meeting_id, caller)
        if person is None:
            person = await self._enrol(meeting_id, user, _name(caller, user) or NAMELESS)
        how = self._entry(meeting, visitor(person))
        person.display_name = _name(caller, user) or person.display_name
        return self._written(person, how)

    async def _known(
        self, meeting_id: MeetingId, caller: Account | Guest
    ) -> tuple[ParticipantRow | None, UserRow | None]:
        """Whom the meeting knows the caller as, if it does, and the account if it has one."""
        match caller:
            case Account(user_id):
                return await self._account(meeting_id, user_id)
            case Guest(known_by):
                return (await self._guest(meeting_id, known_by) if known_by else None), None

    async def _account(
        self, meeting_id: MeetingId, user_id: UserId
    ) -> tuple[ParticipantRow | None, UserRow]:
        found = await self.db.execute(
            select(UserRow, ParticipantRow)
            .outerjoin(
                ParticipantRow,
                (ParticipantRow.user_id == UserRow.id) & (ParticipantRow.meeting_id == meeting_id),
            )
            .where(UserRow.id == user_id)
        )
        row = found.one_or_none()
        if row is None:
            raise InvalidToken
        user, person = row
        return person, user

    async def _guest(self, meeting_id: MeetingId, claims: RoomClaims) -> ParticipantRow:
        """Its generation is not compared: who was put out is still known, and still put out."""
        person = await self.db.get(ParticipantRow, claims.pid)
        if person is None or claims.mid != meeting_id or person.meeting_id != meeting_id:
            raise InvalidRoomToken("This room token is for another meeting.")
        return person

    async def _enrol(
        self, meeting_id: MeetingId, user: UserRow | None, name: str
    ) -> ParticipantRow:
        """Somebody's first time. Two requests of one account at once get the same participant."""
        person: ParticipantRow | None = await self.db.scalar(
            insert(ParticipantRow)
            .values(
                id=self.mint(),
                meeting_id=meeting_id,
                user_id=user.id if user else None,
                display_name=name,
                role=Role.GUEST,
                admission=Admission.PENDING,
                created_at=self.clock(),
            )
            .on_conflict_do_update(
                index_elements=[ParticipantRow.meeting_id, ParticipantRow.user_id],
                set_={"display_name": name},
            )
            .returning(ParticipantRow)
        )
        assert person is not None
        return person

    def _entry(self, meeting: MeetingRow, somebody: Visitor) -> Entry:
        ended = meeting.ended_at is not None
        match entry(settings_of(meeting), somebody, ended=ended, now=self.clock()):
            case Refused(error):
                raise error
            case how:
                return how

    def _written(self, person: ParticipantRow, how: Entry) -> RoomTicket:
        participant_id = ParticipantId(person.id)
        claims = RoomClaims(
            sub=UserId(person.user_id) if person.user_id else None,
            mid=MeetingId(person.meeting_id),
            pid=participant_id,
            name=person.display_name,
            role=person.role,
            gen=person.generation,
            jti=self.mint(),
        )
        return RoomTicket(
            room_token=self.tokens.mint(claims),
            expires_in=int(self.tokens.lifetime.total_seconds()),
            participant_id=participant_id,
            role=person.role,
            admission=how.value,
            ws_url=self.ws_url,
            ice_servers=[
                IceServer.model_validate(server)
                for server in (self.ice_servers(participant_id) if how is Entry.JOINS else [])
            ],
        )


def _name(caller: Account | Guest, user: UserRow | None) -> str | None:
    """An account is called what it is called now; a guest what it says, if it says anything."""
    if user is not None:
        return user.display_name
    return caller.display_name if isinstance(caller, Guest) else None
