"""Asking somebody in."""

from typing import Any

import pytest

from tests.container import Answer
from tests.meetings.people import Person, World
from tests.queues import TestQueue


def ask(
    world: World, meeting_id: str, by: Person, email: str, *, key: str | None = None, **more: Any
) -> Answer:
    return world.call(
        "invites.create",
        "POST",
        f"/v1/meetings/{meeting_id}/invites",
        by=by,
        body={"email": email, **more},
        headers={"idempotency-key": key} if key else None,
    )


def listed(world: World, meeting_id: str, by: Person, query: str = "") -> Answer:
    target = f"/v1/meetings/{meeting_id}/invites{query}"
    return world.call("invites.of_meeting", "GET", target, by=by)


def test_an_invite_is_written_down_and_mailed_with_a_link(
    world: World, mail_queue: TestQueue
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada, title="Retro", scheduledAt="2027-01-02T10:00:00Z")

    answer = ask(world, meeting["id"], ada, "Bob@Example.COM", role="cohost")

    assert answer.status == 201
    invite = answer.json
    assert invite.keys() == {"id", "meetingId", "email", "role", "status", "createdAt"}
    assert (invite["meetingId"], invite["email"]) == (meeting["id"], "Bob@example.com")
    assert (invite["role"], invite["status"]) == ("cohost", "pending")
    (mail,) = mail_queue.messages()
    assert (mail["to"], mail["subject"]) == ("Bob@example.com", "Ada invites you to Retro")
    for part in (mail["text"], mail["html"]):
        assert f"http://localhost:3000/invites/{invite['id']}" in part
        assert "02 January 2027, 10:00 UTC" in part
    assert listed(world, meeting["id"], ada).json == {"invites": [invite], "nextCursor": None}


def test_whether_the_address_has_an_account_makes_no_difference(
    world: World, mail_queue: TestQueue
) -> None:
    """Status, headers, body and mail are the same, up to ids, times and the address itself."""
    ada = world.account("Ada")
    world.account("Known", email="known-one@example.com")
    meeting = world.meeting(ada)

    known = ask(world, meeting["id"], ada, "known-one@example.com")
    unknown = ask(world, meeting["id"], ada, "nobody-at@example.com")

    assert (known.status, unknown.status) == (201, 201)
    told = [{**answer.json, "id": "", "createdAt": "", "email": ""} for answer in (known, unknown)]
    assert told[0] == told[1]
    assert known.headers.keys() == unknown.headers.keys()
    assert known.headers["content-length"] == unknown.headers["content-length"]
    mails = mail_queue.messages()
    assert [len(mail["text"]) for mail in mails] == [len(mails[0]["text"])] * 2


def test_asking_again_replaces_the_invite_and_the_old_link_leads_nowhere(
    world: World, mail_queue: TestQueue
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)

    first = ask(world, meeting["id"], ada, bob.email, role="cohost").json
    second = ask(world, meeting["id"], ada, bob.email.upper()).json

    assert first["id"] != second["id"]
    assert listed(world, meeting["id"], ada).json["invites"] == [second]
    accept = [
        world.call("invites.accept", "POST", f"/v1/invites/{id_}/accept", by=bob)
        for id_ in (first["id"], second["id"])
    ]
    assert [answer.status for answer in accept] == [404, 200]
    assert accept[1].json["participant"]["role"] == "guest"


