"""Saying who one is, and coming into a room: the commands of a connection that sits nowhere yet."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from hub_core.adapters.tokens import (
    CLOCK_SKEW,
    AccessClaims,
    RoomClaims,
    TokenClass,
    TokenOutOfTime,
    TokenRefused,
)
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import (
    AlreadyJoined,
    HubError,
    InvalidRoomToken,
    InvalidToken,
    MeetingEnded,
    NotJoined,
    TokenExpired,
    Unauthorized,
    Unavailable,
)
from hub_core.kernel.ids import ConnectionId, Epoch, MeetingId, Mint, ParticipantId, SessionId
from hub_core.live.asks import (
    Asker,
    Authenticate,
    AuthOk,
    LobbyWaiting,
    RoomJoined,
    answers,
)
from hub_core.live.connections import Connection, Connections, Seat
from hub_core.live.dispatch import Dispatch, Handled, sitting, someone
from hub_core.live.frames import LARGEST_FRAME
from hub_core.live.greeting import Greeting
from hub_core.live.journal import Door, Journal
from hub_core.live.outages import DOWN
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rules.presence import Enter, JoinRoom
from hub_core.rooms.rules.signalling import LARGEST_CANDIDATE, LARGEST_SDP

TRIES: Final = 3
"""To come into a room: the sweep may close it while it is open and nobody is in it yet."""
PROTOCOL: Final = "1.0"
BATCH: Final = "batch"
FEATURES: Final = frozenset({BATCH})
"""What a client may ask for beyond the protocol's core."""
LIMITS: Final = {
    "frameBytes": LARGEST_FRAME,
    "chatCharacters": 2000,
    "sdpBytes": LARGEST_SDP,
    "candidateBytes": LARGEST_CANDIDATE,
}


