"""A history, read: everyone's view, the one log that all should have seen, and its rooms."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from local.client import Frame as RoomEvent
from local.client import RoomView
from tests.proof.history import Frame, History
from tests.proof.views import Place, View

JOINED: Final = "participant.joined"
LEFT: Final = "participant.left"


@dataclass(frozen=True)
class Evidence:
    """A history, read: everyone's view, and the one log that they should all have seen."""

    history: History
    views: Mapping[str, View]

    @cached_property
    def log(self) -> Mapping[Place, Frame]:
        """The room events: as PostgreSQL has them, else as somebody saw them first."""
        log: dict[Place, Frame] = {}
        for row in self.history.journal:
            if row["seq"] is not None:
                log[row["epoch"], row["seq"]] = {
                    name: row[name] for name in ("type", "epoch", "seq", "payload")
                }
        for view in self.views.values():
            for place, frame in view.events.items():
                log.setdefault(place, frame)
        return dict(sorted(log.items()))

    @cached_property
    def epochs(self) -> Mapping[str, list[int]]:
        """Each epoch's numbers, in order; the epochs in the order in which they began."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for epoch, seq in self.log:
            numbers[epoch].append(seq)
        return numbers

    @cached_property
    def shown(self) -> Mapping[Place, Mapping[str, Mapping[str, Any]]]:
        """The people of each place that somebody was shown."""
        return {
            shot.place: shot.people
            for view in self.views.values()
            for shot in view.snapshots
            if shot.whole
        }

    @cached_property
    def presence(self) -> Mapping[str, list[tuple[Place, str]]]:
        """When who came in and left, by the log: participant → (place, type)."""
        told: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        for place, frame in self.log.items():
            if frame["type"] in (JOINED, LEFT):
                told[frame["payload"]["participantId"]].append((place, frame["type"]))
        return told

    def given_up(self, epoch: str) -> bool:
        """Whether this epoch ended in a failover, and not by everyone's leaving."""
        return self.history.failed_over and epoch != list(self.epochs)[-1]

    def settings(self, epoch: str) -> Mapping[str, Any]:
        """Those that somebody saw first in this epoch."""
        shots = [shot for view in self.views.values() for shot in view.snapshots]
        here = [shot for shot in shots if shot.place[0] == epoch]
        return min(here, key=lambda shot: shot.place[1]).settings if here else {}


@dataclass
class Fold:
    """The room of one epoch, folded from the log as far as that is whole."""

    epoch: str
    seq: int
    room: RoomView = field(default_factory=RoomView)
    known: bool = False
    """Whether it is known who is in it."""


def folded(seen: Evidence, epoch: str) -> Iterator[tuple[Fold, Place, Frame]]:
    """Each event with the room before it. Where there is a hole, the next snapshot helps."""
    numbers = seen.epochs[epoch]
    fold = Fold(epoch, numbers[0] - 1)
    fold.room.begin([], dict(seen.settings(epoch)), [])
    fold.known = numbers[0] == 1
    for seq in numbers:
        if seq != fold.seq + 1:
            fold.known = False
        if not fold.known and (shot := seen.shown.get((epoch, seq - 1))) is not None:
            fold.room.people = {who: dict(one) for who, one in shot.items()}
            fold.known = True
        frame = seen.log[epoch, seq]
        yield fold, (epoch, seq), frame
        fold.room.apply(RoomEvent.of(frame))
        fold.seq = seq


def rooms_at(
    seen: Evidence, epoch: str, places: set[Place]
) -> Mapping[Place, Mapping[str, Mapping[str, Any]]]:
    """The people of the room at these places, where they are known."""
    rooms: dict[Place, Mapping[str, Mapping[str, Any]]] = {}
    last: Fold | None = None
    for fold, place, _ in folded(seen, epoch):
        before = (epoch, place[1] - 1)
        if before in places and fold.known:
            rooms[before] = {who: dict(one) for who, one in fold.room.people.items()}
        last = fold
    if last is not None and (epoch, last.seq) in places and last.known:
        rooms[epoch, last.seq] = last.room.people
    return rooms
