"""Histories made by hand, a line a second: what the stories about the checker are told with."""

from typing import Any

from tests.proof.history import History, Line


def person(name: str, join_seq: int, session: str = "", **other: Any) -> dict[str, Any]:
    return {
        "participantId": name,
        "sessionId": session or f"of {name}",
        "joinSeq": join_seq,
        "role": "host" if name == "ada" else "guest",
        **other,
    }


ADA, BEN = person("ada", 1), person("ben", 2)


class Story:
    """A history in the making; time goes on by a second with each line."""

    def __init__(self, **about: Any) -> None:
        self.history = History(**about)

    def add(self, who: str, deed: str, frame: dict[str, Any], connection: int = 1) -> "Story":
        at = float(len(self.history.lines))
        self.history.lines.append(Line(who, deed, frame, at, connection))
        return self

    def got(self, who: str, frame: dict[str, Any], connection: int = 1) -> "Story":
        return self.add(who, "got", frame, connection)

    def all(self, frame: dict[str, Any], *who: str) -> "Story":
        for one in who or ("ada", "ben"):
            self.got(one, frame)
        return self

    def joins(
        self, who: dict[str, Any], seq: int, *peers: dict[str, Any], places: int = 9
    ) -> "Story":
        payload = {
            "selfParticipant": who,
            "peers": list(peers),
            "settings": {"maxParticipants": places},
            "epoch": "e",
            "seq": seq,
        }
        return self.got(who["participantId"], {"type": "room.joined", "payload": payload})

    def asks(self, who: str, kind: str, request: str, **payload: Any) -> "Story":
        return self.add(who, "sent", {"type": kind, "requestId": request, "payload": payload})

    def told(self, who: str, kind: str, request: str, **payload: Any) -> "Story":
        return self.got(who, {"type": kind, "requestId": request, "payload": payload})

    def refused(self, who: str, request: str, why: str) -> "Story":
        return self.told(who, "error", request, type=why)

    def journal(self, *rows: dict[str, Any]) -> "Story":
        self.history.journal.extend(rows)
        return self


def event(seq: int, kind: str, epoch: str = "e", **payload: Any) -> dict[str, Any]:
    return {"type": kind, "epoch": epoch, "seq": seq, "payload": payload}


def chat(seq: int, who: str, id_: str, text: str = "hi", epoch: str = "e") -> dict[str, Any]:
    return event(seq, "chat.message", epoch, id=id_, participantId=who, text=text)


def row(frame: dict[str, Any], id_: str = "") -> dict[str, Any]:
    id_ = id_ or frame["payload"].get("id") or f"row {frame['seq']}"
    return {**frame, "id": id_, "by": None, "visible_to": None}


def hidden(kind: str, **payload: Any) -> dict[str, Any]:
    return row({"type": kind, "epoch": "e", "seq": None, "payload": payload}, kind)


BEN_JOINS = event(2, "participant.joined", **BEN)
LEAVES = event(3, "participant.left", participantId="ben", reason="left")
REMOVED = event(3, "participant.left", participantId="ben", reason="removed")
ROWS = [row(event(1, "participant.joined", **ADA)), row(BEN_JOINS)]


def two(places: int = 9, **about: Any) -> Story:
    """Ada is in, and Ben comes."""
    story = Story(**about).joins(ADA, 1, places=places).joins(BEN, 2, ADA, places=places)
    return story.got("ada", BEN_JOINS)


def says(story: Story, who: str, request: str, id_: str, seq: int, **payload: Any) -> Story:
    """It asks, everyone hears it, it is acknowledged."""
    story.asks(who, "chat.send", request, text="hi", **payload).all(chat(seq, who, id_))
    return story.told(who, "ack", request, id=id_, seq=seq)
