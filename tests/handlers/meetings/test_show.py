"""Who sees a meeting over REST, and what the others see."""

from typing import LiteralString

import pytest

from hub_core.kernel.ids import new_id
from tests.meetings.people import World


def target(meeting_id: str) -> str:
    return f"/v1/meetings/{meeting_id}"


def test_a_stranger_learns_nothing_not_even_that_there_is_a_meeting(world: World) -> None:
    """Ids that nothing has, that cannot be ids, and those of others: one answer, byte by byte."""
    ada, mallory = world.account("Ada"), world.account("Mallory")
    meeting = world.meeting(ada)

    answers = [
        world.call("meetings.show", "GET", target(id_), by=mallory)
        for id_ in (meeting["id"], new_id(), "abc", meeting["id"].lower(), "\x00", "x" * 4000)
    ]

    assert {answer.status for answer in answers} == {404}
    assert {answer.json["type"] for answer in answers} == {"meeting/not-found"}
    assert len({a.text.replace(a.json["instance"], "") for a in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("admission", "status"),
    [("pending", 404), ("waiting", 404), ("rejected", 404), ("admitted", 200), ("removed", 404)],
)
def test_a_guest_sees_it_once_it_was_let_in(world: World, admission: str, status: int) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    ticket = world.ticket(meeting["id"], bob)
    world.decide(ticket["participantId"], admission)

    answer = world.call("meetings.show", "GET", target(meeting["id"]), by=bob)

    assert answer.status == status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ("role = 'cohost'", 200),
        ("invited = true", 200),
        ("invited = true, admission = 'waiting'", 200),
        ("invited = true, admission = 'removed'", 404),
        ("role = 'cohost', admission = 'removed'", 404),
        ("admission = 'admitted', banned_at = now()", 404),
    ],
)
def test_a_role_or_an_accepted_invite_makes_a_member_and_a_removal_weighs_more(
    world: World, changes: LiteralString, status: int
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    place = world.ticket(meeting["id"], bob)["participantId"]
    world.sql(f"UPDATE participants SET {changes} WHERE id = %(id)s", id=place)

    answer = world.call("meetings.show", "GET", target(meeting["id"]), by=bob)

    assert answer.status == status


def test_people_are_listed_who_belong_to_it_without_their_addresses(world: World) -> None:
    ada, bob, eve = world.account("Ada"), world.account("Bob"), world.account("Eve")
    meeting = world.meeting(ada, settings={"accessType": "open"})
    world.decide(world.ticket(meeting["id"], bob)["participantId"], "admitted")
    world.decide(world.ticket(meeting["id"], name="Gus")["participantId"], "admitted")
    world.ticket(meeting["id"], eve)

    answer = world.call("meetings.show", "GET", target(meeting["id"]), by=bob)

    people = answer.json["meeting"]["participants"]
    assert [(p["displayName"], p["role"]) for p in people] == [
        ("Ada", "host"),
        ("Bob", "guest"),
        ("Gus", "guest"),
    ]
    assert [p["userId"] for p in people] == [ada.id, bob.id, None]
    assert "@" not in answer.text