@dataclass(frozen=True)
class Entrance:
    """Lets connections in."""

    connections: Connections
    dispatch: Dispatch
    journal: Journal
    access: TokenClass[AccessClaims]
    tickets: TokenClass[RoomClaims]
    greeting: Greeting
    clock: Clock
    mint: Mint

    @answers
    async def authenticate(self, asker: Asker, command: Authenticate) -> AuthOk:
        """The connection is the account's from now on, and the sign-in session's.

        It is noted as that before PostgreSQL is asked, and whoever ends a session looks for its
        connections after it was ended there: of two that cross, one sees the other.
        """
        try:
            claims = self.access.verify(command.access_token)
        except TokenOutOfTime:
            raise TokenExpired from None
        except TokenRefused:
            raise InvalidToken from None
        batch = BATCH in command.features
        await self.connections.belongs(asker.id, claims.sid)
        if await self.journal.signed_out(claims.sid):
            raise InvalidToken
        await self.connections.authenticated(asker.id, claims.sub, claims.sid, batch=batch)
        return AuthOk(
            user_id=claims.sub,
            protocol=PROTOCOL,
            features=sorted(FEATURES & set(command.features)),
            limits=LIMITS,
            server_time=self.clock(),
        )

    @answers
    async def join(self, asker: Asker, command: JoinRoom) -> RoomJoined | LobbyWaiting:
        """What the ticket says is checked against PostgreSQL: it may be two minutes old."""
        claims = self._ticket(command.room_token, asker.known)
        await self.check_free(asker, claims.mid, claims.pid)
        door = await self._door(claims, asker.known.sign_in)
        newcomer = self._newcomer(asker, claims, door, command)
        handled = await self._once(newcomer, door)
        me = someone(claims.pid)(handled.room)
        await self.seat(asker.id, handled.room, me)
        if me.id in handled.room.people:
            return await self.greeting.joined(handled.room, me, door.meeting)
        return LobbyWaiting(
            participant_id=me.id,
            position=handled.room.waiting().index(me) + 1,
            waiting_for="approval" if handled.room.hosts() else "host",
        )

    async def check_free(
        self, asker: Asker, meeting_id: MeetingId, participant_id: ParticipantId
    ) -> None:
        """A connection is one person's at a time; the record may be of a stay that is over.

        Raises:
            AlreadyJoined: it sits in another room, or here as somebody else.
        """
        seat = asker.known.seat
        if seat is None or (seat.meeting_id, seat.participant_id) == (meeting_id, participant_id):
            return
        room = await self.dispatch.rooms.load(seat.meeting_id)
        with suppress(NotJoined):
            if room is not None:
                sitting(seat, asker.id)(room)
                raise AlreadyJoined("This connection is in another room, or somebody else's.")

    async def _once(self, newcomer: Participant, door: Door) -> Handled:
        """By a ticket that has let nobody in before, if it is not the same frame once more."""
        keep = self.tickets.lifetime + 2 * CLOCK_SKEW
        spent = not await self.connections.spend(newcomer.ticket, keep, self.mint())
        try:
            return await self.enter(newcomer, door, spent=spent)
        except (HubError, *DOWN):
            if not spent:
                await self.connections.give_back(newcomer.ticket)
            raise

    async def enter(self, me: Participant, door: Door, *, spent: bool = False) -> Handled:
        """Into the room, or its lobby; the room is opened if it is not open.

        Raises:
            HubError: what the rule says.
        """
        command = Enter(visitor=door.visitor, settings=door.settings, spent=spent)
        for _ in range(TRIES):
            try:
                handled = await self.dispatch.handle(door.meeting.id, lambda _: me, command)
            except NotJoined:
                await self._open(door)
                continue
            if handled.refused:
                raise handled.refused
            return handled
        raise Unavailable

    async def _open(self, door: Door) -> None:
        """Open the room, unless the meeting has ended.

        Whether it has is asked when the room is open: whoever ends it writes that down first and
        looks for the room then. Of two that cross, one sees the other.
        """
        if door.meeting.ended_at is not None:
            raise MeetingEnded
        epoch = Epoch(self.mint())
        room = Room(meeting_id=door.meeting.id, epoch=epoch, settings=door.settings)
        await self.dispatch.rooms.open(room)
        if await self.journal.ended(door.meeting.id):
            raise MeetingEnded

    async def seat(self, connection_id: ConnectionId, room: Room, me: Participant) -> None:
        """Remember where the connection sits; if it is gone meanwhile, tell the room so."""
        seat = Seat(room.meeting_id, me.id, me.session_id)
        if not await self.connections.seated(connection_id, seat):
            await self.dispatch.dropped(connection_id)

    def _ticket(self, room_token: str, connection: Connection) -> RoomClaims:
        try:
            claims = self.tickets.verify(room_token)
        except TokenOutOfTime:
            raise InvalidRoomToken("This room token has expired; ask for a new one.") from None
        except TokenRefused:
            raise InvalidRoomToken from None
        if claims.sub is not None and connection.user_id is None:
            raise Unauthorized("Authenticate on this connection before you join.")
        if claims.sub != connection.user_id:
            raise InvalidRoomToken("This room token is somebody else's.")
        return claims

    async def _door(self, claims: RoomClaims, sign_in: str | None) -> Door:
        """What PostgreSQL says of this entry now; the ticket may be two minutes old."""
        door = await self.journal.door(claims.mid, claims.pid, sign_in)
        if door is None or door.generation != claims.gen:
            raise InvalidRoomToken
        if door.signed_out:
            raise InvalidToken
        return door

    def _newcomer(
        self, asker: Asker, claims: RoomClaims, door: Door, command: JoinRoom
    ) -> Participant:
        return Participant(
            id=claims.pid,
            session_id=SessionId(self.mint()),
            connection_id=asker.id,
            user_id=claims.sub,
            display_name=claims.name,
            avatar_url=door.avatar_url,
            role=door.role,
            media=MediaState(mic=command.device.mic, cam=command.device.cam),
            joined_at=self.clock(),
            join_seq=0,
            ticket=claims.jti,
            generation=claims.gen,
            batch=asker.known.batch or BATCH in command.features,
            sign_in=asker.known.sign_in,
        )
