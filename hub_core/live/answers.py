"""What Redis answers about a room, as values: one class for each thing that a script may say."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hub_core.kernel.ids import Epoch, MeetingId, ParticipantId, SessionId
from hub_core.rooms.messages import Limit
from hub_core.rooms.room import Position, Room


@dataclass(frozen=True)
class Entry:
    """One entry of a room's log: the frame that everyone gets, and the record of the change."""

    at: Position
    id: str
    frame: bytes
    """Empty if the change is hidden."""
    record: bytes


@dataclass(frozen=True)
class Due:
    """Somebody's lease or grace that is over, and the score that said so."""

    participant_id: ParticipantId
    score: str


@dataclass(frozen=True)
class Committed:
    """Written (or, without changes, confirmed)."""

    room: Room
    entries: tuple[Entry, ...]
    fan: Position
    pump_is_ours: bool
    due: tuple[Due, ...] = ()
    mail: bool = True
    """Whether something waits for whoever asks; it may, if that is not known."""


@dataclass(frozen=True)
class Answered:
    """The same request was answered before: with this frame. The room was `at` this just now.

    Without a frame, it is being worked on by somebody else.
    """

    reply: bytes
    at: Position


@dataclass(frozen=True)
class Outrun:
    """Somebody else was first: decide again, on this room."""

    room: Room


@dataclass(frozen=True)
class RoomGone:
    """There is no such room (any more), or it is another epoch, or the copy is far behind."""


@dataclass(frozen=True)
class Fenced:
    """A sign of life came in meanwhile: nobody's time is up."""


@dataclass(frozen=True)
class Full:
    """Too much is still to go out: nothing more is taken on until it has."""


@dataclass(frozen=True)
class Limited:
    """Too many of these; the next one counts after so many milliseconds."""

    retry_after_ms: int


Result = Committed | Answered | Outrun | RoomGone | Fenced | Full | Limited


@dataclass(frozen=True)
class Drain:
    """The log's entries that are to go out, now that the pump is ours."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Busy:
    """Somebody else drains; everything up to `fan` is out."""

    fan: Position


@dataclass(frozen=True)
class Drained:
    """Everything is out, and the pump is free."""

    fan: Position | None
    """Up to where; None: there is no such room (any more), or it is another epoch."""


@dataclass(frozen=True)
class Listed:
    """An open room, and when it was entered into the list (ms)."""

    meeting_id: MeetingId
    entered: float


@dataclass(frozen=True)
class Glance:
    """A room as the sweep sees it."""

    epoch: Epoch
    at: Position
    fan: Position
    people: int
    """In the room and in its lobby."""
    ended: bool
    due: tuple[Due, ...]


@dataclass(frozen=True)
class Request:
    """What a commit is told beside the outcome: who asks, and what to remember of it."""

    scope: str = ""
    """What `request_id` is unique in: a session, or a participant."""
    request_id: str | None = None
    reply: bytes = b""
    """Empty if it cannot be given yet: what it acknowledges is still to be written down."""
    renews: ParticipantId | None = None
    """Whose lease this sign of life renews."""
    fences: tuple[Due, ...] = ()
    limits: tuple[tuple[str, Limit], ...] = ()
    """Each with the name of the thing that it limits."""
    mailbox: SessionId | None = None
    """Whose mail is looked for."""
    mails: tuple[tuple[SessionId, bytes], ...] = field(default=())
    """Frames for the sessions of those who are lost, to be had when they resume."""


def position(text: bytes) -> Position:
    """A place in a log, as Redis writes it."""
    seq, _, step = text.decode().partition("-")
    return Position(int(seq), int(step))


def dues(flat: list[bytes]) -> Iterable[Due]:
    """Members and scores of a sorted set, one after the other."""
    for id_, score in zip(flat[::2], flat[1::2], strict=True):
        yield Due(ParticipantId(id_.decode()), score.decode())
