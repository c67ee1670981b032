"""What is told in numbers of what happens in rooms."""

from collections.abc import Callable
from typing import Any

import pytest

from hub_core.adapters.metrics import Numbers
from hub_core.kernel.roles import Role
from hub_core.live import house
from hub_core.live.dispatch import TRIES
from hub_core.live.numbers import of_retries
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting

Joined = Callable[..., Client]
Socket = Callable[[], Client]


@pytest.fixture
def told(environment: pytest.MonkeyPatch) -> list[Numbers]:
    """Everything that rooms tell, from before the first container is put together."""
    numbers: list[Numbers] = []
    environment.setattr(house, "measure", lambda: numbers.append)
    return numbers


def _of(name: str, told: list[Numbers]) -> list[float]:
    return [value for one in told for key, (value, _) in one.items() if key == name]


def test_a_commit_that_came_second_is_told_with_how_often_it_was_tried_again(
    told: list[Numbers],
    meeting: Meeting,
    gateway: Gateway,
    containers: Callable[[int], list[Container]],
) -> None:
    one, other = containers(2)
    ada, ben = Client(one, gateway), Client(other, gateway)
    ada.join(meeting.person())
    ben.join(meeting.person())
    told.clear()

    ada.ask("hand.raise")  # by a container whose copy of the room is from before Ben

    assert _of("CommitRetries", told) == [1]
    assert _of("CommitsGivenUp", told) == [0]
    assert of_retries(TRIES, given_up=True)["CommitsGivenUp"] == (1, "Count")


def test_a_resume_is_told_as_recovered_or_not_and_a_refused_one_as_refused(
    told: list[Numbers], meeting: Meeting, joined: Joined, socket: Socket
) -> None:
    ada = joined(meeting.person())
    asked = {key: ada.session[key] for key in ("resumeToken", "epoch")}

    def resume(**other: Any) -> Any:
        fresh = socket()
        fresh.connect()
        return fresh.ask("session.resume", {**asked, "lastSeq": ada.session["seq"], **other})

    back = resume()
    asked["resumeToken"] = back["payload"]["resumeToken"]
    resume(epoch="01J00000000000000000000000")
    resume(resumeToken="x")

    assert back["payload"]["recovered"]
    assert _of("Resumes", told) == [1, 1]
    assert _of("ResumesRecovered", told) == [1, 0]
    assert _of("ResumesRefused", told) == [1]


def test_a_wait_in_the_lobby_is_told_when_it_ends_in_the_room(
    told: list[Numbers], migrated: str, joined: Joined, socket: Socket
) -> None:
    meeting = a_meeting(migrated, lobby=True)
    host, guest = joined(meeting.person(Role.HOST)), meeting.person(account=False)
    waiting = socket()
    assert waiting.join(guest)["type"] == "lobby.waiting"
    assert _of("LobbyWait", told) == []

    host.ask("lobby.admit", {"participantId": guest.participant_id})

    (waited,) = _of("LobbyWait", told)
    assert waited >= 0
