"""Tickets: who gets one, into the room or to the lobby, and as whom."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.container import Container
from tests.meetings.people import World, claims_of

STUN = [{"urls": ["stun:stun.l.google.com:19302"]}]


def test_the_host_gets_a_ticket_with_all_that_a_client_needs(world: World) -> None:
    ada = world.account("Ada")
    meeting = world.meeting(ada)

    ticket = world.ticket(meeting["id"], ada)

    claims = claims_of(ticket)
    assert ticket.pop("roomToken")
    assert ticket == {
        "expiresIn": 120,
        "participantId": claims.pid,
        "role": "host",
        "admission": "admitted",
        "wsUrl": "ws://127.0.0.1:9/ws",
        "iceServers": STUN,
    }
    assert (claims.sub, claims.mid, claims.name, claims.gen) == (ada.id, meeting["id"], "Ada", 0)


def test_a_name_that_grows_in_nfc_is_refused_at_the_door_or_fits_the_ticket(world: World) -> None:
    meeting = world.meeting(world.account("Ada"), settings={"accessType": "open"})
    target = f"/v1/meetings/{meeting['id']}/room-token"

    answers = [
        world.call("meetings.room_token", "POST", target, body={"displayName": "\u0958" * length})
        for length in (30, 31, 60)
    ]

    assert [answer.status for answer in answers] == [200, 400, 400]
    assert len(claims_of(answers[0].json).name) == 60


def test_an_account_is_one_participant_whatever_happens(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)

    first = world.ticket(meeting["id"], bob)
    world.decide(first["participantId"], "removed")
    second = world.ticket(meeting["id"], bob)

    assert first["participantId"] == second["participantId"]
    assert (first["admission"], second["admission"]) == ("admitted", "lobby")
    assert (claims_of(first).gen, claims_of(second).gen) == (0, 1)
    assert claims_of(first).jti != claims_of(second).jti


def test_asked_for_from_everywhere_at_once_it_is_still_one_participant(
    world: World, containers: Callable[[int], list[Container]]
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    worlds = [world.beside(container) for container in containers(8)]

    with ThreadPoolExecutor(8) as pool:
        tickets = list(pool.map(lambda w: w.ticket(meeting["id"], bob), worlds * 3))

    assert len({ticket["participantId"] for ticket in tickets}) == 1


def test_an_account_is_called_what_it_is_called_now(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    world.ticket(meeting["id"], bob)
    world.sql("UPDATE users SET display_name = 'Robert' WHERE display_name = 'Bob'")

    ticket = world.ticket(meeting["id"], bob, name="Ada")

    assert claims_of(ticket).name == "Robert"


def test_a_guest_stays_who_it_is_by_the_ticket_that_it_has(world: World) -> None:
    meeting = world.meeting(world.account("Ada"), settings={"accessType": "open"})

    first = world.ticket(meeting["id"], name="Gus")
    again = world.ticket(meeting["id"], by=first["roomToken"])
    renamed = world.ticket(meeting["id"], by=again["roomToken"], name="Gustav")
    other = world.ticket(meeting["id"], name="Gus")

    assert first["participantId"] == again["participantId"] == renamed["participantId"]
    assert [claims_of(t).name for t in (first, again, renamed)] == ["Gus", "Gus", "Gustav"]
    assert claims_of(first).sub is None
    assert other["participantId"] != first["participantId"]


def test_a_guest_may_have_no_name_and_no_body(world: World) -> None:
    meeting = world.meeting(world.account("Ada"))

    assert claims_of(world.ticket(meeting["id"])).name == "Guest"


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\u202eb", "\u200b", "a\x00", 7])
def test_a_name_is_one_that_can_be_shown(world: World, name: Any) -> None:
    meeting = world.meeting(world.account("Ada"))

    answer = world.ask_for_ticket(meeting["id"], name=name)

    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/displayName")


def test_a_ticket_of_another_meeting_makes_nobody_known_here(world: World) -> None:
    ada = world.account("Ada")
    here, there = world.meeting(ada), world.meeting(ada)
    foreign = world.ticket(there["id"], name="Gus")["roomToken"]

    answer = world.ask_for_ticket(here["id"], by=foreign)

    assert (answer.status, answer.json["type"]) == (401, "room/invalid-token")


def test_an_account_shows_its_access_token_and_not_a_ticket(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)

    answer = world.ask_for_ticket(meeting["id"], by=world.ticket(meeting["id"], bob)["roomToken"])

    assert (answer.status, answer.json["type"]) == (401, "auth/invalid-token")


@pytest.mark.parametrize(
    ("settings", "account", "guest"),
    [
        ({}, "admitted", "lobby"),
        ({"accessType": "open"}, "admitted", "admitted"),
        ({"accessType": "restricted"}, "lobby", "lobby"),
        ({"accessType": "open", "lobby": True}, "lobby", "lobby"),
        ({"allowGuests": False}, "admitted", "meeting/forbidden"),
        ({"locked": True}, "meeting/locked", "meeting/locked"),
    ],
)
def test_the_settings_say_who_walks_in_who_knocks_and_who_is_refused(
    world: World, settings: dict[str, Any], account: str, guest: str
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada, settings=settings)

    answers = [world.ask_for_ticket(meeting["id"], by) for by in (bob, None)]

    told = [a.json["admission"] if a.status == 200 else a.json["type"] for a in answers]
    assert told == [account, guest]


def test_whoever_is_refused_leaves_no_trace(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada, settings={"locked": True})

    for by in (bob, None):
        assert world.ask_for_ticket(meeting["id"], by).status == 403

    assert len(world.sql("SELECT id FROM participants")) == 1


def test_in_the_lobby_there_are_no_ice_servers(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("TURN_URLS", "turn:turn.example:3478?transport=udp")
    environment.setenv("TURN_SECRET", "t2:new-turn-secret,t1:old-turn-secret")
    meeting = world.meeting(world.account("Ada"), settings={"accessType": "open"})

    inside = world.ticket(meeting["id"], name="Gus")
    world.sql("UPDATE meetings SET settings = settings || '{\"lobby\": true}'")
    outside = world.ticket(meeting["id"], by=inside["roomToken"])

    assert [server["urls"][0].partition(":")[0] for server in inside["iceServers"]] == [
        "stun",
        "turn",
    ]
    assert outside["iceServers"] == []


def test_the_ended_the_banned_and_the_rejected_are_told_so(world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = world.meeting(ada)
    ticket = world.ticket(meeting["id"], bob)

    world.decide(ticket["participantId"], "rejected")
    rejected = world.ask_for_ticket(meeting["id"], bob)
    world.decide(ticket["participantId"], "removed", banned=True)
    banned = world.ask_for_ticket(meeting["id"], bob)
    world.sql("UPDATE meetings SET ended_at = now()")
    ended = [world.ask_for_ticket(meeting["id"], by) for by in (ada, bob, None)]

    assert (rejected.status, rejected.json["type"]) == (403, "lobby/rejected")
    assert 0 < rejected.json["retryAfterMs"] <= 60_000
    assert (banned.status, banned.json["type"]) == (403, "meeting/forbidden")
    assert {(answer.status, answer.json["type"]) for answer in ended} == {(410, "meeting/ended")}


def test_a_banned_guest_is_known_by_the_ticket_that_was_made_void(world: World) -> None:
    meeting = world.meeting(world.account("Ada"), settings={"accessType": "open"})
    ticket = world.ticket(meeting["id"], name="Gus")
    world.decide(ticket["participantId"], "removed", banned=True)

    answer = world.ask_for_ticket(meeting["id"], by=ticket["roomToken"])

    assert (answer.status, answer.json["type"]) == (403, "meeting/forbidden")


@pytest.mark.parametrize("meeting_id", ["abc", "01M864AMWSH62W54W1BT8HT2AG"])
def test_no_meeting_no_ticket(world: World, meeting_id: str) -> None:
    answer = world.ask_for_ticket(meeting_id, name="Gus")

    assert (answer.status, answer.json["type"]) == (404, "meeting/not-found")
