"""One person's view of the room, as a client that keeps to the contract would have it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.proof.history import Frame, Line

Place = tuple[str, int]
"""Epoch and seq."""

OUTSIDE: Final = frozenset(
    {
        *("auth.ok", "ack", "error", "pong", "lobby.waiting", "lobby.result", "room.left"),
        *("room.ended", "session.closed", "connection.replaced", "connection.expiring"),
    }
)
"""What somebody may be told who is not in the room."""
ENTRIES: Final = frozenset({"room.joined", "session.resumed", "room.snapshot", "snapshot.part"})


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, and how."""

    promise: str
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise} {self.who}: {self.what}"


@dataclass(frozen=True)
class Snapshot:
    """The room as somebody was shown it."""

    place: Place
    people: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    whole: bool
    """False: some of it came in parts that the history does not hold."""


@dataclass
class View:
    """Built from a person's lines, in their order."""

    who: str
    participant: str = ""
    epoch: str = ""
    seq: int = 0
    inside: bool = False
    events: dict[Place, Frame] = field(default_factory=dict)
    """Room events that it was sent, live or to fill a gap."""
    live: list[tuple[Line, Place]] = field(default_factory=list)
    """Room events as they came over the wire by themselves."""
    snapshots: list[Snapshot] = field(default_factory=list)
    early: set[Place] = field(default_factory=set)
    """Room events that wait for one before them."""
    premature: list[Line] = field(default_factory=list)
    """What it was told while it was not in."""
    asked: dict[str, list[Line]] = field(default_factory=dict)
    answers: dict[str, list[Line]] = field(default_factory=dict)
    cut_at: float | None = None
    """When its last connection ended, if it has none since."""
    end: Frame | None = None
    parts: dict[Place, list[Mapping[str, Any]]] = field(default_factory=dict)
    found: list[Violation] = field(default_factory=list)

    def blame(self, promise: str, what: str) -> None:
        """Note a violation."""
        self.found.append(Violation(promise, self.who, what))

    def take(self, line: Line) -> None:
        """One more line."""
        match line.deed:
            case "sent":
                self.cut_at = None
                if request := line.frame.get("requestId"):
                    self.asked.setdefault(request, []).append(line)
            case "got":
                self._got(line)
            case "cut":
                self.cut_at = line.at
            case "is":
                self.participant = line.frame["participantId"]
            case "end":
                self.end = line.frame

    def requests(self, kind: str) -> Iterator[tuple[Line, Line]]:
        """Each request of a kind with each answer to it."""
        for request, lines in self.asked.items():
            if lines[0].frame["type"] == kind:
                yield from ((lines[0], answer) for answer in self.answers.get(request, ()))

    # what it was told

    def _got(self, line: Line) -> None:
        frame, payload = line.frame, line.frame.get("payload") or {}
        if not self.inside and frame["type"] not in OUTSIDE | ENTRIES:
            self.premature.append(line)
        if request := frame.get("requestId"):
            self.answers.setdefault(request, []).append(line)
        if "seq" in frame:
            place = (frame["epoch"], frame["seq"])
            self.live.append((line, place))
            self._event(place, frame)
        else:
            self._said(line, payload)

    def _said(self, line: Line, payload: Mapping[str, Any]) -> None:
        """What is no room event and changes what it knows all the same."""
        match line.frame["type"]:
            case "room.joined":
                me = payload["selfParticipant"]
                self.participant = me["participantId"]
                self._snapshot({**payload, "participants": [*payload["peers"], me]})
            case "session.resumed":
                self.inside = True
                if payload["recovered"]:
                    self._filled(line, payload["events"], "lastSeq")
                else:
                    self._snapshot(payload["snapshot"])
            case "room.snapshot":
                self._snapshot(payload)
            case "room.events":
                self._filled(line, payload["events"], "afterSeq")
            case "snapshot.part":
                part = (payload["epoch"], payload["seq"])
                self.parts.setdefault(part, []).extend(payload["participants"])
            case "room.left" | "room.kicked":
                self.inside = False

    def _filled(self, line: Line, events: Sequence[Frame], name: str) -> None:
        """The events of a gap: whole, from where it was asked, of the epoch that was asked for."""
        asks = self.asked.get(str(line.frame.get("requestId")))
        if asks:
            asked = asks[0].frame["payload"]
            first = asked[name] + 1
            numbers = [event["seq"] for event in events]
            if numbers != list(range(first, first + len(numbers))):
                self.blame("I4", f"asked for what follows {asked[name]} and got {numbers}")
            if any(event["epoch"] != asked["epoch"] for event in events):
                self.blame("I4", "a gap was filled with events of another epoch")
        for event in events:
            self._event((event["epoch"], event["seq"]), event)

    def _snapshot(self, payload: Frame) -> None:
        place = (payload["epoch"], payload["seq"])
        people = [*payload["participants"], *self.parts.pop(place, [])]
        here = {one["participantId"]: one for one in people}
        whole = "parts" not in payload or len(people) > len(payload["participants"])
        self.snapshots.append(Snapshot(place, here, payload["settings"], whole))
        self.inside = True
        if place[0] != self.epoch or place[1] > self.seq:
            self.epoch, self.seq = place
        self.early = {one for one in self.early if one[0] == self.epoch and one[1] > self.seq}
        self._catch_up()

    def _event(self, place: Place, frame: Frame) -> None:
        known = self.events.setdefault(place, frame)
        if known != frame:
            self.blame("AGREE", f"two events at {place[1]}: {known['type']} and {frame['type']}")
        if place[0] != self.epoch or place[1] > self.seq:
            self.early.add(place)
            self._catch_up()

    def _catch_up(self) -> None:
        while (self.epoch, self.seq + 1) in self.early:
            self.seq += 1
            self.early.discard((self.epoch, self.seq))
