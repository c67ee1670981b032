"""From a code to its meeting."""

import re

import pytest

from tests.container import Answer
from tests.meetings.people import World


def resolve(world: World, code: object) -> Answer:
    return world.call(
        "meetings.resolve_code", "POST", "/v1/meetings/resolve-code", body={"code": code}
    )


def test_a_code_is_found_however_it_is_typed(world: World) -> None:
    meeting = world.meeting(world.account("Ada"))
    code = meeting["code"]

    for typed in (code, code.upper(), code.replace("-", " "), f" {code.replace('-', '')} "):
        answer = resolve(world, typed)

        assert (answer.status, answer.json) == (200, {"meetingId": meeting["id"]})


def test_unknown_ended_and_impossible_codes_are_answered_alike(world: World) -> None:
    meeting = world.meeting(world.account("Ada"))
    world.sql("UPDATE meetings SET ended_at = now()")

    answers = [resolve(world, code) for code in (meeting["code"], "aaa-aaaa-aaa", "", "7", "\x00")]

    assert {answer.status for answer in answers} == {404}
    assert len({a.text.replace(a.json["instance"], "") for a in answers}) == 1
    assert len({counted(answer) for answer in answers}) == 1


def counted(answer: Answer) -> frozenset[tuple[str, str]]:
    """The headers, whatever is left of an allowance: each miss takes one, whichever it was."""
    return frozenset(
        (name, re.sub(r"[rt]=[0-9]+", "", value)) for name, value in answer.headers.items()
    )


def test_whoever_guesses_codes_is_stopped_and_whoever_knows_one_is_not(world: World) -> None:
    meeting = world.meeting(world.account("Ada"))
    for _ in range(30):
        assert resolve(world, meeting["code"]).status == 200

    misses = [resolve(world, "aaa-aaaa-aaa") for _ in range(21)]
    stopped = resolve(world, meeting["code"])

    assert [answer.status for answer in misses] == [404] * 20 + [429]
    assert (stopped.status, stopped.json["type"]) == (429, "request/rate-limited")
    assert int(stopped.headers["retry-after"]) >= 1


@pytest.mark.parametrize("code", [None, 7, ["abc-defg-hij"], "a" * 65])
def test_what_is_no_text_or_too_long_is_invalid(world: World, code: object) -> None:
    answer = resolve(world, code)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
