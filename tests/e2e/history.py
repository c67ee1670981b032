"""Whether what clients saw is what a room promises: `python -m tests.e2e.history FILE…`.

A history is a file of JSON lines, one for each frame that somebody sent or got, in the order in
which it did: `{"who": …, "sent": frame}` or `{"who": …, "got": frame}`. `who` is one person with
one client, over all its connections. The checker knows the wire contract and nothing of our code:

    I1  a stay: `joined` (or in a snapshot) first, then what it does, then one `left`
    I2  `seq` rises by one
    I3  what was acknowledged reaches everyone, once
    I4  a resume brings the whole gap, or says that it does not
    I6  nothing but lobby frames before one is in
    I7  nothing from somebody after its removal
    I9  never more people than places
    AGREE  the same `seq` is the same event for everybody, and makes the same roster
    REPLY  one answer to one request, however often it comes
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Frame = Mapping[str, Any]
Place = tuple[str, int]
"""Epoch and seq."""

IN_LOBBY = frozenset(
    {
        *("lobby.waiting", "lobby.result", "error", "ack", "pong", "auth.ok"),
        *("room.left", "room.ended", "session.closed", "connection.replaced"),
        "connection.expiring",
    }
)
ABOUT_ONE = {
    "participant.updated",
    "participant.connection",
    "media.changed",
    "hand.changed",
    "role.changed",
}


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, and how."""

    promise: str
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise} {self.who}: {self.what}"


