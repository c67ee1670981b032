"""Coming and going: entering a room, leaving it, and losing and outliving a connection."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from hub_core.kernel.errors import AlreadyJoined, InvalidRoomToken, MeetingFull
from hub_core.kernel.ids import ConnectionId, Epoch, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import Change, Command, Farewell, LeftReason, Optional, Reply, Shape
from hub_core.rooms.room import OnOff, Participant, Room
from hub_core.rooms.view import ParticipantView, shown


def _on_off(value: object) -> object:
    """Devices were booleans in early clients; they still may be."""
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


class Device(Value):
    """What somebody comes in with."""

    mic: Annotated[OnOff, BeforeValidator(_on_off)] = "off"
    cam: Annotated[OnOff, BeforeValidator(_on_off)] = "off"


class JoinRoom(Command):
    """Enter the room that the room token is for. The ticket is good for one join."""

    type: ClassVar[str] = "room.join"
    room_token: str = Field(max_length=4096)
    device: Device = Device()


class Enter(Command):
    """Somebody with a genuine ticket is at the door: `room.join`, once its token is verified."""

    type: ClassVar[str] = "(enter)"


class LeaveRoom(Command):
    """Leave the room; the connection stays open."""

    type: ClassVar[str] = "room.leave"


class Ping(Command):
    """Say that you are there; every 25 s, or the session is lost."""

    type: ClassVar[str] = "ping"


class Dropped(Command):
    """A connection is gone: `$disconnect`, or a post was answered with 410."""

    type: ClassVar[str] = "(dropped)"
    connection_id: ConnectionId


class Lapsed(Command):
    """Somebody's time is up: silent beyond the lease, or lost beyond the grace."""

    type: ClassVar[str] = "(lapsed)"


class RoomLeft(Reply):
    """You are out."""

    type: ClassVar[str] = "room.left"


class Pong(Reply):
    """So are we. A `headSeq` beyond your own tells that you missed something: `room.sync`."""

    type: ClassVar[str] = "pong"
    server_time: Moment
    epoch: Optional[Epoch] = None
    head_seq: Optional[int] = None


class ConnectionReplaced(Farewell):
    """The same person came in on another connection; this one is closed."""

    type: ClassVar[str] = "connection.replaced"
    reason: ClassVar[str] = "replaced"


class ParticipantJoined(Change):
    """Somebody came in. The payload is the participant."""

    type: ClassVar[str] = "participant.joined"
    shape: ClassVar[Shape | None] = ParticipantView
    participant: Participant

    def payload(self) -> dict[str, Any]:
        """The participant as everyone sees it, spread out in the payload."""
        return shown(self.participant)

    def apply(self, room: Room) -> Room:
        """One more person."""
        return room.admit(self.participant)


class ParticipantLeft(Change):
    """Somebody's stay is over. Every `joined` is followed by exactly one of these."""

    type: ClassVar[str] = "participant.left"
    participant_id: ParticipantId
    reason: LeftReason

    def apply(self, room: Room) -> Room:
        """One person less."""
        return room.without(self.participant_id)


class ConnectionChanged(Change):
    """Somebody's connection dropped, or is back. They are in the room all the while."""

    type: ClassVar[str] = "participant.connection"
    participant_id: ParticipantId
    state: Literal["lost", "restored"]

    def apply(self, room: Room) -> Room:
        """Unreachable since now, or reachable again."""
        if self.state == "lost":
            return room.change(self.participant_id, presence="lost", lost_at=self.at)
        return room.change(self.participant_id, presence="online", lost_at=None)


@decides(wire=False)
def enter(
    command: Enter, room: Room, me: Participant
) -> Iterator[ConnectionReplaced | ParticipantLeft | ParticipantJoined]:
    """`me` is the newcomer, not yet in the room."""
    seq = room.seq + 1
    if earlier := room.people.get(me.id):
        same_connection = earlier.connection_id == me.connection_id
        if earlier.ticket == me.ticket:
            if same_connection:
                return  # the same frame once more: it gets the same answer
            raise InvalidRoomToken("This room token was used; ask for a new one.")
        rejected = earlier.presence == "online" and room.settings.duplicate_join == "reject"
        if same_connection or rejected:
            raise AlreadyJoined
        yield ConnectionReplaced(connection_id=earlier.connection_id)
        yield ParticipantLeft(participant_id=me.id, reason="replaced")
        seq += 1
    elif not me.role.may_act_as(Role.COHOST) and len(room.people) >= room.settings.max_participants:
        raise MeetingFull
    yield ParticipantJoined(participant=me.model_copy(update={"join_seq": seq}))


@decides()
def leave(command: LeaveRoom, room: Room, me: Participant) -> Iterator[ParticipantLeft | RoomLeft]:
    """Out at once; no grace."""
    yield ParticipantLeft(participant_id=me.id, reason="left")
    yield RoomLeft()


@decides()
def ping(command: Ping, room: Room, me: Participant, now: Now) -> Iterator[Pong]:
    """Also outside a room, where there is no seq to tell."""
    yield Pong(server_time=now.at, epoch=room.epoch, head_seq=room.seq)


@decides(wire=False, by_server=True)
def drop(command: Dropped, room: Room, me: Participant) -> Iterator[ConnectionChanged]:
    """Lost, if it is the connection that is in use: a late `$disconnect` of an old one is not."""
    if me.presence == "online" and me.connection_id == command.connection_id:
        yield ConnectionChanged(participant_id=me.id, state="lost")


@decides(wire=False, by_server=True)
def lapse(
    command: Lapsed, room: Room, me: Participant, now: Now
) -> Iterator[ConnectionChanged | ParticipantLeft]:
    """First lost, then left."""
    if me.presence == "online":
        yield ConnectionChanged(participant_id=me.id, state="lost")
    elif room.grace_is_over(me, now.at, now.grace_sec):
        yield ParticipantLeft(participant_id=me.id, reason="lost")
