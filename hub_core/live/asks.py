"""What a connection asks outside a room's rules, and how it is answered: the entrance's words.

    @answers(refuses=(InvalidToken, TokenExpired))
    async def authenticate(self, asker: Asker, command: Authenticate) -> AuthOk: ...

As with `decides`, the signature is the registration: AsyncAPI is read from `ASKS`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_args, get_type_hints

from pydantic import Field, StringConstraints

from hub_core.kernel.errors import HubError
from hub_core.kernel.ids import ConnectionId, Epoch, SessionId, UserId
from hub_core.kernel.values import Moment
from hub_core.live.connections import Connection
from hub_core.live.journal import MeetingFacts
from hub_core.rooms.messages import Command, Reply
from hub_core.rooms.settings import MeetingSettings
from hub_core.rooms.view import ParticipantView

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
    refuses: tuple[type[HubError], ...]
    answer: Callable[[Any, Asker, Any], Awaitable[Reply]]


ASKS: Final[dict[str, Ask]] = {}
"""By the `type` of the command."""
Method = TypeVar("Method", bound=Callable[..., Awaitable[Reply]])


def answers(*, refuses: tuple[type[HubError], ...] = ()) -> Callable[[Method], Method]:
    """Enter a method of the entrance under the type of its last parameter."""

    def enter(method: Method) -> Method:
        hints = get_type_hints(method)
        returned = hints.pop("return")
        command = hints["command"]
        ASKS[command.type] = Ask(command, get_args(returned) or (returned,), refuses, method)
        return method

    return enter


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


class RoomJoined(Reply):
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
