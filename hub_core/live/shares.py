"""Who gets what of a room's log, and how a big room's people are shared out. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from hub_core.kernel.ids import ConnectionId, Epoch, MeetingId
from hub_core.live.answers import Entry
from hub_core.live.frames import batched
from hub_core.rooms.room import Participant, Room

AT_MOST: Final = 250
"""Connections that one invocation posts to, where others can be called for help."""


class Share(BaseModel):
    """Which entries of a room's log go to which connections: what a worker is told, as JSON.

    It carries places in the log instead of what is written there: whoever reads the queue learns
    nothing that was said, and 250 connections take some 5 KB.
    """

    model_config = ConfigDict(frozen=True)

    meeting_id: MeetingId
    epoch: Epoch
    round: str
    """Names one going-out of these entries; a drainer that begins again takes another name."""
    number: int
    first: str
    last: str
    """Places in the log, as `17-0`, both included."""
    frames: int
    """How many entries there have a frame: fewer, and the log is not the one that was meant."""
    singly: tuple[ConnectionId, ...]
    batched: tuple[ConnectionId, ...]
    """Those whose clients take several frames in one."""

    def addressed(self, frames: Sequence[bytes]) -> dict[ConnectionId, Sequence[bytes]]:
        """To whom goes what of these frames."""
        in_one = batched(frames)
        return {**dict.fromkeys(self.singly, frames), **dict.fromkeys(self.batched, in_one)}


class Errand(BaseModel):
    """What some connections are to be told beside the log: numbers of reactions, or the end.

    It has no turn. Numbers that come twice would be seen twice, so whoever has the claim tells
    them; the end has none, as a connection that is closed stays closed.
    """

    model_config = ConfigDict(frozen=True)

    meeting_id: MeetingId = MeetingId("")
    round: str = ""
    """Names this telling; the errands of it have different numbers. Empty: by older code."""
    number: int = 0
    to: tuple[ConnectionId, ...]
    frame: str = ""
    """Empty: `session.closed`, and then the end."""


class SignOut(BaseModel):
    """A sign-in session that has ended, and whose sockets could not be told so then."""

    model_config = ConfigDict(frozen=True)

    sign_in: str


def errands(
    meeting_id: MeetingId, round_: str, frame: str, to: Sequence[ConnectionId]
) -> list[Errand]:
    """The same for all of them, with at most `AT_MOST` each; the first is the drainer's own."""
    starts = range(0, len(to), AT_MOST)
    return [
        Errand(
            meeting_id=meeting_id,
            round=round_,
            number=number,
            to=tuple(to[start : start + AT_MOST]),
            frame=frame,
        )
        for number, start in enumerate(starts)
    ]


def everyone(room: Room, entries: Sequence[Entry]) -> dict[ConnectionId, Sequence[bytes]]:
    """To whom goes what: to everyone who can be reached, all that came after its own joining.

    The same for nearly everybody, so it is made once and not for each.
    """
    told = [entry for entry in entries if entry.frame]
    everything: list[bytes] = [entry.frame for entry in told]
    in_one = batched(everything)
    frames: dict[ConnectionId, Sequence[bytes]] = {}
    for person in room.online() if told else ():
        if person.join_seq < told[0].at.seq:
            frames[person.connection_id] = in_one if person.batch else everything
        else:
            later = [entry.frame for entry in told if entry.at.seq > person.join_seq]
            frames[person.connection_id] = batched(later) if person.batch else later
    return frames


def shares_for_others(room: Room, entries: Sequence[Entry], round_: str) -> Iterator[Share]:
    """What others are to post, so that nobody has more than `AT_MOST`.

    The drainer keeps a share for itself, and those who joined among these entries: each of them
    gets something of its own.
    """
    told = [entry for entry in entries if entry.frame]
    people: list[Participant] = list(room.online()) if told else []
    alike = [person for person in people if person.join_seq < told[0].at.seq]
    kept = max(0, AT_MOST - (len(people) - len(alike)))
    for number, start in enumerate(range(kept, len(alike), AT_MOST)):
        some = alike[start : start + AT_MOST]
        yield Share(
            meeting_id=room.meeting_id,
            epoch=room.epoch,
            round=round_,
            number=number,
            first=str(entries[0].at),
            last=str(entries[-1].at),
            frames=len(told),
            singly=tuple(person.connection_id for person in some if not person.batch),
            batched=tuple(person.connection_id for person in some if person.batch),
        )