@dataclass
class Observer:
    """One person's view of the room, as a client that keeps to the contract would have it."""

    who: str
    epoch: str = ""
    seq: int = 0
    inside: bool = False
    roster: dict[str, str] = field(default_factory=dict)
    """Participant → session."""
    limit: int | None = None
    replaced: str = ""
    """Whose stay has just ended by its own second join."""
    early: dict[int, Frame] = field(default_factory=dict)
    """Events that have overtaken others."""
    seen: dict[Place, Frame] = field(default_factory=dict)
    rosters: dict[Place, dict[str, str]] = field(default_factory=dict)
    covered: list[tuple[str, int, int]] = field(default_factory=list)
    """Epoch, first and last seq of what it has seen without a gap."""
    chats: list[str] = field(default_factory=list)
    asked: dict[str, Frame] = field(default_factory=dict)
    answers: dict[str, Frame] = field(default_factory=dict)
    found: list[Violation] = field(default_factory=list)

    def blame(self, promise: str, what: str) -> None:
        """Note a violation."""
        self.found.append(Violation(promise, self.who, what))

    # --- frames, in the order in which they came

    def sent(self, frame: Frame) -> None:
        """It asks for something."""
        if "requestId" in frame:
            self.asked.setdefault(frame["requestId"], frame)

    def got(self, frame: Frame) -> None:
        """It was told something."""
        if not self.inside and frame["type"] not in IN_LOBBY and frame["type"] not in _ENTRIES:
            self.blame("I6", f"{frame['type']} before it was in")
        if "requestId" in frame:
            self._answered(frame)
        if "seq" in frame:
            self._event(frame)
            return
        payload = frame["payload"]
        match frame["type"]:
            case "room.joined":
                people = [*payload["peers"], payload["selfParticipant"]]
                self._snapshot({**payload, "participants": people})
            case "session.resumed":
                self._resumed(payload)
            case "room.snapshot":
                self._snapshot(payload)
            case "room.events":
                for event in payload["events"]:
                    self._event(event)
            case "room.left" | "room.kicked" | "connection.replaced":
                self.inside = False

    def _answered(self, frame: Frame) -> None:
        request = frame["requestId"]
        if request not in self.asked:
            self.blame("REPLY", f"an answer to {request}, which was never asked")
        elif self.answers.setdefault(request, frame) != frame and not _may_be_retried(
            self.answers[request]
        ):
            self.blame("REPLY", f"two answers to {request}")
        else:
            self.answers[request] = frame

    def _resumed(self, payload: Frame) -> None:
        self.inside = True
        if not payload["recovered"]:
            self._snapshot(payload["snapshot"])
            return
        events = payload["events"]
        asked_from = self._cursor()
        if [event["seq"] for event in events] != list(
            range(asked_from + 1, asked_from + 1 + len(events))
        ):
            self.blame("I4", f"a gap in what a resume from {asked_from} brought")
        for event in events:
            self._event(event)

    def _cursor(self) -> int:
        """The `lastSeq` of its newest resume."""
        resumes = [f for f in self.asked.values() if f["type"] == "session.resume"]
        last: int = resumes[-1]["payload"]["lastSeq"] if resumes else self.seq
        return last

    def _snapshot(self, payload: Frame) -> None:
        epoch, seq = payload["epoch"], payload["seq"]
        if (epoch, seq) < (self.epoch, self.seq) and epoch == self.epoch:
            return
        self.inside = True
        self.epoch, self.seq = epoch, seq
        self.covered.append((epoch, seq, seq))
        self.roster = {one["participantId"]: one["sessionId"] for one in payload["participants"]}
        self.limit = payload["settings"]["maxParticipants"]
        if "parts" not in payload:
            self.rosters[(epoch, seq)] = dict(self.roster)
        self.early = {n: event for n, event in self.early.items() if n > seq}
        self._catch_up()

    def _event(self, frame: Frame) -> None:
        if frame["epoch"] != self.epoch:
            self.inside = True  # it will ask for a snapshot; until then it goes by nothing
            return
        known = self.seen.get((frame["epoch"], frame["seq"]))
        if known is not None and known != frame:
            self.blame("AGREE", f"two events at {frame['seq']}")
        if frame["seq"] > self.seq:
            self.early[frame["seq"]] = frame
            self._catch_up()

    def _catch_up(self) -> None:
        while (frame := self.early.pop(self.seq + 1, None)) is not None:
            self.seq += 1
            self._apply(frame)
            self.seen[(self.epoch, self.seq)] = frame
            self.rosters[(self.epoch, self.seq)] = dict(self.roster)
            epoch, first, _ = self.covered.pop()
            self.covered.append((epoch, first, self.seq))

    # --- what an event does

    def _apply(self, frame: Frame) -> None:
        payload = frame["payload"]
        match frame["type"]:
            case "participant.joined":
                self._apply_joined(payload)
            case "settings.changed":
                self.limit = payload["patch"].get("maxParticipants", self.limit)
            case "chat.message":
                self.chats.append(payload["id"])
                self._expect(payload["participantId"], "spoke")
            case "participant.left":
                self._expect(payload["participantId"], "left")
                self.roster.pop(payload["participantId"], None)
                self.replaced = payload["participantId"] if payload["reason"] == "replaced" else ""
            case kind if kind in ABOUT_ONE:
                self._expect(payload["participantId"], f"had {kind}")
            case "room.ended":
                self.roster = {}

    def _expect(self, who: str, what: str) -> None:
        if who not in self.roster:
            self.blame("I1", f"{who} {what} at {self.seq}, and is not in")

    def _apply_joined(self, payload: Frame) -> None:
        who = payload["participantId"]
        if who in self.roster:
            self.blame("I1", f"{who} joined twice at {self.seq}")
        if payload["joinSeq"] != self.seq:
            self.blame("I1", f"joinSeq {payload['joinSeq']} at {self.seq}")
        self.roster[who] = payload["sessionId"]
        # Hosts take up a place and are never refused; whoever joins anew has its place already.
        guest = payload.get("role", "guest") == "guest" and who != self.replaced
        if guest and self.limit is not None and len(self.roster) > self.limit:
            self.blame("I9", f"{len(self.roster)} of {self.limit} at {self.seq}")


_ENTRIES = frozenset(
    {*("room.joined", "session.resumed", "snapshot.part", "room.kicked", "rtc.signal")}
)
"""What may be the first thing that somebody hears: it is in by it, or it was sent while it came in.
A signal may overtake the reply to a resume."""


def _may_be_retried(answer: Frame) -> bool:
    """These are not kept: the same request may fare better next time."""
    problem = answer["payload"].get("type") if answer["type"] == "error" else None
    return problem in {"server/unavailable", "request/rate-limited", "server/internal-error"}


Record = tuple[str, str, Frame]
"""Who, `sent` or `got`, and the frame."""


def read(lines: Iterable[str]) -> Iterator[Record]:
    """The records of a history: who, `sent` or `got`, and the frame."""
    for line in filter(str.strip, lines):
        record = json.loads(line)
        who = record.pop("who")
        ((direction, frame),) = record.items()
        yield who, direction, frame


