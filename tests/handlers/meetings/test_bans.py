"""Who may not come back."""

from hub_core.kernel.ids import new_id
from tests.container import Answer
from tests.meetings.people import Person, World


def listed(world: World, meeting_id: str, by: Person) -> Answer:
    return world.call("meetings.bans", "GET", f"/v1/meetings/{meeting_id}/bans", by=by)


def lift(world: World, meeting_id: str, participant_id: str, by: Person) -> Answer:
    target = f"/v1/meetings/{meeting_id}/bans/{participant_id}"
    return world.call("meetings.lift_ban", "DELETE", target, by=by)


def test_the_banned_are_listed_with_who_did_it(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    host = world.ticket(meeting["id"], ada)["participantId"]
    banned = world.ticket(meeting["id"], bob)["participantId"]
    world.decide(banned, "removed", banned=True)
    world.sql("UPDATE participants SET banned_by = %(by)s WHERE id = %(id)s", by=host, id=banned)

    answer = listed(world, meeting["id"], ada)

    assert answer.status == 200
    assert answer.json["nextCursor"] is None
    (ban,) = answer.json["bans"]
    assert ban.pop("bannedAt").endswith("Z")
    assert ban == {"participantId": banned, "displayName": "Bob", "by": host}


def test_whose_ban_is_lifted_may_knock(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    banned = world.ticket(meeting["id"], bob)["participantId"]
    world.decide(banned, "removed", banned=True)
    assert world.ask_for_ticket(meeting["id"], bob).status == 403

    lifted, again = (lift(world, meeting["id"], banned, ada) for _ in range(2))

    assert (lifted.status, lifted.text, again.status) == (204, "", 204)
    assert listed(world, meeting["id"], ada).json["bans"] == []
    assert world.ticket(meeting["id"], bob)["admission"] == "lobby"


def test_a_ban_of_another_meeting_is_not_lifted_from_here(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    here, there = world.meeting(ada), world.meeting(bob)
    banned = world.ticket(there["id"], ada)["participantId"]
    world.decide(banned, "removed", banned=True)

    answers = [lift(world, here["id"], id_, ada) for id_ in (banned, new_id(), "nobody")]

    assert {(a.status, a.json["type"]) for a in answers} == {(404, "participant/not-found")}
    assert len(listed(world, there["id"], bob).json["bans"]) == 1
