"""Somebody in the lobby gets lobby frames alone, whatever it was part of before."""

from collections.abc import Callable

import pytest

from hub_core.kernel.roles import Role
from tests.live.stage import Client, Meeting, Person

Joined = Callable[..., Client]
Socket = Callable[[], Client]


@pytest.fixture
def ben(meeting: Meeting) -> Person:
    """A guest who is put out in the course of the story."""
    return meeting.person(account=False, name="Ben")


@pytest.fixture
def host(meeting: Meeting, joined: Joined) -> Client:
    """Who puts him out."""
    return joined(meeting.person(Role.HOST))


def _put_out_and_knocking(host: Client, ben: Person, socket: Socket) -> Client:
    host.ask("moderation.remove", {"participantId": ben.participant_id})
    ben.generation += 1
    knocking = socket()
    assert knocking.join(ben)["type"] == "lobby.waiting"
    return knocking


def test_what_was_kept_for_an_earlier_stay_is_not_handed_out_in_the_lobby(
    host: Client, ben: Person, joined: Joined, socket: Socket
) -> None:
    joined(ben).hang_up()
    host.ask("chat.send", {"text": "for your eyes", "to": ben.participant_id})
    host.ask("rtc.signal", {"to": ben.participant_id, "type": "ice", "candidate": None})

    knocking = _put_out_and_knocking(host, ben, socket)

    assert knocking.ask("ping")["payload"].keys() == {"serverTime"}
    assert knocking.heard() == []


def test_what_is_taken_back_of_a_private_talk_is_not_told_in_the_lobby(
    host: Client, ben: Person, joined: Joined, socket: Socket
) -> None:
    joined(ben)
    said = host.ask("chat.send", {"text": "for your eyes", "to": ben.participant_id})
    knocking = _put_out_and_knocking(host, ben, socket)

    host.ask("chat.delete", {"id": said["payload"]["id"]})

    assert knocking.heard() == []
