"""Whatever comes over a socket: one answer, no harm, and nothing of it to anybody else."""

import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from hub_core.kernel.errors import CATALOGUE
from hub_core.live.asks import ASKS
from hub_core.rooms.rulebook import COMMANDS
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]

FRAMES: Final = int(os.environ.get("FUZZ_FRAMES", "700"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "20261124"))
KINDS: Final = sorted({*COMMANDS, *ASKS} - {"room.leave"})
"""`room.leave` would end the story; it has its own."""

STRANGE: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, -0.0, 2**31, 2**53 + 1, 2**63, 2**64 + 1),
    *("", " ", "x" * 70, "x" * 2001, "\u0000", "\u202e", "\u200d", "\uffff", "é" * 500),
    *("__proto__", "<script>", "'; DROP TABLE journal; --", "{{7*7}}", '\n{"level":', "\x1b[2J"),
    {"a": json.loads("[" * 300 + "]" * 300)},
    *([], {}, [[]], {"a": {}}, [None] * 50, {"x" * 300: 1}),
    *("on", "off", "offer", "ice", "cohost", "v=0", "v=0\r\n" + "a" * 100),
]
RAW: Final = [
    *("", "\u0000", "{", "}", "[]", "null", "true", "7", '"text"', "\ufeff{}", "{]", "NaN"),
    *('{"type":"ping"', '{"type":}', '{"type":null}', '{"type":[]}', '{"type":{"a":1}}'),
    *('{"type":"ping","payload":NaN}', '{"type":"ping","payload":1e999}', '{"type":"\\ud800"}'),
    *("[" * 10_000, '{"a":' * 3_000, "9" * 5_000, '{"type":"ping","type":7}'),
    *(
        '{"type":"$connect"}',
        '{"type":"$disconnect"}',
        '{"type":"(lapsed)"}',
        '{"type":"' + "x" * 300,
    ),
    '{"requestId":"r","message":"Forbidden","connectionId":"x"}',
]
NAMES: Final = [
    *("text", "to", "type", "sdp", "candidate", "participantId", "participantIds", "role", "id"),
    *("mic", "cam", "screen", "roomToken", "resumeToken", "accessToken", "epoch", "lastSeq"),
    *("afterSeq", "device", "features", "ban", "reason", "clientMsgId", "n", "pcId", "protocol"),
    *("from", "by", "seq", "meetingId", "generation", "connectionId", "actor"),
]


def _frames(chance: random.Random, known: list[str]) -> Iterator[str]:
    values = [*STRANGE, *known]
    for _ in range(FRAMES):
        if chance.random() < 0.1:
            yield chance.choice(RAW)
            continue
        payload: Any = {
            chance.choice(NAMES): chance.choice(values) for _ in range(chance.randrange(6))
        }
        if chance.random() < 0.1:
            payload = chance.choice(STRANGE)
        frame: dict[str, Any] = {"type": chance.choice(KINDS), "payload": payload}
        if chance.random() < 0.7:
            frame["requestId"] = chance.choice([*STRANGE, *(f"r{n}" for n in range(500))])
        if chance.random() < 0.05:
            frame["type"] = chance.choice(STRANGE)
        yield json.dumps(frame)


@pytest.mark.parametrize("inside", [True, False], ids=["in the room", "outside"])
def test_whatever_comes_gets_one_answer_and_harms_nobody(
    *,
    inside: bool,
    meeting: Meeting,
    joined: Joined,
    socket: Callable[[], Client],
    capfd: pytest.CaptureFixture[str],
) -> None:
    witness, hostile = joined(meeting.person()), joined(meeting.person())
    if not inside:
        hostile = socket()
        hostile.connect()
    witness.heard()
    known = [witness.session["selfParticipant"]["participantId"], witness.session["epoch"]]

    for number, frame in enumerate(_frames(random.Random(SEED), known)):
        answers = [one for one in hostile.say(frame) if "seq" not in one]
        _check(frame, answers)
        if number % 100 == 0:
            assert hostile.ask("ping")["type"] == "pong"

    assert "unforeseen" not in capfd.readouterr().out
    assert witness.ask("ping")["type"] == "pong"
    if not inside:
        assert [one["type"] for one in witness.heard()] == []


def _check(frame: str, answers: list[Any]) -> None:
    """Replies name their request; an error is of the catalogue, and no defect of ours."""
    for answer in answers:
        if answer["type"] == "error":
            problem = answer["payload"]
            assert CATALOGUE[problem["type"]].status == problem["status"], frame
            assert problem["type"] != "server/internal-error", frame
    try:
        request_id = json.loads(frame).get("requestId")
    except (ValueError, AttributeError, RecursionError):
        request_id = None
    if isinstance(request_id, str) and 0 < len(request_id) <= 64 and request_id.isprintable():
        named = [one for one in answers if one.get("requestId") == request_id]
        # What orjson does not read, and the standard library does, has no name to be answered by.
        malformed = [one for one in answers if one["payload"].get("type") == "message/malformed"]
        unnamed = [one for one in malformed if one not in named]
        assert len(named) + len(unnamed) == 1, (frame, answers)
