"""Saying who one is, and coming into a room: the commands of a connection that sits nowhere yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import orjson
from pydantic import StringConstraints

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
    InvalidRoomToken,
    InvalidToken,
    MeetingForbidden,
    TokenExpired,
    Unauthorized,
)
from hub_core.kernel.ids import ConnectionId, Epoch, Mint, SessionId
from hub_core.kernel.values import rfc3339
from hub_core.live.connections import Connection, Connections, Seat
from hub_core.live.dispatch import Dispatch
from hub_core.live.frames import LARGEST_FRAME
from hub_core.live.journal import Door, Journal
from hub_core.rooms.messages import Command
from hub_core.rooms.policy import Entry, Refused, entry
from hub_core.rooms.room import MediaState, Participant, Room
from hub_core.rooms.rules.presence import Enter, JoinRoom
from hub_core.rooms.rules.signalling import LARGEST_CANDIDATE, LARGEST_SDP
from hub_core.rooms.view import roster, shown

PROTOCOL: Final = "1.0"
FEATURES: Final = frozenset[str]()
"""What a client may ask for beyond the protocol's core."""
LIMITS: Final = {
    "frameBytes": LARGEST_FRAME,
    "chatCharacters": 2000,
    "sdpBytes": LARGEST_SDP,
    "candidateBytes": LARGEST_CANDIDATE,
}

Name = Annotated[str, StringConstraints(max_length=32)]


class Authenticate(Command):
    """Say who is at this end of the connection; an account does so before it joins."""

    type: ClassVar[str] = "auth.authenticate"
    access_token: str
    protocol: Name | None = None
    features: Sequence[Name] = ()


@dataclass(frozen=True)
class Entrance:
    """Lets connections in."""

    connections: Connections
    dispatch: Dispatch
    journal: Journal
    access: TokenClass[AccessClaims]
    tickets: TokenClass[RoomClaims]
    ice_servers: Sequence[dict[str, Any]]
    clock: Clock
    mint: Mint

    async def authenticate(self, connection_id: ConnectionId, command: Authenticate) -> bytes:
        """`auth.ok`.

        Raises:
            InvalidToken: not one of our access tokens.
            TokenExpired: refresh it and try again.
        """
        try:
            claims = self.access.verify(command.access_token)
        except TokenOutOfTime:
            raise TokenExpired from None
        except TokenRefused:
            raise InvalidToken from None
        await self.connections.authenticated(connection_id, claims.sub)
        payload = {
            "userId": claims.sub,
            "protocol": PROTOCOL,
            "features": sorted(FEATURES & set(command.features)),
            "limits": LIMITS,
            "serverTime": rfc3339(self.clock()),
        }
        return orjson.dumps({"type": "auth.ok", "payload": payload})

    async def join(
        self, connection_id: ConnectionId, connection: Connection, command: JoinRoom
    ) -> bytes:
        """`room.joined`.

        Raises:
            Unauthorized: the ticket is an account's, and nobody has authenticated here.
            InvalidRoomToken: forged, expired, used, revoked, or somebody else's.
            AlreadyJoined: this connection sits in a room, or the person does and may not twice.
            MeetingEnded, MeetingForbidden, MeetingLocked, MeetingFull: the meeting's rules.
        """
        claims = self._ticket(command.room_token, connection)
        if connection.seat and connection.seat.meeting_id != claims.mid:
            raise AlreadyJoined("This connection is in another room.")
        door = await self._door(claims)
        me = self._newcomer(connection_id, claims, door, command)
        room = Room(meeting_id=claims.mid, epoch=Epoch(self.mint()), settings=door.settings)
        if await self.dispatch.rooms.warm(claims.mid) is None:
            await self.dispatch.rooms.open(room)
        handled = await self.dispatch.handle(claims.mid, lambda _: me, Enter())
        if handled.outcome is None or claims.pid not in handled.room.people:
            return handled.reply
        myself = handled.room.people[claims.pid]
        if myself.ticket != claims.jti:
            return handled.reply  # refused: it is still the other one who sits there
        seat = Seat(claims.mid, claims.pid, myself.session_id)
        if not await self.connections.seated(connection_id, seat):
            await self.dispatch.dropped(connection_id)
        return await self._joined(handled.room, myself, door)

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

    async def _joined(self, room: Room, me: Participant, door: Door) -> bytes:
        grace = self.dispatch.rooms.grace
        payload = {
            "meeting": door.meeting.model_dump(mode="json", by_alias=True),
            "selfParticipant": shown(me),
            "peers": [peer for peer in roster(room) if peer["participantId"] != me.id],
            "settings": room.settings.model_dump(mode="json", by_alias=True),
            "epoch": room.epoch,
            "seq": room.seq,
            "sessionId": me.session_id,
            "graceMs": int(grace.total_seconds() * 1000),
            "iceServers": list(self.ice_servers),
            "chat": await self.journal.chat(room, me.id),
        }
        return orjson.dumps({"type": "room.joined", "payload": payload})
