"""Saying who one is, and coming into a room: the commands of a connection that sits nowhere yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub_core.adapters.tokens import (
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
    MeetingForbidden,
    MeetingFull,
    MeetingLocked,
    NotJoined,
    TokenExpired,
    Unauthorized,
    Unavailable,
)
from hub_core.kernel.ids import ConnectionId, Epoch, Mint, SessionId
from hub_core.live.asks import ASKS, Asker, Authenticate, AuthOk, RoomJoined, answers
from hub_core.live.connections import Connection, Connections, Seat
from hub_core.live.dispatch import Dispatch, Handled
from hub_core.live.frames import LARGEST_FRAME, Frame, read_command
from hub_core.live.journal import Door, Journal
from hub_core.live.replies import Replies
from hub_core.live.resumption import ResumeTokens, Resumption
from hub_core.rooms.messages import problem_reply
from hub_core.rooms.policy import Entry, Refused, entry
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rules.presence import Enter, JoinRoom
from hub_core.rooms.rules.signalling import LARGEST_CANDIDATE, LARGEST_SDP
from hub_core.rooms.view import ParticipantView, peers

PROTOCOL: Final = "1.0"
FEATURES: Final = frozenset[str]()
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
    replies: Replies
    access: TokenClass[AccessClaims]
    tickets: TokenClass[RoomClaims]
    resume_tokens: ResumeTokens
    ice_servers: Sequence[Mapping[str, Any]]
    clock: Clock
    mint: Mint

    async def answer(self, connection_id: ConnectionId, frame: Frame) -> bytes:
        """The reply to a frame whose type is one of `ASKS`; the same for the same request.

        Raises:
            Invalid: the payload does not fit.
            NotJoined: the connection is gone; nobody will read this.
            Unavailable: try again. It is the one refusal that is not kept for a repeated request.
        """
        ask = ASKS[frame.kind]
        command = read_command(ask.command, frame.payload)

        async def work() -> bytes:
            known = await self.connections.find(connection_id)
            if known is None:
                raise NotJoined
            try:
                reply = await ask.answer(self, Asker(connection_id, known), command)
            except Unavailable:
                raise
            except HubError as refusal:
                return problem_reply(refusal.problem())
            return reply.frame()

        reply = await self.replies.once(connection_id, frame.request_id, work)
        return self.resume_tokens.seal(reply)

    @answers(refuses=(InvalidToken, TokenExpired))
    async def authenticate(self, asker: Asker, command: Authenticate) -> AuthOk:
        """The connection is the account's from now on."""
        try:
            claims = self.access.verify(command.access_token)
        except TokenOutOfTime:
            raise TokenExpired from None
        except TokenRefused:
            raise InvalidToken from None
        await self.connections.authenticated(asker.id, claims.sub)
        return AuthOk(
            user_id=claims.sub,
            protocol=PROTOCOL,
            features=sorted(FEATURES & set(command.features)),
            limits=LIMITS,
            server_time=self.clock(),
        )

    @answers(
        refuses=(
            Unauthorized,
            InvalidRoomToken,
            AlreadyJoined,
            MeetingEnded,
            MeetingForbidden,
            MeetingLocked,
            MeetingFull,
        )
    )
    async def join(self, asker: Asker, command: JoinRoom) -> RoomJoined:
        """What the ticket says is checked against PostgreSQL: it may be two minutes old."""
        claims = self._ticket(command.room_token, asker.known)
        if asker.known.seat and asker.known.seat.meeting_id != claims.mid:
            raise AlreadyJoined("This connection is in another room.")
        door = await self._door(claims)
        me = self._newcomer(asker.id, claims, door, command)
        handled = await self._enter(me, door)
        myself = handled.room.people[me.id]
        seat = Seat(claims.mid, claims.pid, myself.session_id)
        if not await self.connections.seated(asker.id, seat):
            await self.dispatch.dropped(asker.id)
        return await self._joined(handled.room, myself, door)

    async def _enter(self, me: Participant, door: Door) -> Handled:
        """Into the room, which is opened if it is not open."""
        try:
            handled = await self.dispatch.handle(door.meeting.id, lambda _: me, Enter())
        except NotJoined:
            epoch = Epoch(self.mint())
            room = Room(meeting_id=door.meeting.id, epoch=epoch, settings=door.settings)
            await self.dispatch.rooms.open(room)
            handled = await self.dispatch.handle(door.meeting.id, lambda _: me, Enter())
        if handled.refused:
            raise handled.refused
        return handled

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

    async def _door(self, claims: RoomClaims) -> Door:
        """What PostgreSQL says of this entry now; the ticket may be two minutes old."""
        door = await self.journal.door(claims.mid, claims.pid)
        if door is None or door.generation != claims.gen:
            raise InvalidRoomToken
        ended = door.meeting.ended_at is not None
        match entry(door.settings, door.visitor, ended=ended, now=self.clock()):
            case Refused(error):
                raise error
            case Entry.KNOCKS:
                raise MeetingForbidden("You have to be let in first.")
            case Entry.JOINS:
                return door

    def _newcomer(
        self, connection_id: ConnectionId, claims: RoomClaims, door: Door, command: JoinRoom
    ) -> Participant:
        return Participant(
            id=claims.pid,
            session_id=SessionId(self.mint()),
            connection_id=connection_id,
            user_id=claims.sub,
            display_name=claims.name,
            avatar_url=door.avatar_url,
            role=door.role,
            media=MediaState(mic=command.device.mic, cam=command.device.cam),
            joined_at=self.clock(),
            join_seq=0,
            ticket=claims.jti,
        )

    async def _joined(self, room: Room, me: Participant, door: Door) -> RoomJoined:
        first = Resumption(room.meeting_id, me.id, me.session_id, n=0)
        return RoomJoined(
            meeting=door.meeting,
            self_participant=ParticipantView.of(me),
            peers=peers(room, me.id),
            settings=room.settings,
            epoch=room.epoch,
            seq=room.seq,
            session_id=me.session_id,
            resume_token=first.unsealed,
            grace_ms=int(self.dispatch.rooms.grace.total_seconds() * 1000),
            ice_servers=self.ice_servers,
            chat=await self.journal.chat(room, me.id),
        )
