"""The checker of histories, on some made by hand: good ones, and some for each broken promise."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.by_hand import (
    ADA,
    BEN,
    BEN_JOINS,
    LEAVES,
    REMOVED,
    ROWS,
    Story,
    chat,
    event,
    hidden,
    person,
    row,
    says,
    two,
)
from tests.proof.check import check, main
from tests.proof.good_ones import GOOD, a_resume
from tests.proof.history import read


@pytest.mark.parametrize("story", GOOD, ids=lambda one: one.__name__)
def test_a_good_history_is_beyond_reproach(story: Callable[[], Story]) -> None:
    assert [str(violation) for violation in check(story().history)] == []


# --- bad ones

BAD: dict[str, tuple[str, Callable[[], Story]]] = {
    "joined twice": (
        "I1",
        lambda: two().all(event(3, "participant.joined", **person("ben", 3, "new"))),
    ),
    "left before joined": (
        "I1",
        lambda: two().all(event(3, "participant.left", participantId="eve", reason="left")),
    ),
    "left twice": (
        "I1",
        lambda: two().got("ada", LEAVES).got("ada", {**LEAVES, "seq": 4}),
    ),
    "speaks after it left": (
        "I1",
        lambda: two().got("ada", LEAVES).got("ada", chat(4, "ben", "M")),
    ),
    "one session that joins again": (
        "I1",
        lambda: (
            two().got("ada", LEAVES).got("ada", event(4, "participant.joined", **person("ben", 4)))
        ),
    ),
    "another joinSeq than its seq": (
        "I1",
        lambda: two().all(event(3, "participant.joined", **person("eve", 7))),
    ),
    "a gap that is never filled": (
        "I2",
        lambda: two().got("ada", chat(4, "ben", "M")).got("ben", chat(3, "ada", "N")),
    ),
    "a seq that nobody ever saw": ("I2", lambda: two().all(chat(4, "ben", "M"))),
    "out of order without faults": (
        "I2",
        lambda: two(calm=True).all(chat(4, "ben", "M")).all(chat(3, "ben", "N")),
    ),
    "an acknowledged message that is not stored": (
        "I3",
        lambda: says(two(), "ben", "1", "M", 3).journal(*ROWS),
    ),
    "an acknowledged message that nobody saw": (
        "I3",
        lambda: (
            two().asks("ben", "chat.send", "1", text="hi").told("ben", "ack", "1", id="M", seq=3)
        ),
    ),
    "an acknowledged message at another place": (
        "I3",
        lambda: (
            two()
            .asks("ben", "chat.send", "1", text="hi")
            .all(chat(3, "ben", "M"))
            .told("ben", "ack", "1", id="M", seq=4)
        ),
    ),
    "a message in two places": (
        "I3",
        lambda: says(two(), "ben", "1", "M", 3).all(chat(4, "ben", "M")),
    ),
    "a retried message said twice": (
        "I3",
        lambda: says(
            says(two(), "ben", "1", "M", 3, clientMsgId="m"), "ben", "2", "N", 4, clientMsgId="m"
        ),
    ),
    "an unacknowledged message said twice": (
        "I3",
        lambda: (
            two()
            .asks("ben", "chat.send", "1", text="hi")
            .all(chat(3, "ben", "M"))
            .all(chat(4, "ben", "N"))
        ),
    ),
    "a resume that leaves something out": (
        "I4",
        lambda: (
            two()
            .all(chat(3, "ben", "M"))
            .asks("ada", "session.resume", "r", epoch="e", lastSeq=2)
            .told("ada", "session.resumed", "r", recovered=True, events=[chat(4, "ben", "N")])
        ),
    ),
    "a resume that ends too early": (
        "I4",
        lambda: (
            two()
            .got("ben", chat(3, "ben", "M"))
            .asks("ada", "session.resume", "r", epoch="e", lastSeq=2)
            .told("ada", "session.resumed", "r", recovered=True, events=[])
            .got("ada", chat(3, "ben", "M"))
        ),
    ),
    "a resume of an epoch that is over": (
        "I4",
        lambda: (
            two()
            .got("ben", chat(4, "ben", "M", epoch="f"))
            .asks("ada", "session.resume", "r", epoch="e", lastSeq=2)
            .told("ada", "session.resumed", "r", recovered=True, events=[])
        ),
    ),
    "a gap filled from another epoch": (
        "I4",
        lambda: (
            two()
            .asks("ada", "room.sync", "r", epoch="e", afterSeq=2)
            .told("ada", "room.events", "r", events=[chat(3, "ben", "M", epoch="f")])
        ),
    ),
    "somebody who never leaves": (
        "I5",
        lambda: (
            two(gone_within=2.0)
            .add("ben", "cut", {})
            .got("ada", chat(3, "ada", "M"))
            .got("ada", chat(4, "ada", "N"))
        ),
    ),
    "chat in the lobby": (
        "I6",
        lambda: (
            two()
            .got("eve", {"type": "lobby.waiting", "payload": {"position": 1}})
            .got("eve", chat(3, "ben", "M"))
        ),
    ),
    "a roster in the lobby": (
        "I6",
        lambda: two().got("eve", {"type": "lobby.changed", "payload": {"waiting": []}}),
    ),
    "a signal in the lobby": (
        "I6",
        lambda: two().got("eve", {"type": "rtc.signal", "payload": {"from": "ada"}}),
    ),
    "somebody in whom nobody let in": (
        "I6",
        lambda: two().journal(ROWS[0], hidden("lobby.knocked", participant={"id": "ben"}), ROWS[1]),
    ),
    "somebody who listens after it left": (
        "I6",
        lambda: two().got("ada", LEAVES).all(chat(4, "ada", "M")),
    ),
    "somebody removed goes on": (
        "I7",
        lambda: (
            two()
            .got("ada", REMOVED)
            .got("ada", event(4, "hand.changed", participantId="ben", raised=True))
        ),
    ),
    "somebody removed is answered": (
        "I7",
        lambda: (
            two()
            .asks("ada", "moderation.remove", "1", participantId="ben")
            .got("ada", REMOVED)
            .told("ada", "ack", "1")
            .asks("ben", "media.update", "2", mic="on")
            .told("ben", "ack", "2")
        ),
    ),
    "somebody removed resumes": (
        "I7",
        lambda: (
            two()
            .asks("ada", "moderation.remove", "1", participantId="ben")
            .got("ada", REMOVED)
            .told("ada", "ack", "1")
            .asks("ben", "session.resume", "2", epoch="e", lastSeq=2)
            .told("ben", "session.resumed", "2", recovered=True, events=[REMOVED])
        ),
    ),
    "somebody demoted moderates": (
        "I7",
        lambda: (
            two()
            .asks("ada", "moderation.setRole", "1", participantId="ben", role="guest")
            .told("ada", "ack", "1")
            .asks("ben", "moderation.muteAll", "2")
            .told("ben", "ack", "2")
        ),
    ),
    "more people than places": ("I9", lambda: two(places=1)),
    "two truths at one seq": (
        "AGREE",
        lambda: two().got("ada", chat(3, "ben", "M")).got("ben", chat(3, "ada", "N")),
    ),
    "an acknowledged message where one saw something else": (
        "AGREE",
        lambda: says(two(), "ben", "1", "M", 3).got(
            "ada", event(3, "media.changed", participantId="ben", patch={})
        ),
    ),
    "two rosters at one seq": (
        "AGREE",
        lambda: two().all(chat(3, "ben", "M")).joins(ADA, 3, BEN).joins(BEN, 3, person("eve", 1)),
    ),
    "another event than is stored": (
        "AGREE",
        lambda: two().all(chat(3, "ben", "M")).journal(*ROWS, row(chat(3, "ben", "M", "ho"))),
    ),
    "a room that does not follow from its log": (
        "AGREE",
        lambda: Story().joins(ADA, 1).got("ada", BEN_JOINS).joins(BEN, 2, person("eve", 1)),
    ),
    "somebody whose hand nobody raised": (
        "AGREE",
        lambda: (
            two()
            .all(chat(3, "ben", "M"))
            .joins(person("eve", 4), 4, ADA, {**BEN, "handRaised": True})
            .all(event(4, "participant.joined", **person("eve", 4)))
        ),
    ),
    "an end that not all have reached": (
        "CONVERGE",
        lambda: (
            two()
            .got("ben", chat(3, "ben", "M"))
            .add("ada", "end", {"epoch": "e", "seq": 2, "people": {"ada": ADA, "ben": BEN}})
        ),
    ),
    "an end that all see differently": (
        "CONVERGE",
        lambda: two().add("ada", "end", {"epoch": "e", "seq": 2, "people": {"ada": ADA}}),
    ),
    "two answers to one request": (
        "REPLY",
        lambda: says(two(), "ben", "1", "M", 3).refused("ben", "1", "meeting/forbidden"),
    ),
    "an answer that nobody asked for": (
        "REPLY",
        lambda: two().told("ben", "ack", "9", id="M", seq=3),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_is_found_out(name: str) -> None:
    promise, story = BAD[name]

    found = check(story().history)

    assert promise in {violation.promise for violation in found}, [str(one) for one in found]


def test_there_are_bad_ones_of_every_promise() -> None:
    promises = {promise for promise, _ in BAD.values()}

    assert promises == {
        *("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9"),
        *("AGREE", "CONVERGE", "REPLY"),
    }


def test_the_program_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    a_resume().history.write(good)
    two(seed=7).all(chat(4, "ben", "M")).history.write(bad)

    assert main([str(good)]) == 0
    assert main([str(good), str(bad)]) == 1

    assert capsys.readouterr().out.splitlines() == [
        "0 violations in 1 histories",
        f"{bad}: I2 e: nobody ever saw [3], but 4",
        f"{bad}: I2 ada: 3 never came, 4 did",
        f"{bad}: I2 ben: 3 never came, 4 did",
        "3 violations in 2 histories",
    ]
    assert read(bad.read_text().splitlines()).seed == 7
