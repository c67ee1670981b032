"""What the invited answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.container import Answer, Container
from tests.meetings.people import Person, World


def invited(world: World, host: Person, meeting_id: str, email: str, role: str = "guest") -> str:
    """The id of a pending invite."""
    answer = world.call(
        "invites.create",
        "POST",
        f"/v1/meetings/{meeting_id}/invites",
        by=host,
        body={"email": email, "role": role},
    )
    assert answer.status == 201, answer.text
    invite_id: str = answer.json["id"]
    return invite_id


@pytest.fixture(autouse=True)
def outbox(environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Mails are not the matter here."""
    environment.setenv("MAIL_OUTBOX", str(tmp_path_factory.mktemp("outbox")))


def accept(world: World, invite_id: str, by: Person | None) -> Answer:
    return world.call("invites.accept", "POST", f"/v1/invites/{invite_id}/accept", by=by)


def decline(world: World, invite_id: str, by: Person | None) -> Answer:
    return world.call("invites.decline", "POST", f"/v1/invites/{invite_id}/decline", by=by)


def status(world: World) -> str:
    (row,) = world.sql("SELECT status FROM invites")
    told: str = row["status"]
    return told


def test_who_accepts_walks_in_where_others_knock(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada, settings={"accessType": "restricted", "lobby": True})
    assert world.ticket(meeting["id"], bob)["admission"] == "lobby"
    invite_id = invited(world, ada, meeting["id"], bob.email)

    accepted = accept(world, invite_id, bob)

    assert accepted.status == 200
    ticket = world.ticket(meeting["id"], bob)
    assert accepted.json == {
        "participant": {
            "participantId": ticket["participantId"],
            "userId": bob.id,
            "displayName": "Bob",
            "avatarUrl": None,
            "role": "guest",
        }
    }
    assert (ticket["admission"], ticket["role"]) == ("admitted", "guest")
    shown = world.call("meetings.show", "GET", f"/v1/meetings/{meeting['id']}", by=bob)
    assert len(shown.json["meeting"]["participants"]) == 2


def test_an_answer_given_again_is_the_same_and_the_other_one_is_too_late(world: World) -> None:
    ada, bob, eve = world.account("Ada"), world.account("Bob"), world.account("Eve")
    meeting = world.meeting(ada)
    to_bob = invited(world, ada, meeting["id"], bob.email)
    to_eve = invited(world, ada, meeting["id"], eve.email)

    yes = [accept(world, to_bob, bob) for _ in range(2)]
    no = [decline(world, to_eve, eve) for _ in range(2)]
    late = [decline(world, to_bob, bob), accept(world, to_eve, eve)]

    assert [answer.status for answer in yes] == [200, 200]
    assert yes[0].json == yes[1].json
    assert [(answer.status, answer.text) for answer in no] == [(204, "")] * 2
    assert {(a.status, a.json["type"]) for a in late} == {(409, "invite/already-processed")}


def test_only_the_invited_address_answers_and_others_learn_nothing(world: World) -> None:
    """Somebody else's, none at all, and no id: one answer, byte by byte; nothing has changed."""
    ada, eve = world.account("Ada"), world.account("Eve")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], "bob@example.com")

    answers = [
        answer(world, id_, by)
        for answer in (accept, decline)
        for by in (eve, ada)
        for id_ in (invite_id, "01M864AMWSH62W54W1BT8HT2AG", "nothing", invite_id.lower())
    ]

    assert {(a.status, a.json["type"]) for a in answers} == {(404, "invite/not-found")}
    assert len({a.text.replace(a.json["instance"], "") for a in answers}) == 1
    assert len({tuple(a.headers.items()) for a in answers}) == 1
    assert status(world) == "pending"


def test_the_address_may_be_spelt_in_another_way(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob", email="Bob@xn--bcher-kva.example")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], "BOB@b\u00fccher.example")

    assert accept(world, invite_id, bob).status == 200


def test_a_role_is_raised_by_an_invite_and_never_lowered(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    world.ticket(meeting["id"], bob)

    raised = accept(world, invited(world, ada, meeting["id"], bob.email, "cohost"), bob)
    kept = accept(world, invited(world, ada, meeting["id"], bob.email, "guest"), bob)
    own = accept(world, invited(world, ada, meeting["id"], ada.email, "cohost"), ada)

    roles = [answer.json["participant"]["role"] for answer in (raised, kept, own)]
    assert roles == ["cohost", "cohost", "host"]


@pytest.mark.parametrize("fate", ["demoted", "removed"])
def test_an_inviter_who_lost_the_role_gives_none_away(world: World, fate: str) -> None:
    """The role is the invite's, but at most what the inviter is when it is accepted."""
    ada, bob, eve = world.account("Ada"), world.account("Bob"), world.account("Eve")
    meeting = world.meeting(ada)
    place = world.ticket(meeting["id"], bob)["participantId"]
    world.sql("UPDATE participants SET role = 'cohost' WHERE id = %(id)s", id=place)
    invite_id = invited(world, bob, meeting["id"], eve.email, "cohost")

    if fate == "demoted":
        world.sql("UPDATE participants SET role = 'guest' WHERE id = %(id)s", id=place)
    else:
        world.decide(place, "removed")

    assert accept(world, invite_id, eve).json["participant"]["role"] == "guest"


def test_who_was_banned_does_not_come_back_by_an_invite(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], bob.email, "cohost")
    world.decide(world.ticket(meeting["id"], bob)["participantId"], "removed", banned=True)

    answer = accept(world, invite_id, bob)

    assert (answer.status, answer.json["type"]) == (403, "meeting/forbidden")
    assert status(world) == "pending"
    assert world.ask_for_ticket(meeting["id"], bob).status == 403


def test_who_was_put_out_knocks_and_an_older_invite_gives_no_role(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], bob.email, "cohost")
    place = world.ticket(meeting["id"], bob)["participantId"]
    world.decide(place, "removed")
    world.sql(
        "UPDATE participants SET removed_at = now() + interval '1 second' WHERE id = %(id)s",
        id=place,
    )

    accepted = accept(world, invite_id, bob)

    assert accepted.json["participant"]["role"] == "guest"
    assert world.ticket(meeting["id"], bob)["admission"] == "lobby"


def test_an_ended_meeting_is_too_late_to_come_to(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], bob.email)
    world.sql("UPDATE meetings SET ended_at = now()")

    answer = accept(world, invite_id, bob)

    assert (answer.status, answer.json["type"]) == (410, "meeting/ended")
    assert decline(world, invite_id, bob).status == 204


def test_nobody_answers_without_signing_in(world: World) -> None:
    ada = world.account("Ada")
    invite_id = invited(world, ada, world.meeting(ada)["id"], "bob@example.com")

    for answer in (accept(world, invite_id, None), decline(world, invite_id, None)):
        assert (answer.status, answer.json["type"]) == (401, "auth/unauthorized")


def test_fifty_who_accept_at_once_are_one_participant(
    world: World, containers: Callable[[int], list[Container]]
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    invite_id = invited(world, ada, meeting["id"], bob.email, "cohost")
    worlds = [world.beside(container) for container in containers(10)]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda w: accept(w, invite_id, bob), worlds * 5))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    rows = world.sql("SELECT role, invited FROM participants WHERE user_id = %(id)s", id=bob.id)
    assert rows == [{"role": "cohost", "invited": True}]
