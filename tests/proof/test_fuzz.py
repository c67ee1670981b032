"""Frames that nobody should send: each is answered or passed over, and nobody else hears of it."""

import itertools
import json
import os
from collections.abc import Callable
from typing import Any

from hub_core.kernel.ids import new_id
from tests.live.conftest import gateway as gateway
from tests.live.conftest import joined as joined
from tests.live.conftest import meeting as meeting
from tests.live.conftest import socket as socket
from tests.live.stage import Client, Meeting
from tests.proof.fuzz import CORPUS, generated

COUNT = int(os.environ.get("FUZZ_FRAMES", "1500"))
"""`FUZZ_FRAMES=10000` for the whole bar."""
SEED = int(os.environ.get("FUZZ_SEED", "7"))
ANSWERED = frozenset({"error", "ack", "pong", "room.events", "room.snapshot", "session.resumed"})


def _request(text: str) -> Any:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame.get("requestId") if isinstance(frame, dict) else None


def test_whatever_is_sent_is_answered_once_and_harms_nobody(
    meeting: Meeting, joined: Callable[..., Client], environment: Any
) -> None:
    environment.setenv("RATE_LIMIT_SCALE", "100000")
    ada, ben = joined(meeting.person(account=False)), joined(meeting.person(account=False))
    ada.heard()

    for text in (*CORPUS, *itertools.islice(generated(SEED), COUNT)):
        got = ben.say(text)
        replies = [f for f in got if "seq" not in f and f["type"] != "reaction.added"]
        about = (text[:200], [frame["type"] for frame in got], SEED)
        assert len(replies) <= 1, about
        if isinstance(_request(text), str) and len(_request(text)) <= 64:
            assert len(replies) == 1, about
        assert all(reply["type"] in ANSWERED for reply in replies), about
        assert all(reply["payload"].get("status") != 500 for reply in replies), about

    # Nothing but what Ben may say of himself has reached anybody.
    kinds = {frame["type"] for frame in ada.heard()}
    assert kinds <= {"hand.changed", "media.changed", "chat.message", "reaction.added"}
    assert ada.ask("chat.send", {"text": new_id()})["type"] == "ack"
    assert ben.ask("ping")["payload"]["headSeq"] >= 3
