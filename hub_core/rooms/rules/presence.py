"""Coming and going: entering a room, leaving it, losing a connection and coming back on another."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from hub_core.kernel.errors import (
    AlreadyJoined,
    InvalidRoomToken,
    MeetingFull,
    SessionExpired,
)
from hub_core.kernel.ids import ConnectionId, Epoch, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.changes import (
    HostChanged,
    Knocked,
    LobbyChanged,
    ParticipantJoined,
    ParticipantLeft,
    RoomEnded,
    SettingsChanged,
    StillWaiting,
    StoppedWaiting,
    host_loss,
    lobby_news,
)
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import (
    Change,
    Command,
    Farewell,
    HiddenChange,
    Optional,
    Reply,
)
from hub_core.rooms.policy import Entry, Refused, Visitor, entry
from hub_core.rooms.room import OnOff, Participant, Room
from hub_core.rooms.settings import MeetingSettings


def _on_off(value: object) -> object:
    """Devices were booleans in early clients; they still may be."""
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


class Device(Value):
    """What somebody comes in with."""

    mic: Annotated[OnOff, BeforeValidator(_on_off)] = "off"
    cam: Annotated[OnOff, BeforeValidator(_on_off)] = "off"


class JoinRoom(Command):
    """Enter the room that the room token is for, or its lobby. A token is good for one join."""

    type: ClassVar[str] = "room.join"
    room_token: str = Field(max_length=4096)
    device: Device = Device()
    features: Sequence[Annotated[str, StringConstraints(max_length=32)]] = ()
    """As in `auth.authenticate`, for those who have no account."""


class Enter(Command):
    """Somebody with a genuine ticket is at the door: `room.join`, once its token is verified."""

    type: ClassVar[str] = "(enter)"
    visitor: Visitor
    """As PostgreSQL knows them."""
    settings: MeetingSettings
    """As PostgreSQL has them; the room may have newer ones, or older."""
    spent: bool = False
    """Whether the ticket was shown before, wherever that led."""


class Resume(Command):
    """Somebody with a genuine resume token is back: `session.resume`, once it is verified."""

    type: ClassVar[str] = "(resume)"
    connection_id: ConnectionId
    n: int
    """Of the token."""


class LeaveRoom(Command):
    """Leave the room; the connection stays open."""

    type: ClassVar[str] = "room.leave"


class Ping(Command):
    """Say that you are there; every 25 s, or the session is lost. Works outside a room, too."""

    type: ClassVar[str] = "ping"


class Dropped(Command):
    """A connection is gone: `$disconnect`, or a post was answered with 410."""

    type: ClassVar[str] = "(dropped)"
    connection_id: ConnectionId


class Noticed(Command):
    """Somebody who was taken for lost has spoken, on the connection that it had all the time."""

    type: ClassVar[str] = "(noticed)"


class Lapsed(Command):
    """Somebody's time is up: silent beyond the lease, or lost beyond the grace."""

    type: ClassVar[str] = "(lapsed)"


class SignedOut(Command):
    """A sign-in session was ended: what came with it goes."""

    type: ClassVar[str] = "(signed out)"
    sign_in: str


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
    """The same person is here on another connection; this one is closed."""

    type: ClassVar[str] = "connection.replaced"
    why: ClassVar[str] = "replaced"


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


class SessionTaken(HiddenChange):
    """A session goes on over another connection."""

    type: ClassVar[str] = "session.resumed"
    participant_id: ParticipantId
    connection_id: ConnectionId
    resumes: int

    def apply(self, room: Room) -> Room:
        """Frames go there from now on; the last token but one is void."""
        return room.change(
            self.participant_id, connection_id=self.connection_id, resumes=self.resumes
        )


