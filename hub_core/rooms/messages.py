"""What is said in a room: Commands ask, Changes happen, Notices are passed on, Replies answer."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar

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


@dataclass(frozen=True)
class Limit:
    """How often something may be said: once in `each_ms` in the long run, `at_once` in a burst."""

    name: str
    each_ms: int
    at_once: int
    per: Literal["session", "room"] = "session"


ANY_FRAME: Final = Limit("frames", each_ms=17, at_once=250)
"""Of whatever kind, from one session."""


class Command(Value):
    """Client → server. The fields are the frame's `payload`; `type` is its name on the wire."""

    type: ClassVar[str]
    limits: ClassVar[tuple[Limit, ...]] = ()
    """Beside `ANY_FRAME`."""
    expendable: ClassVar[bool] = False
    """Beyond its limits it is dropped in silence, and not refused."""

    @property
    def idempotency_key(self) -> str | None:
        """The client's own name for this command, if it has one beside the `requestId`."""
        return None


class Event(Value):
    """Server → client. The fields are the frame's `payload`; `type` is its name on the wire."""

    type: ClassVar[str]
    hidden: ClassVar[frozenset[str]] = frozenset()
    """Fields that the house needs and clients never see."""
    told: ClassVar[bool] = True
    """Whether clients get it as it stands here."""
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

    hidden: ClassVar[frozenset[str]] = frozenset({"id", "seq", "step", "epoch", "at", "actor"})
    public: ClassVar[bool] = True
    """False: it is in the log and the journal, but no room event; nobody gets a frame of it."""
    id: str = ""
    """A ULID: the key of its row in the journal."""
    seq: int = 0
    step: int = 0
    epoch: Epoch = Epoch("")
    at: Moment | None = None
    actor: ParticipantId | None = None
    """Who did it; None: the server."""

    def apply(self, room: Room) -> Room:
        """The room after this change."""
        raise TypeError(f"{type(self).__name__} does not say what it does to {room.epoch}")

    def frame(self) -> bytes:
        """The frame that everyone gets, encoded once; empty if nobody does."""
        if not self.public:
            return b""
        return orjson.dumps(
            {"type": self.type, "epoch": self.epoch, "seq": self.seq, "payload": self.payload()}
        )

    def record(self) -> bytes:
        """The change as the log keeps it: everything that `apply` needs."""
        return orjson.dumps({**self.model_dump(mode="json"), "type": self.type})


class HiddenChange(Change):
    """Something that the room has to remember and that is nobody's business.

    It has no `seq` of its own: it follows the last public change as its next `step`. Where others
    are to hear of it, a notice tells them.
    """

    public: ClassVar[bool] = False
    told: ClassVar[bool] = False


class Notice(Event):
    """Something passed on to some, at once. The room stays as it is; nothing is numbered."""

    keeps: ClassVar[bool] = False
    """Whether it waits for those who are lost, until they resume."""
    expendable: ClassVar[bool] = False
    """Whether somebody who is slow to read may miss it."""
    in_lobby: ClassVar[bool] = False
    """Whether it is for those who wait in the lobby; all others are for those in the room."""
    hidden: ClassVar[frozenset[str]] = frozenset({"to"})
    to: tuple[ParticipantId, ...]

    def frame(self) -> bytes:
        """The frame that its targets get."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


class Whisper(Notice):
    """A notice that is written into the journal before it is acknowledged, for its targets alone.

    It is no room event and has no `seq`: to everybody else nothing happened, and no replay brings
    it. So it waits for those who are lost.
    """

    keeps: ClassVar[bool] = True
    id: str
    at: Moment
    actor: ParticipantId
    hidden: ClassVar[frozenset[str]] = frozenset({"to", "id", "at", "actor"})


class Farewell(Event):
    """A word to one connection that is in the room, or in the lobby, no longer."""

    hidden: ClassVar[frozenset[str]] = frozenset({"connection_id"})
    closes: ClassVar[bool] = True
    """Whether `session.closed` follows, and the end of the connection."""
    why: ClassVar[str] = ""
    """`reason` of the `session.closed` that follows."""
    action: ClassVar[Action] = "none"
    connection_id: ConnectionId

    def frame(self) -> bytes:
        """The frame itself."""
        return orjson.dumps({"type": self.type, "payload": self.payload()})


class Counts(Value):
    """How often what came."""

    counts: dict[str, int]


class Tally(Event):
    """One more of a kind; everyone is told of it with others, at most twice a second."""

    shape: ClassVar[Shape | None] = Counts
    kind: str


class Welcome(Event):
    """Somebody is in the room who has not asked just now: it is sent its `room.joined`."""

    type: ClassVar[str] = "room.joined"
    told: ClassVar[bool] = False
    participant_id: ParticipantId


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
