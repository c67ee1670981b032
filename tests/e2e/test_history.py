"""The checker of histories, on some made by hand: a good one, and one for each broken promise."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.history import check, main

Record = tuple[str, str, dict[str, Any]]


def _person(name: str, join_seq: int, session: str = "") -> dict[str, Any]:
    return {"participantId": name, "sessionId": session or f"of {name}", "joinSeq": join_seq}


def _event(seq: int, kind: str, epoch: str = "e", **payload: Any) -> dict[str, Any]:
    return {"type": kind, "epoch": epoch, "seq": seq, "payload": payload}


def _joined(who: str, seq: int, *peers: str, places: int = 10, epoch: str = "e") -> Record:
    payload = {
        "selfParticipant": _person(who, seq),
        "peers": [_person(peer, number) for number, peer in enumerate(peers, start=1)],
        "settings": {"maxParticipants": places},
        "epoch": epoch,
        "seq": seq,
    }
    return who, "got", {"type": "room.joined", "payload": payload}


def _chat(seq: int, who: str, id_: str, epoch: str = "e") -> dict[str, Any]:
    return _event(seq, "chat.message", epoch, id=id_, participantId=who)


def _says(who: str, request: str, name: str | None = None) -> Record:
    payload = {"text": "hi", **({"clientMsgId": name} if name else {})}
    return who, "sent", {"type": "chat.send", "requestId": request, "payload": payload}


def _acked(who: str, request: str, id_: str, seq: int) -> Record:
    return who, "got", {"type": "ack", "requestId": request, "payload": {"id": id_, "seq": seq}}


def _resumes(who: str, seq: int) -> Record:
    payload = {"lastSeq": seq}
    return who, "sent", {"type": "session.resume", "requestId": f"resume {seq}", "payload": payload}


def _resumed(who: str, seq: int, *events: dict[str, Any]) -> Record:
    payload = {"recovered": True, "events": list(events)}
    frame = {"type": "session.resumed", "requestId": f"resume {seq}", "payload": payload}
    return who, "got", frame


BEGINNING: list[Record] = [
    _joined("ada", 1),
    _joined("ben", 2, "ada"),
    ("ada", "got", _event(2, "participant.joined", **_person("ben", 2))),
]

GOOD: list[Record] = [
    *BEGINNING,
    _says("ben", "1", "m1"),
    ("ben", "got", _chat(3, "ben", "M")),
    _acked("ben", "1", "M", 3),
    ("ada", "got", _chat(3, "ben", "M")),
    # Ben's connection drops; the events of his resume overtake one another, and one comes twice.
    ("ada", "got", _event(4, "participant.connection", participantId="ben", state="lost")),
    ("ada", "got", _event(5, "participant.connection", participantId="ben", state="restored")),
    _resumes("ben", 3),
    ("ben", "got", _event(5, "participant.connection", participantId="ben", state="restored")),
    _resumed(
        "ben",
        3,
        _event(4, "participant.connection", participantId="ben", state="lost"),
        _event(5, "participant.connection", participantId="ben", state="restored"),
    ),
    ("ben", "got", _event(5, "participant.connection", participantId="ben", state="restored")),
    # A repeated request gets the same answer.
    _says("ben", "1", "m1"),
    _acked("ben", "1", "M", 3),
    ("ada", "got", _event(6, "participant.left", participantId="ben", reason="removed")),
]


def test_a_good_history_is_beyond_reproach() -> None:
    assert check(GOOD) == []


BAD: dict[str, tuple[str, list[Record]]] = {
    "joined twice": (
        "I1",
        [*BEGINNING, ("ada", "got", _event(3, "participant.joined", **_person("ben", 3, "new")))],
    ),
    "left before joined": (
        "I1",
        [
            *BEGINNING,
            ("ada", "got", _event(3, "participant.left", participantId="eve", reason="left")),
        ],
    ),
    "left twice": (
        "I1",
        [
            *BEGINNING,
            ("ada", "got", _event(3, "participant.left", participantId="ben", reason="left")),
            ("ada", "got", _event(4, "participant.left", participantId="ben", reason="lost")),
        ],
    ),
    "speaks after it left": (
        "I1",
        [
            *BEGINNING,
            ("ada", "got", _event(3, "participant.left", participantId="ben", reason="left")),
            ("ada", "got", _chat(4, "ben", "M")),
        ],
    ),
    "a gap that is never filled": ("I2", [*BEGINNING, ("ada", "got", _chat(4, "ben", "M"))]),
    "an acknowledged message that one did not see": (
        "I3",
        [
            *BEGINNING,
            _says("ben", "1"),
            _acked("ben", "1", "M", 3),
            ("ben", "got", _chat(3, "ben", "M")),
            ("ada", "got", _event(3, "media.changed", participantId="ben", patch={})),
        ],
    ),
    "a message in two places": (
        "I3",
        [*BEGINNING, *(("ada", "got", _chat(seq, "ben", "M")) for seq in (3, 4))],
    ),
    "a retried message said twice": (
        "I3",
        [
            *BEGINNING,
            _says("ben", "1", "m1"),
            _acked("ben", "1", "M", 3),
            _says("ben", "2", "m1"),
            _acked("ben", "2", "N", 4),
        ],
    ),
    "a resume that leaves something out": (
        "I4",
        [*BEGINNING, _resumes("ada", 2), _resumed("ada", 2, _chat(4, "ben", "N"))],
    ),
    "chat in the lobby": (
        "I6",
        [
            ("eve", "got", {"type": "lobby.waiting", "payload": {"position": 1}}),
            ("eve", "got", _chat(3, "ben", "M")),
        ],
    ),
    "a roster in the lobby": (
        "I6",
        [("eve", "got", {"type": "lobby.changed", "payload": {"waiting": [], "count": 0}})],
    ),
    "somebody removed goes on": (
        "I7",
        [
            *BEGINNING,
            ("ada", "got", _event(3, "participant.left", participantId="ben", reason="removed")),
            ("ada", "got", _event(4, "hand.changed", participantId="ben", raised=True)),
        ],
    ),
    "more people than places": ("I9", [_joined("ada", 1, places=1), BEGINNING[2]]),
    "two truths at one seq": (
        "AGREE",
        [
            *BEGINNING,
            ("ada", "got", _chat(3, "ben", "M")),
            ("ben", "got", _chat(3, "ada", "N")),
        ],
    ),
    "two rosters at one seq": (
        "AGREE",
        [_joined("ada", 2, "ben"), _joined("ben", 2, "eve")],
    ),
    "two answers to one request": (
        "REPLY",
        [*BEGINNING, _says("ben", "1"), _acked("ben", "1", "M", 3), _acked("ben", "1", "N", 4)],
    ),
    "an answer that nobody asked for": ("REPLY", [*BEGINNING, _acked("ben", "9", "M", 3)]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_found_out(name: str) -> None:
    promise, records = BAD[name]

    found = check(records)

    assert promise in {violation.promise for violation in found}


def test_the_program_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {}
    for name, records in (("good", GOOD), ("bad", BAD["a gap that is never filled"][1])):
        files[name] = tmp_path / f"{name}.jsonl"
        files[name].write_text(
            "\n".join(json.dumps({"who": who, way: frame}) for who, way, frame in records)
        )

    assert main([str(files["good"])]) == 0
    assert main([str(files["good"]), str(files["bad"])]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "0 violations in 1 histories",
        "I2 ada: 3 never came, 4 did",
        "1 violations in 2 histories",
    ]