@decides(wire=False)
def enter(
    command: Enter, room: Room, me: Participant, now: Now
) -> Iterator[
    ConnectionReplaced
    | ParticipantLeft
    | ParticipantJoined
    | HostChanged
    | SettingsChanged
    | Knocked
    | LobbyChanged
    | StillWaiting
]:
    """`me` is the newcomer, who is not yet in the room.

    The door is asked here, on the room as it is: between reading PostgreSQL and this moment, a
    host may have locked it or put `me` out.
    """
    earlier = room.people.get(me.id) or room.lobby.get(me.id)
    if earlier and earlier.ticket == me.ticket:
        if earlier.connection_id == me.connection_id:
            return  # the same frame once more: it gets the same answer
        raise InvalidRoomToken("This room token was used; ask for a new one.")
    if command.spent:
        raise InvalidRoomToken("This room token is good for one join; ask for a new one.")
    if me.generation < room.barred.get(me.id, 0):
        raise InvalidRoomToken
    # PostgreSQL may know newer ones, if REST has not reached the room yet.
    settings = max(room.settings, command.settings, key=lambda one: one.version)
    match entry(settings, command.visitor, ended=False, now=now.at):
        case Refused(error):
            raise error
        case Entry.KNOCKS if me.id not in room.people:
            yield from _knock(room, me, earlier)
        case _:
            yield from _come_in(room, settings, me)


def _knock(
    room: Room, me: Participant, earlier: Participant | None
) -> Iterator[ConnectionReplaced | Knocked | LobbyChanged]:
    """Whoever comes back while it waits keeps its place."""
    if earlier:
        if earlier.connection_id == me.connection_id:
            raise AlreadyJoined("You are waiting already.")
        if earlier.presence == "online":
            yield ConnectionReplaced(connection_id=earlier.connection_id)
        me = me.model_copy(
            update={"joined_at": earlier.joined_at, "session_id": earlier.session_id}
        )
    knocked = Knocked(participant=me)
    yield knocked
    yield from lobby_news(knocked.apply(room))


def _come_in(
    room: Room, settings: MeetingSettings, me: Participant
) -> Iterator[
    ConnectionReplaced
    | ParticipantLeft
    | ParticipantJoined
    | HostChanged
    | LobbyChanged
    | StillWaiting
]:
    seq = room.seq + 1
    waited = me.id in room.lobby
    if earlier := room.people.get(me.id):
        same_connection = earlier.connection_id == me.connection_id
        rejected = earlier.presence == "online" and settings.duplicate_join == "reject"
        if same_connection or rejected:
            raise AlreadyJoined
        yield ConnectionReplaced(connection_id=earlier.connection_id)
        yield ParticipantLeft(participant_id=me.id, reason="replaced")
        seq += 1
        me = me.model_copy(update={"role": earlier.role})
    elif not me.role.may_act_as(Role.COHOST) and len(room.people) >= settings.max_participants:
        raise MeetingFull
    if settings.unmute == "by-request" and not me.role.may_act_as(Role.COHOST):
        me = me.model_copy(update={"media": me.media.model_copy(update={"mic": "off"})})
    yield ParticipantJoined(participant=me.model_copy(update={"join_seq": seq}))
    yield from _host_is_back(room, me)
    if waited:
        yield from lobby_news(room.admit(me))


def _host_is_back(room: Room, me: Participant) -> Iterator[HostChanged | StillWaiting]:
    acting = room.acting_host
    if me.role is Role.HOST and acting in room.people and acting != me.id:
        yield HostChanged(former=acting, to=me.id, reason="host-returned")
    if me.role is not Role.GUEST and not room.hosts():
        for position, person in enumerate(room.waiting(), start=1):
            yield StillWaiting(
                to=(person.id,),
                participant_id=person.id,
                position=position,
                waiting_for="approval",
            )


@decides(wire=False, by_server=True)
def resume(
    command: Resume, room: Room, me: Participant, now: Now
) -> Iterator[ConnectionReplaced | SessionTaken | ConnectionChanged]:
    """The newest token is good, and the one before it until the newest is used."""
    if command.n not in {me.resumes, me.resumes - 1}:
        raise SessionExpired
    if room.grace_is_over(me, now.at, now.grace_sec):
        raise SessionExpired
    if me.presence == "online" and me.connection_id != command.connection_id:
        yield ConnectionReplaced(connection_id=me.connection_id)
    yield SessionTaken(
        participant_id=me.id, connection_id=command.connection_id, resumes=command.n + 1
    )
    if me.presence == "lost":
        yield ConnectionChanged(participant_id=me.id, state="restored")


