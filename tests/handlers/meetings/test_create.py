"""Creating a meeting, and seeing it again."""

import re
from typing import Any

import pytest

from hub_core.meetings import service
from tests.meetings.people import World

DEFAULTS = {
    "version": 1,
    "accessType": "trusted",
    "lobby": False,
    "allowGuests": True,
    "locked": False,
    "maxParticipants": 100,
    "chat": "everyone",
    "reactions": "everyone",
    "screenShare": "everyone",
    "unmute": "open",
    "duplicateJoin": "replace",
    "onHostLoss": "continue",
}


def test_a_meeting_has_a_code_a_title_and_its_defaults(world: World) -> None:
    ada = world.account("Ada")

    meeting = world.meeting(ada)

    assert re.fullmatch(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", meeting["code"])
    assert meeting["title"] == f"Meeting {meeting['code']}"
    assert meeting["hostId"] == ada.id
    assert (meeting["scheduledAt"], meeting["endedAt"]) == (None, None)
    assert meeting["createdAt"].endswith("Z")
    assert meeting["settings"] == DEFAULTS


def test_the_answer_says_where_the_meeting_is_again_too(world: World) -> None:
    ada = world.account("Ada")
    key = {"idempotency-key": "once"}

    first, again = (
        world.call("meetings.create", "POST", "/v1/meetings", by=ada, body={}, headers=key)
        for _ in range(2)
    )

    assert first.headers["location"] == again.headers["location"]
    shown = world.call("meetings.show", "GET", first.headers["location"], by=ada)
    assert shown.json["meeting"]["id"] == first.json["id"]


def test_what_is_asked_for_is_what_it_has(world: World) -> None:
    ada = world.account("Ada")

    meeting = world.meeting(
        ada,
        title="  Retro ",
        scheduledAt="2027-01-02T10:00:00.123456+02:00",
        settings={"lobby": True, "maxParticipants": 7},
    )

    assert meeting["title"] == "Retro"
    assert meeting["scheduledAt"] == "2027-01-02T08:00:00.123Z"
    assert meeting["settings"] == {**DEFAULTS, "lobby": True, "maxParticipants": 7}


def test_the_host_is_the_first_participant(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    answer = world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada)

    assert answer.status == 200
    shown = answer.json["meeting"]
    (host,) = shown.pop("participants")
    assert shown.pop("host") == {"id": ada.id, "displayName": "Ada", "avatarUrl": None}
    assert shown == meeting
    assert (host["userId"], host["displayName"], host["role"]) == (ada.id, "Ada", "host")


def test_a_code_that_is_taken_is_not_given_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two draws come up with the same letters; the unique index notices, and a third is made."""
    ada = world.account("Ada")
    draws = iter(["abc-defg-hij", "abc-defg-hij", "klm-nopq-rst"])
    monkeypatch.setattr(service, "new_code", lambda choose: next(draws))

    first, second = world.meeting(ada), world.meeting(ada)

    assert (first["code"], second["code"]) == ("abc-defg-hij", "klm-nopq-rst")
    assert world.sql("SELECT count(*) FROM participants") == [{"count": 2}]


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 256}, "/title"),
        ({"title": "a\nb"}, "/title"),
        ({"title": "\u202eevil"}, "/title"),
        ({"scheduledAt": "2027-01-02T10:00:00"}, "/scheduledAt"),
        ({"scheduledAt": "tomorrow"}, "/scheduledAt"),
        ({"scheduledAt": 5}, "/scheduledAt"),
        ({"scheduledAt": "5"}, "/scheduledAt"),
        ({"scheduledAt": "1795523254"}, "/scheduledAt"),
        ({"scheduledAt": "0001-01-01T00:00:00+14:00"}, "/scheduledAt"),
        ({"scheduledAt": "10000-01-01T00:00:00Z"}, "/scheduledAt"),
        ({"settings": {"maxParticipants": 1}}, "/settings/maxParticipants"),
        ({"settings": {"version": 7}}, "/settings/version"),
        ({"settings": {"accessType": "public"}}, "/settings/accessType"),
        ({"hostId": "somebody"}, "/hostId"),
        ({"code": "abc-defg-hij"}, "/code"),
    ],
)
def test_what_does_not_fit_is_told_by_name_and_nothing_is_created(
    world: World, draft: dict[str, Any], pointer: str
) -> None:
    ada = world.account("Ada")

    answer = world.call("meetings.create", "POST", "/v1/meetings", by=ada, body=draft)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]
    assert world.sql("SELECT id FROM meetings") == []


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_the_ends_of_the_calendar_are_kept_as_they_are(world: World, moment: str) -> None:
    ada = world.account("Ada")

    meeting = world.meeting(ada, scheduledAt=moment)

    shown = world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada)
    assert shown.json["meeting"]["scheduledAt"] == moment


def test_an_account_that_is_gone_creates_nothing(world: World) -> None:
    ada = world.account("Ada")
    world.sql("DELETE FROM users")

    answer = world.call("meetings.create", "POST", "/v1/meetings", by=ada, body={})

    assert (answer.status, answer.json["type"]) == (401, "auth/invalid-token")


def test_sent_again_with_its_key_it_is_one_meeting(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    headers = {"idempotency-key": "6f0c"}

    first, second, another, bobs = (
        world.call("meetings.create", "POST", "/v1/meetings", by=by, body=body, headers=headers)
        for by, body in ((ada, {}), (ada, {}), (ada, {"title": "Another"}), (bob, {}))
    )

    assert (first.status, second.status, bobs.status) == (201, 201, 201)
    assert first.json == second.json
    assert another.status == 422
    assert bobs.json["id"] != first.json["id"]
    assert world.sql("SELECT count(*) FROM meetings") == [{"count": 2}]