def check(records: Iterable[Record]) -> list[Violation]:
    """Everything that is wrong with a history; nothing, if it is a good one."""
    observers: dict[str, Observer] = {}
    for who, direction, frame in records:
        observer = observers.setdefault(who, Observer(who))
        (observer.sent if direction == "sent" else observer.got)(frame)
    found = [violation for observer in observers.values() for violation in observer.found]
    for observer in observers.values():
        if observer.early:
            missing = observer.seq + 1
            found.append(
                Violation("I2", observer.who, f"{missing} never came, {max(observer.early)} did")
            )
    return [*found, *_disagreements(observers), *_lost_or_doubled(observers), *_ghosts(observers)]


def _disagreements(observers: Mapping[str, Observer]) -> Iterator[Violation]:
    events: dict[Place, Frame] = {}
    rosters: dict[Place, dict[str, str]] = {}
    for observer in observers.values():
        for place, frame in observer.seen.items():
            if events.setdefault(place, frame) != frame:
                yield Violation("AGREE", observer.who, f"another event at {place[1]}")
        for place, roster in observer.rosters.items():
            if rosters.setdefault(place, roster) != roster:
                yield Violation("AGREE", observer.who, f"another roster at {place[1]}")


def _lost_or_doubled(observers: Mapping[str, Observer]) -> Iterator[Violation]:
    """Every acknowledged message is seen once, by whoever saw the seqs around it."""
    places: dict[str, Place] = {}
    for observer in observers.values():
        for place, frame in observer.seen.items():
            if frame["type"] == "chat.message":
                id_ = frame["payload"]["id"]
                if places.setdefault(id_, place) != place:
                    yield Violation("I3", observer.who, f"{id_} at {places[id_]} and at {place}")
    named: dict[tuple[str, str], str] = {}
    for observer in observers.values():
        for request, answer in observer.answers.items():
            asked = observer.asked.get(request)
            if asked is None or asked["type"] != "chat.send" or answer["type"] != "ack":
                continue
            id_, seq = answer["payload"]["id"], answer["payload"].get("seq")
            name = asked["payload"].get("clientMsgId")
            if name and named.setdefault((observer.who, name), id_) != id_:
                yield Violation("I3", observer.who, f"{name} was said twice")
            if seq is not None:
                yield from _missed_by(observers, id_, seq)


def _missed_by(observers: Mapping[str, Observer], id_: str, seq: int) -> Iterator[Violation]:
    for observer in observers.values():
        for epoch, first, last in observer.covered:
            frame = observer.seen.get((epoch, seq))
            holds = any(f["payload"].get("id") == id_ for f in observer.seen.values())
            if first < seq <= last and not holds and _same_conference(observers, epoch, id_):
                what = frame["type"] if frame else "nothing"
                yield Violation("I3", observer.who, f"{id_} was acknowledged at {seq}; saw {what}")


def _same_conference(observers: Mapping[str, Observer], epoch: str, id_: str) -> bool:
    """Whether somebody saw the message in this epoch, or nobody saw it at all."""
    epochs = {
        place[0]
        for observer in observers.values()
        for place, frame in observer.seen.items()
        if frame["payload"].get("id") == id_
    }
    return not epochs or epoch in epochs


def _ghosts(observers: Mapping[str, Observer]) -> Iterator[Violation]:
    """After a removal nothing of the one removed happens, unless it came in again."""
    for observer in observers.values():
        removed: dict[str, int] = {}
        in_order: dict[str, list[tuple[int, Frame]]] = defaultdict(list)
        for (epoch, seq), frame in observer.seen.items():
            in_order[epoch].append((seq, frame))
        for events in in_order.values():
            for seq, frame in sorted(events, key=lambda event: event[0]):
                who = frame["payload"].get("participantId")
                match frame["type"]:
                    case "participant.left" if frame["payload"]["reason"] == "removed":
                        removed[who] = seq
                    case "participant.joined":
                        removed.pop(who, None)
                    case _ if who in removed:
                        yield Violation(
                            "I7",
                            observer.who,
                            f"{who} was removed at {removed[who]}, acts at {seq}",
                        )


def main(paths: list[str]) -> int:
    """The program: 0 if all is well, 1 with what is not."""
    found = [
        violation
        for path in paths
        for violation in check(read(Path(path).read_text("utf-8").splitlines()))
    ]
    for violation in found:
        sys.stdout.write(f"{violation}\n")
    sys.stdout.write(f"{len(found)} violations in {len(paths)} histories\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
