"""The caller's meetings."""

from typing import Any

import pytest

from tests.container import Answer
from tests.meetings.people import Person, World


def listed(world: World, by: Person, query: str = "") -> Answer:
    return world.call("meetings.mine", "GET", f"/v1/meetings{query}", by=by)


def titles(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [meeting["title"] for meeting in answer.json["meetings"]]


def test_those_that_one_holds_or_has_been_to_newest_first_each_once(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    world.meeting(bob, title="Bob alone")
    shared = world.meeting(ada, title="Ada and Bob")
    world.decide(world.ticket(shared["id"], bob)["participantId"], "admitted")
    world.decide(world.ticket(shared["id"], name="Gus")["participantId"], "admitted")
    world.ticket(world.meeting(ada, title="Only a ticket")["id"], bob)
    put_out = world.meeting(ada, title="Was put out")
    world.decide(world.ticket(put_out["id"], bob)["participantId"], "removed")

    assert titles(listed(world, bob)) == ["Ada and Bob", "Bob alone"]
    assert titles(listed(world, ada)) == ["Was put out", "Only a ticket", "Ada and Bob"]
    assert listed(world, bob).json["meetings"][0] == shared


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_page_by_page_nothing_is_missing_and_nothing_comes_twice(world: World, limit: int) -> None:
    ada = world.account("Ada")
    for number in range(7):
        world.meeting(ada, title=str(number))
    seen: list[str] = []
    query = f"?limit={limit}"

    while True:
        page = listed(world, ada, query)
        seen += titles(page)
        world.meeting(ada, title="meanwhile")
        if page.json["nextCursor"] is None:
            break
        query = f"?limit={limit}&cursor={page.json['nextCursor']}"

    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_upcoming_are_those_that_lie_ahead_or_have_no_time(world: World) -> None:
    ada = world.account("Ada")
    world.meeting(ada, title="past", scheduledAt="2020-01-01T00:00:00Z")
    world.meeting(ada, title="ahead", scheduledAt="2099-01-01T00:00:00Z")
    ended = world.meeting(ada, title="ended", scheduledAt="2099-01-01T00:00:00Z")
    world.sql("UPDATE meetings SET ended_at = now() WHERE id = %(id)s", id=ended["id"])
    world.meeting(ada, title="some time")

    assert titles(listed(world, ada, "?upcoming=true")) == ["some time", "ahead"]
    assert titles(listed(world, ada, "?upcoming=false")) == ["some time", "ended", "ahead", "past"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?limit=0", "/query/limit"),
        ("?limit=101", "/query/limit"),
        ("?limit=9223372036854775808", "/query/limit"),
        ("?limit=ten", "/query/limit"),
        ("?cursor=", "/query/cursor"),
        ("?cursor=01M864AMWSH62W54W1BT8HT2AG", "/query/cursor"),
        (
            "?cursor=%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00",
            "/query/cursor",
        ),
        ("?upcoming=perhaps", "/query/upcoming"),
    ],
)
def test_what_is_no_page_is_told_by_name(world: World, query: str, pointer: str) -> None:
    answer = listed(world, world.account("Ada"), query)

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_the_list_is_read_by_an_index_in_its_order(world: World) -> None:
    """However many meetings there are, a page costs a page."""
    plan: list[Any] = world.sql(
        "EXPLAIN SELECT 1 FROM meetings JOIN participants ON participants.meeting_id = meetings.id"
        " WHERE participants.user_id = '01M864AMWSH62W54W1BT8HT2AG'"
        " AND participants.meeting_id < '01M864AMWSH62W54W1BT8HT2AG'"
        " ORDER BY participants.meeting_id DESC LIMIT 51"
    )

    told = "\n".join(line["QUERY PLAN"] for line in plan)
    assert "ix_participants_user_id_meeting_id" in told
    assert "Sort" not in told
