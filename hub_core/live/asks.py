"""What a connection asks outside a room's rules, and how it is answered: the entrance's words.

    @answers
    async def authenticate(self, asker: Asker, command: Authenticate) -> AuthOk: ...

As with `decides`, the signature is the registration: AsyncAPI is read from `ASKS`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar, get_args, get_type_hints

from pydantic import Field, StringConstraints

from hub_core.kernel.ids import NO_NUL, ConnectionId, Epoch, ParticipantId, SessionId, UserId
from hub_core.kernel.values import Moment, Value
from hub_core.live.connections import Connection
from hub_core.live.journal import MeetingFacts
from hub_core.live.resumption import LARGEST_TOKEN
from hub_core.rooms.messages import Command, Optional, Reply
from hub_core.rooms.settings import MeetingSettings
from hub_core.rooms.view import ParticipantView, WaitingView

Name = Annotated[str, StringConstraints(max_length=32)]


@dataclass(frozen=True)
class Asker:
    """The connection that asks, and what is known of it."""

    id: ConnectionId
    known: Connection


@dataclass(frozen=True)
class Ask:
    """One thing to ask at the entrance."""

    command: type[Command]
    replies: tuple[type[Reply], ...]
    answer: Callable[[Any, Asker, Any], Awaitable[Reply]]


ASKS: Final[dict[str, Ask]] = {}
"""By the `type` of the command."""
Method = TypeVar("Method", bound=Callable[..., Awaitable[Reply]])


def answers(method: Method) -> Method:
    """Enter a method under the type of the command that it takes."""
    hints = get_type_hints(method)
    command, returned = hints["command"], hints["return"]
    ASKS[command.type] = Ask(command, get_args(returned) or (returned,), method)
    return method


class Authenticate(Command):
    """Say who is at this end of the connection; an account does so before it joins."""

    type: ClassVar[str] = "auth.authenticate"
    access_token: str
    protocol: Name | None = None
    features: Sequence[Name] = ()


class AuthOk(Reply):
    """You are known from now on. `features` are those of the asked for that will be used."""

    type: ClassVar[str] = "auth.ok"
    user_id: UserId
    protocol: str
    features: Sequence[str]
    limits: Mapping[str, int]
    server_time: Moment


class Told(Reply):
    """A reply that may be too much for one frame."""

    hidden: ClassVar[frozenset[str]] = frozenset({"ahead"})
    ahead: tuple[bytes, ...] = ()
    """Frames that belong to it and go before it, as often as it goes."""


class RoomJoined(Told):
    """You are in. The room as it is at `seq`; what happens later follows as frames."""

    type: ClassVar[str] = "room.joined"
    meeting: MeetingFacts
    self_participant: ParticipantView
    peers: Sequence[ParticipantView]
    settings: MeetingSettings
    epoch: Epoch
    seq: int
    session_id: SessionId
    resume_token: str
    grace_ms: int = Field(description="How long a lost session may be resumed.")
    ice_servers: Sequence[Mapping[str, Any]]
    chat: Sequence[Mapping[str, Any]]
    lobby: Optional[Sequence[WaitingView]] = None
    """Who waits; for hosts."""
    parts: Optional[int] = None
    """How many `snapshot.part` frames with more peers came before, if they do not fit in one."""


class LobbyWaiting(Reply):
    """You knocked, and are the `position`-th in the lobby. `lobby.result` tells what comes of it.

    `waitingFor` a host who is not there yet is not the same as waiting for approval by one who is.
    """

    type: ClassVar[str] = "lobby.waiting"
    participant_id: ParticipantId
    position: int
    waiting_for: Literal["host", "approval"]


class ResumeSession(Command):
    """Go on with a session over a new connection, from the last change that you have seen."""

    type: ClassVar[str] = "session.resume"
    resume_token: str = Field(max_length=LARGEST_TOKEN)
    epoch: str = Field(max_length=64, pattern=NO_NUL)
    last_seq: int = Field(ge=0, le=2**53)


class Snapshot(Value):
    """The room as it is at `seq`: what to show instead of what you had."""

    epoch: Epoch
    seq: int
    participants: Sequence[ParticipantView]
    settings: MeetingSettings
    chat: Sequence[Mapping[str, Any]]
    parts: Optional[int] = None
    """How many `snapshot.part` frames with more participants came before, if there are more."""


class SessionResumed(Told):
    """You are back: with the `events` that you missed, or else with a `snapshot`."""

    type: ClassVar[str] = "session.resumed"
    recovered: bool
    events: Optional[Sequence[Mapping[str, Any]]] = None
    snapshot: Optional[Snapshot] = None
    resume_token: str
    ice_servers: Sequence[Mapping[str, Any]]


class SyncRoom(Command):
    """Ask for everything after `afterSeq`: there was a gap in `seq`."""

    type: ClassVar[str] = "room.sync"
    epoch: str = Field(max_length=64, pattern=NO_NUL)
    after_seq: int = Field(ge=0, le=2**53)


class RoomEvents(Reply):
    """The whole gap: frames as they were first sent, oldest first."""

    type: ClassVar[str] = "room.events"
    events: Sequence[Mapping[str, Any]]


class RoomSnapshot(Told, Snapshot):
    """The gap is too wide, or of another epoch: the room as it is."""

    type: ClassVar[str] = "room.snapshot"
