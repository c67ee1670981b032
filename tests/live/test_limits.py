"""How much one may say, and what becomes of the rest."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub_core.adapters import runtime
from hub_core.live.answers import Committed, Request
from hub_core.live.house import house
from hub_core.rooms.deciding import Outcome
from hub_core.rooms.messages import ANY_FRAME, Limit
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting

Joined = Callable[..., Client]


@pytest.fixture(autouse=True)
def limits_of_production(gateway: Gateway, environment: pytest.MonkeyPatch) -> None:
    """Elsewhere in this folder they are a thousandfold."""
    environment.setenv("RATE_LIMIT_SCALE", "1")


def test_whoever_says_too_much_is_told_when_to_go_on(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()

    replies = [ada.ask("chat.send", {"text": str(n)}) for n in range(12)]

    refused = [reply["payload"] for reply in replies if reply["type"] == "error"]
    assert refused
    assert {one["type"] for one in refused} == {"request/rate-limited"}
    assert all(0 < one["retryAfterMs"] <= 1000 for one in refused)
    assert len(ada.heard()) == len(replies) - len(refused) >= 5
    assert ben.ask("chat.send", {"text": "I am not to blame"})["type"] == "ack"


def test_too_many_reactions_are_dropped_in_silence(meeting: Meeting, joined: Joined) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())

    replies = [ada.ask("reaction.send", {"type": "heart"}) for _ in range(12)]

    assert {reply["type"] for reply in replies} == {"ack"}
    assert 5 <= len(ben.heard()) < 12


def test_whoever_waits_as_long_as_it_was_told_is_heard(meeting: Meeting, joined: Joined) -> None:
    ada = joined(meeting.person())
    again = {"type": "chat.send", "requestId": "again", "payload": {"text": "patience"}}
    while (reply := ada.ask("chat.send", {"text": "more"}))["type"] == "ack":
        pass

    time.sleep(reply["payload"]["retryAfterMs"] / 1000)

    assert ada.say(again)[-1]["type"] == "ack"


def test_of_two_limits_the_later_one_is_told(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    joined(meeting.person())
    one, other = Limit("one", each_ms=1_000, at_once=1), Limit("other", each_ms=60_000, at_once=1)
    limits = tuple((limit.name, limit) for limit in (one, other))

    async def twice() -> Any:
        rooms = house().dispatch.rooms
        room = await rooms.load(meeting.id)
        assert room
        for nonce in "ab":
            answer = await rooms.commit(Outcome(room, room), Request(limits=limits), nonce)
        return answer

    limited = container.do(lambda: runtime.run(twice()))

    assert limited.retry_after_ms > one.each_ms


def test_a_container_whose_clock_is_behind_refuses_nobody_for_that(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    joined(meeting.person())
    limits = (("frames", ANY_FRAME),)

    async def before_and_after() -> list[Any]:
        right = house().dispatch.rooms
        ahead = replace(right, clock=lambda: right.clock() + timedelta(seconds=10))
        room = await right.load(meeting.id)
        assert room
        request = Request(limits=limits)
        return [await one.commit(Outcome(room, room), request, "a") for one in (ahead, right)]

    answers = container.do(lambda: runtime.run(before_and_after()))

    assert [type(answer) for answer in answers] == [Committed, Committed]


def test_guessing_at_the_entrance_is_limited(joined: Joined, meeting: Meeting) -> None:
    ada = joined(meeting.person())

    kinds = {
        ada.ask("session.resume", {"resumeToken": "x", "epoch": "", "lastSeq": 0})["payload"][
            "type"
        ]
        for _ in range(125)
    }

    assert kinds == {"room/session-expired", "request/rate-limited"}
    assert ada.ask("chat.send", {"text": "hi"})["type"] == "ack"
