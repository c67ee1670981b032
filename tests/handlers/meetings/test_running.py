"""What a host changes: title and time, settings, the end."""

from typing import Any

import pytest

from tests.container import Answer
from tests.meetings.people import Person, World


def patch(world: World, meeting_id: str, by: Person, **changes: Any) -> Answer:
    return world.call("meetings.change", "PATCH", f"/v1/meetings/{meeting_id}", by=by, body=changes)


def settings(
    world: World,
    meeting_id: str,
    by: Person,
    changes: dict[str, Any] | None = None,
    if_match: str | None = None,
) -> Answer:
    """Read them, or change them."""
    target = f"/v1/meetings/{meeting_id}/settings"
    if changes is None:
        return world.call("meetings.show_settings", "GET", target, by=by)
    headers = {} if if_match is None else {"if-match": if_match}
    return world.call(
        "meetings.change_settings", "PATCH", target, by=by, body=changes, headers=headers
    )


def end(world: World, meeting_id: str, by: Person) -> Answer:
    return world.call("meetings.end", "POST", f"/v1/meetings/{meeting_id}/end", by=by)


def test_what_is_named_changes_and_the_rest_stays(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada, title="Retro", scheduledAt="2099-01-01T00:00:00Z")

    renamed = patch(world, meeting["id"], ada, title="Planning")
    unscheduled = patch(world, meeting["id"], ada, scheduledAt=None)
    nameless = patch(world, meeting["id"], ada, title=None)
    same = patch(world, meeting["id"], ada)

    assert renamed.json == {"meeting": {**meeting, "title": "Planning"}}
    assert unscheduled.json["meeting"] == {**meeting, "title": "Planning", "scheduledAt": None}
    assert nameless.json["meeting"]["title"] == f"Meeting {meeting['code']}"
    assert (same.status, same.json) == (200, nameless.json)


@pytest.mark.parametrize("changes", [{"title": " "}, {"settings": {}}, {"hostId": "x"}])
def test_a_patch_of_something_else_is_invalid(world: World, changes: dict[str, Any]) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    assert patch(world, meeting["id"], ada, **changes).status == 400


def test_settings_have_an_etag_that_rises_with_each_change(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    first = settings(world, meeting["id"], ada)
    changed = settings(world, meeting["id"], ada, {"lobby": True}, first.headers["etag"])
    again = settings(world, meeting["id"], ada)

    assert first.json == {"settings": meeting["settings"]}
    assert (first.headers["etag"], changed.headers["etag"]) == ('"1"', '"2"')
    assert changed.json["settings"] == {**meeting["settings"], "lobby": True, "version": 2}
    assert (again.json, again.headers["etag"]) == (changed.json, '"2"')


@pytest.mark.parametrize("if_match", ['"1"', 'W/"2"', '"two"', "2", '""', '"1", "3"', '"-2"', "x"])
def test_who_has_read_another_version_changes_nothing(world: World, if_match: str) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    settings(world, meeting["id"], ada, {"lobby": True})

    answer = settings(world, meeting["id"], ada, {"locked": True}, if_match)

    assert (answer.status, answer.json["type"]) == (412, "settings/version-conflict")
    assert settings(world, meeting["id"], ada).json["settings"]["locked"] is False


@pytest.mark.parametrize("if_match", [None, "*", '"1"', '"7", "1"'])
def test_who_knows_the_version_or_does_not_care_changes_it(
    world: World, if_match: str | None
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    answer = settings(world, meeting["id"], ada, {"locked": True}, if_match)

    assert (answer.status, answer.json["settings"]["locked"]) == (200, True)


def test_what_changes_nothing_makes_no_new_version(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    for changes in ({}, {"lobby": False}):
        assert settings(world, meeting["id"], ada, changes).headers["etag"] == '"1"'


@pytest.mark.parametrize(
    "changes",
    [
        {"lobby": "yes"},
        {"locked": 1},
        {"version": 9},
        {"maxParticipants": 1001},
        {"maxParticipants": "7"},
    ],
)
def test_settings_that_do_not_fit_are_refused(world: World, changes: dict[str, Any]) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    assert settings(world, meeting["id"], ada, changes).status == 400


def test_an_end_is_for_ever_and_told_again_the_same(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    first, second = end(world, meeting["id"], ada), end(world, meeting["id"], ada)

    assert first.status == 200
    assert first.json["meeting"]["endedAt"].endswith("Z")
    assert (second.status, second.json) == (200, first.json)


def test_after_the_end_nothing_is_changed_and_everything_can_be_read(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    end(world, meeting["id"], ada)

    refused = [
        patch(world, meeting["id"], ada, title="More"),
        settings(world, meeting["id"], ada, {"lobby": True}),
    ]
    read = [
        settings(world, meeting["id"], ada),
        world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=ada),
    ]

    assert {(a.status, a.json["type"]) for a in refused} == {(410, "meeting/ended")}
    assert {answer.status for answer in read} == {200}


def test_a_change_is_made_even_if_the_room_cannot_be_told_and_told_when_sent_again(
    world: World, environment: pytest.MonkeyPatch, redis_url: str
) -> None:
    """Redis is down: 503, but PostgreSQL says what holds; a repetition is no second change."""
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    world.restart(REDIS_URL="redis://127.0.0.1:9/0")

    unheard = settings(world, meeting["id"], ada, {"locked": True})
    world.restart(REDIS_URL=redis_url)
    again = settings(world, meeting["id"], ada, {"locked": True})

    assert (unheard.status, unheard.json["type"]) == (503, "server/unavailable")
    assert unheard.headers["retry-after"] == "1"
    assert (again.status, again.headers["etag"]) == (200, '"2"')