def test_sent_again_with_its_key_it_is_one_invite_and_one_mail(
    world: World, mail_queue: TestQueue
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    first, second = (ask(world, meeting["id"], ada, "b@example.com", key="k1") for _ in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
    assert len(mail_queue.messages()) == 1


def test_a_cohost_may_ask_cohosts_and_guests_and_nobody_a_host(
    world: World, mail_queue: TestQueue
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    place = world.ticket(meeting["id"], bob)["participantId"]
    world.sql("UPDATE participants SET role = 'cohost' WHERE id = %(id)s", id=place)

    answers = [
        ask(world, meeting["id"], by, f"{role}@example.com", role=role)
        for by in (ada, bob)
        for role in ("guest", "cohost", "host")
    ]

    assert [answer.status for answer in answers] == [201, 201, 400, 201, 201, 400]


@pytest.mark.parametrize(
    "email",
    ["", "x", "a@b", "a b@example.com", "\u0430da@example.com", "a@example.com\nBcc: b@x.org", 7],
)
def test_what_is_no_address_is_refused_and_nothing_is_mailed(
    world: World, mail_queue: TestQueue, email: Any
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    answer = ask(world, meeting["id"], ada, email)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/email")
    assert mail_queue.messages() == []


def test_to_an_ended_meeting_nobody_is_asked(world: World, mail_queue: TestQueue) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)
    world.sql("UPDATE meetings SET ended_at = now()")

    answer = ask(world, meeting["id"], ada, "b@example.com")

    assert (answer.status, answer.json["type"]) == (410, "meeting/ended")
    assert mail_queue.messages() == []


def test_an_invite_whose_mail_is_not_taken_is_none(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    """SQS is down: 503, and nothing half done; the key of the request is free again."""
    environment.setenv("MAIL_QUEUE_URL", "http://127.0.0.1:9/123456789012/mails")
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    answer = ask(world, meeting["id"], ada, "b@example.com", key="k1")

    assert (answer.status, answer.json["type"]) == (503, "server/unavailable")
    assert world.sql("SELECT id FROM invites") == []
    assert world.sql("SELECT key FROM idempotency_keys") == []


def test_one_address_is_not_flooded_by_whomever(world: World, mail_queue: TestQueue) -> None:
    ada, eve = world.account("Ada"), world.account("Eve")
    meetings = {person.id: world.meeting(person)["id"] for person in (ada, eve)}

    answers = [
        ask(world, meetings[by.id], by, "Victim@example.com") for by in (ada, eve) for _ in range(6)
    ]

    assert [answer.status for answer in answers] == [201] * 10 + [429] * 2
    assert len(mail_queue.messages()) == 10


@pytest.mark.parametrize("name", ["<b>Ada</b>", "Ada & Co", "\u201cAda\u201d"])
def test_names_are_text_in_the_mail_and_nothing_else(
    world: World, mail_queue: TestQueue, name: str
) -> None:
    ada = world.account(name, email="ada@example.com")
    meeting = world.meeting(ada, title="<script>alert(1)</script>")

    ask(world, meeting["id"], ada, "b@example.com")

    (mail,) = mail_queue.messages()
    assert mail["subject"] == f"{name} invites you to <script>alert(1)</script>"
    assert "<script>" not in mail["html"]
    assert "<b>Ada</b>" not in mail["html"]


def test_a_title_that_no_subject_can_hold_is_no_title(world: World) -> None:
    ada = world.account("Ada")

    answer = world.call(
        "meetings.create", "POST", "/v1/meetings", by=ada, body={"title": "Retro\u2028Bcc: all"}
    )

    assert (answer.status, answer.json["type"]) == (400, "validation/invalid")


def test_a_mail_to_a_domain_of_any_letters_goes_to_its_ascii_form(
    world: World, mail_queue: TestQueue
) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    asked = ask(world, meeting["id"], ada, "Anna@b\u00fccher.example")

    assert asked.json["email"] == "Anna@b\u00fccher.example"
    (mail,) = mail_queue.messages()
    assert mail["to"] == "Anna@xn--bcher-kva.example"
    assert "Anna@b\u00fccher.example" in mail["text"]


@pytest.mark.parametrize("what", ["stranger", "guest", "ended", "again"])
def test_what_sends_no_mail_takes_nothing_from_what_an_address_may_get(
    world: World, mail_queue: TestQueue, what: str
) -> None:
    ada, eve = world.account("Ada"), world.account("Eve")
    meeting, other = world.meeting(ada)["id"], world.meeting(eve)["id"]
    if what == "guest":
        world.decide(world.ticket(meeting, eve)["participantId"], "admitted")
    if what == "ended":
        world.call("meetings.end", "POST", f"/v1/meetings/{other}/end", by=eve)

    for _ in range(11):
        match what:
            case "ended":
                ask(world, other, eve, "victim@example.com")
            case "again":
                ask(world, other, eve, "victim@example.com", key="one")
            case _:
                ask(world, meeting, eve, "victim@example.com")

    assert ask(world, meeting, ada, "victim@example.com").status == 201
    assert len(mail_queue.messages()) == (2 if what == "again" else 1)