@decides()
def leave(
    command: LeaveRoom, room: Room, me: Participant
) -> Iterator[ParticipantLeft | HostChanged | SettingsChanged | RoomEnded | RoomLeft]:
    """Out at once; no grace."""
    left = ParticipantLeft(participant_id=me.id, reason="left")
    yield left
    yield from host_loss(left.apply(room), me, lost=False)
    yield RoomLeft()


@decides(wire=False, by_server=True)
def sign_out(
    command: SignedOut, room: Room, me: Participant
) -> Iterator[
    ParticipantLeft | HostChanged | SettingsChanged | RoomEnded | StoppedWaiting | LobbyChanged
]:
    """Out at once, and no token leads back; unless it has come in anew with another session."""
    if me.sign_in != command.sign_in:
        return
    if me.id in room.people:
        left = ParticipantLeft(participant_id=me.id, reason="left")
        yield left
        yield from host_loss(left.apply(room), me, lost=False)
    else:
        stopped = StoppedWaiting(participant_id=me.id, reason="cancelled")
        yield stopped
        yield from lobby_news(stopped.apply(room))


@decides(in_lobby=True)
def ping(command: Ping, room: Room, me: Participant, now: Now) -> Iterator[Pong]:
    """Outside a room, and in its lobby, there is no seq to tell."""
    if me.id in room.people:
        yield Pong(server_time=now.at, epoch=room.epoch, head_seq=room.seq)
    else:
        yield Pong(server_time=now.at)


@decides(wire=False, by_server=True)
def drop(
    command: Dropped, room: Room, me: Participant, now: Now
) -> Iterator[ConnectionChanged | Knocked | LobbyChanged]:
    """Lost, if it is the connection that is in use: a late `$disconnect` of an old one is not."""
    if me.presence == "online" and me.connection_id == command.connection_id:
        yield from _lose(room, me, now)


@decides(wire=False, by_server=True)
def notice(
    command: Noticed, room: Room, me: Participant
) -> Iterator[ConnectionChanged | Knocked | LobbyChanged]:
    """Its lease had run out, and it was only slow."""
    if me.presence == "lost":
        if me.id in room.people:
            yield ConnectionChanged(participant_id=me.id, state="restored")
        else:
            back = me.model_copy(update={"presence": "online", "lost_at": None})
            yield from _changed_in_lobby(room, back)


@decides(wire=False, by_server=True)
def lapse(
    command: Lapsed, room: Room, me: Participant, now: Now
) -> Iterator[
    ConnectionChanged
    | ParticipantLeft
    | HostChanged
    | SettingsChanged
    | RoomEnded
    | Knocked
    | StoppedWaiting
    | LobbyChanged
]:
    """First lost, then left."""
    if me.presence == "online":
        yield from _lose(room, me, now)
    elif not room.grace_is_over(me, now.at, now.grace_sec):
        return
    elif me.id in room.people:
        left = ParticipantLeft(participant_id=me.id, reason="lost")
        yield left
        yield from host_loss(left.apply(room), me, lost=True)
    else:
        stopped = StoppedWaiting(participant_id=me.id, reason="lost")
        yield stopped
        yield from lobby_news(stopped.apply(room))


def _lose(
    room: Room, me: Participant, now: Now
) -> Iterator[ConnectionChanged | Knocked | LobbyChanged]:
    if me.id in room.people:
        yield ConnectionChanged(participant_id=me.id, state="lost")
    else:
        lost = me.model_copy(update={"presence": "lost", "lost_at": now.at})
        yield from _changed_in_lobby(room, lost)


def _changed_in_lobby(room: Room, person: Participant) -> Iterator[Knocked | LobbyChanged]:
    changed = Knocked(participant=person)
    yield changed
    yield from lobby_news(changed.apply(room))
