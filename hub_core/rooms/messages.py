"""What is said in a room: Commands ask, Changes happen, Notices are passed on, Replies answer."""

from typing import Annotated, Any, ClassVar, Literal, TypeVar

import orjson
from pydantic import Field

from hub_core.kernel.errors import Action, Problem
from hub_core.kernel.ids import ConnectionId, Epoch, ParticipantId
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.room import Room

T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


Optional = Annotated[T | None, Field(exclude_if=_is_none)]
"""A key that is left out of the frame when there is nothing to say."""


Shape = type[Value]


class Command(Value):
    """Client → server. The fields are the frame's `payload`; `type` is its name on the wire."""

    type: ClassVar[str]

    @property
    def idempotency_key(self) -> str | None:
        """The client's own name for this command, if it has one beside the `requestId`."""
        return None


class Event(Value):
    """Server → client. The fields are the frame's `payload`; `type` is its name on the wire."""

    type: ClassVar[str]
    hidden: ClassVar[frozenset[str]] = frozenset()
    """Fields that the house needs and clients never see."""
    shape: ClassVar[Shape | None] = None
    """Whose fields the payload has, where it is not the event's own: AsyncAPI reads it."""

    def payload(self) -> dict[str, Any]:
        """The frame's payload: camelCase, JSON types."""
        return self.model_dump(mode="json", by_alias=True, exclude={*self.hidden})


class Change(Event):
    """Something that happened in the room: numbered, logged, journaled, and heard by everyone.

    `apply` is all that a change does to the room, so whoever has the room at `seq - 1` and the
    change has the room at `seq`, on any machine.
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"id", "seq", "epoch", "at", "actor"})
    id: str = ""
    """A ULID: the key of its row in the journal."""
    seq: int = 0
    epoch: Epoch = Epoch("")
    at: Moment | None = None
    actor: ParticipantId | None = None
    """Who did it; None: the server."""

    def apply(self, room: Room) -> Room:
        """The room after this change."""
        raise TypeError(f"{type(self).__name__} does not say what it does to {room.epoch}")

    def frame(self) -> bytes:
        """The frame that everyone gets, encoded once."""
        return orjson.dumps(
            {"type": self.type, "epoch": self.epoch, "seq": self.seq, "payload": self.payload()}
        )

    def record(self) -> bytes:
        """The change as the log keeps it: everything that `apply` needs."""
        return orjson.dumps({**self.model_dump(mode="json"), "type": self.type})


class Notice(Event):
    """Something passed on to some, at once. The room stays as it is; nothing is numbered."""

    hidden: ClassVar[frozenset[str]] = frozenset({"to"})
    to: tuple[ParticipantId, ...]

    def frame(self) -> bytes:
        """The frame that its targets get."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


class Whisper(Notice):
    """A notice that is written into the journal before it is acknowledged, for its targets alone.

    It is no room event and has no `seq`: to everybody else nothing happened.
    """

    id: str
    at: Moment
    actor: ParticipantId
    hidden: ClassVar[frozenset[str]] = frozenset({"to", "id", "at", "actor"})


class Farewell(Event):
    """The last word to one connection, which is closed after it."""

    hidden: ClassVar[frozenset[str]] = frozenset({"connection_id"})
    reason: ClassVar[str]
    """What `session.closed` says of it."""
    action: ClassVar[Action] = "none"
    connection_id: ConnectionId

    def frame(self) -> bytes:
        """The frame that comes before `session.closed`."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


class Reply(Event):
    """The answer to a command; `ack` unless the protocol names another."""

    type: ClassVar[str] = "ack"

    def frame(self) -> bytes:
        """The frame that the asker gets, without a `requestId`: `answering` puts it in."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


def answering(request_id: str | None, reply: bytes) -> bytes:
    """The reply with the id of the request that it answers, if the request had one."""
    if request_id is None:
        return reply
    return b'{"requestId":' + orjson.dumps(request_id) + b"," + reply[1:]


def problem_reply(problem: Problem) -> bytes:
    """An `error` frame, without a `requestId`."""
    payload = problem.model_dump(mode="json", by_alias=True, exclude_none=True)
    return orjson.dumps({"type": "error", "payload": payload})


LeftReason = Literal["left", "lost", "removed", "replaced", "ended"]
