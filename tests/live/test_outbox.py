"""Who does not take its frames: nobody waits for it, and nothing is lost to it in silence."""

from collections.abc import Callable

import pytest

from hub_core.adapters.gateway import ATTEMPTS
from hub_core.kernel.roles import Role
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]


def _kinds(client: Client) -> list[str]:
    return [frame["type"] for frame in client.heard()]


def test_somebody_who_does_not_read_is_left_alone_for_a_while(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada, ben, eve = (joined(meeting.person()) for _ in range(3))
    gateway.behind.add(eve.id)

    ada.ask("chat.send", {"text": "one"})
    tries = gateway.refused
    for n in range(5):
        ada.ask("chat.send", {"text": str(n)})

    assert gateway.refused == tries > 0
    assert len([f for f in ben.heard() if f["type"] == "chat.message"]) == 6
    gateway.behind.discard(eve.id)
    missed = eve.ask("room.sync", {"epoch": eve.session["epoch"], "afterSeq": eve.session["seq"]})
    assert len(missed["payload"]["events"]) == 6


@pytest.mark.parametrize("how", ["it does not read", "the gateway fails"])
def test_after_a_room_event_that_did_not_arrive_the_next_request_is_answered(
    how: str, meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada, ben, eve = (joined(meeting.person()) for _ in range(3))
    eve.heard()
    if how == "it does not read":
        gateway.behind.add(eve.id)
    else:
        gateway.failing[eve.id] = ATTEMPTS
    ada.ask("chat.send", {"text": "lost to eve"})
    gateway.behind.clear()

    pong = eve.ask("ping")["payload"]
    ben.ask("chat.send", {"text": "and on"})

    (event,) = eve.heard()  # an answer that arrives ends the rest
    assert (pong["headSeq"], event["seq"]) == (4, 5)
    missed = eve.ask("room.sync", {"epoch": event["epoch"], "afterSeq": 3})
    assert [one["payload"]["text"] for one in missed["payload"]["events"]] == [
        "lost to eve",
        "and on",
    ]


def test_a_reply_that_did_not_arrive_comes_when_it_is_asked_for_again(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada = joined(meeting.person())
    said = {"type": "chat.send", "requestId": "once", "payload": {"text": "hi"}}
    gateway.failing[ada.id] = 2 * ATTEMPTS  # the event and the reply

    nothing = ada.say(said)
    (reply,) = ada.say(said)

    assert nothing == []
    assert (reply["type"], reply["requestId"]) == ("ack", "once")
    assert ada.ask("ping")["payload"]["headSeq"] == 2


def test_somebody_whom_the_gateway_does_not_reach_is_left_alone_as_well(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada, ben, eve = (joined(meeting.person()) for _ in range(3))
    ben.heard()
    gateway.failing[eve.id] = 100

    for n in range(5):
        ada.ask("chat.send", {"text": str(n)})

    assert gateway.failing[eve.id] == 100 - ATTEMPTS
    assert len(_kinds(ben)) == 5


def test_where_nobody_can_be_reached_nobody_is_left_alone(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ben.heard()
    gateway.failing.update({ada.id: ATTEMPTS, ben.id: ATTEMPTS})
    ada.say({"type": "chat.send", "payload": {"text": "to nobody"}})

    ada.ask("chat.send", {"text": "and on"})

    assert [frame["payload"]["text"] for frame in ben.heard()] == ["and on"]


def test_what_is_meant_for_one_is_tried_though_it_is_left_alone(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    host, eve_person = joined(meeting.person(Role.HOST)), meeting.person()
    eve, _ = joined(eve_person), joined(meeting.person())
    eve.heard()
    gateway.behind.add(eve.id)
    host.ask("chat.send", {"text": "lost to eve"})
    gateway.behind.clear()

    host.ask("moderation.askUnmute", {"participantId": eve_person.participant_id})

    assert _kinds(eve) == ["moderation.unmuteAsked"]


def test_a_private_message_that_did_not_arrive_comes_with_the_next_pong(
    meeting: Meeting, joined: Joined, gateway: Gateway
) -> None:
    ada, eve_person = joined(meeting.person()), meeting.person()
    eve = joined(eve_person)
    gateway.failing[eve.id] = 2 * ATTEMPTS

    ada.ask("chat.send", {"text": "psst", "to": eve_person.participant_id})
    eve.say({"type": "ping"})  # what comes with it fails, too, and waits on
    at_first = [frame["type"] for frame in eve.heard()]
    eve.ask("ping")

    assert "chat.message" not in at_first
    assert [frame["payload"]["text"] for frame in eve.heard()] == ["psst"]
    eve.ask("ping")
    assert eve.heard() == []


def test_whoever_cannot_be_told_that_it_is_in_comes_in_anew(
    migrated: str, joined: Joined, socket: Socket, gateway: Gateway
) -> None:
    meeting = a_meeting(migrated, access_type="restricted")
    host, person = joined(meeting.person(Role.HOST)), meeting.person()
    eve = socket()
    eve.join(person)
    eve.heard()
    gateway.failing[eve.id] = 2 * ATTEMPTS  # `lobby.result` and `room.joined`

    host.ask("lobby.admit", {"participantId": person.participant_id})
    told = eve.heard()
    again = socket().join(person)

    assert [frame["payload"] for frame in told] == [{"reason": "unreachable", "action": "rejoin"}]
    assert gateway.closed == [eve.id]
    assert again["type"] == "room.joined"
