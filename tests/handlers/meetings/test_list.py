"""The caller's meetings."""

import pytest

from hub_core.kernel.ids import new_id
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
    ada, bob = world.account("Ada"), world.account("Bob")
    world.meeting(bob)
    copy_the_meeting(world, times=2000)
    world.meeting(ada)
    copy_the_meeting(world, times=200)
    world.sql("ANALYZE meetings, participants")

    plan = world.sql(
        "EXPLAIN SELECT 1 FROM meetings JOIN participants ON participants.meeting_id = meetings.id"
        " WHERE participants.user_id = %(ada)s AND participants.meeting_id < %(before)s"
        " ORDER BY participants.meeting_id DESC LIMIT 51",
        ada=ada.id,
        before=new_id(),
    )

    told = "\n".join(line["QUERY PLAN"] for line in plan)
    assert "ix_participants_user_id_meeting_id" in told
    assert "Sort" not in told


def copy_the_meeting(world: World, *, times: int) -> None:
    """The newest one, with who is in it, many times."""
    world.sql(
        """WITH newest AS (SELECT * FROM meetings ORDER BY id DESC LIMIT 1), copied AS (
            INSERT INTO meetings SELECT (jsonb_populate_record(
                NULL::meetings, to_jsonb(newest) || jsonb_build_object(
                    'id', left(id, 20) || lpad(n::text, 6, '0'), 'code', left(md5(id || n), 12)
                )
            )).* FROM newest, generate_series(1, %(times)s) AS n RETURNING id, host_id
        ) INSERT INTO participants (id, meeting_id, user_id, display_name, role, admission,
            created_at) SELECT id, id, host_id, '', 'host', 'admitted', now() FROM copied""",
        times=times,
    )
