"""Settings that are changed in the room and over REST at once: both changes hold."""

from collections.abc import Callable

import pytest

from hub_core.adapters import runtime
from hub_core.kernel.ids import MeetingId, new_id
from hub_core.kernel.roles import Role
from hub_core.live.answers import Committed, Request
from hub_core.live.control import room_control
from hub_core.live.house import house
from hub_core.live.journal import Journal
from hub_core.rooms.deciding import Now, decide
from hub_core.rooms.rules.running import LockRoom
from hub_core.rooms.settings import MeetingSettings
from tests.container import Container
from tests.live.stage import CHAT_FOR_HOSTS, Client, Meeting

Joined = Callable[..., Client]


def _tell(container: Container, meeting: Meeting) -> None:
    """As REST does after its commit."""
    container.do(lambda: runtime.run(room_control().settings_changed(meeting.id)))


def test_of_a_lock_and_a_patch_at_once_both_hold(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    host = joined(meeting.person(Role.HOST))
    # REST has committed version 2, and its word to the room is under way when the host locks.
    meeting.execute(CHAT_FOR_HOSTS)

    host.ask("room.lock")
    _tell(container, meeting)

    later = joined(meeting.person(Role.COHOST)).session["settings"]
    assert (later["locked"], later["chat"], later["version"]) == (True, "hosts", 3)


async def _lock_and_die(meeting: Meeting) -> None:
    """The host's command is committed in the room, and whoever did it gets no further."""
    dispatch = house().dispatch
    room = await dispatch.rooms.load(meeting.id)
    assert room
    host = room.hosts()[0]
    outcome = decide(LockRoom(), room, host, Now(dispatch.clock(), dispatch.mint, 30))
    assert isinstance(await dispatch.rooms.commit(outcome, Request(), new_id()), Committed)


def test_a_lock_whose_container_died_does_not_swallow_a_patch(
    meeting: Meeting, joined: Joined, container: Container
) -> None:
    host = joined(meeting.person(Role.HOST))
    meeting.execute(CHAT_FOR_HOSTS)

    container.do(lambda: runtime.run(_lock_and_die(meeting)))  # both are version 2
    _tell(container, meeting)

    patches = [frame["payload"]["patch"] for frame in host.heard()]
    assert patches == [{"locked": True}, {"chat": "hosts"}]
    assert meeting.rows("SELECT settings, settings_version FROM meetings") == [
        ({"access_type": "open", "locked": True, "chat": "hosts"}, 3)
    ]


def test_a_patch_does_not_open_what_is_being_locked(
    meeting: Meeting, joined: Joined, container: Container, environment: pytest.MonkeyPatch
) -> None:
    host = joined(meeting.person(Role.HOST))
    meeting.execute(CHAT_FOR_HOSTS)
    meeting.execute(CHAT_FOR_HOSTS)  # version 3: later than the lock's own
    read = Journal.settings

    async def read_before_the_lock(journal: Journal, meeting_id: MeetingId) -> MeetingSettings:
        environment.setattr(Journal, "settings", read)
        settings = await read(journal, meeting_id)
        await _lock_and_die(meeting)
        return settings

    environment.setattr(Journal, "settings", read_before_the_lock)
    _tell(container, meeting)

    patches = [frame["payload"]["patch"] for frame in host.heard()]
    assert patches == [{"locked": True}, {"chat": "hosts"}]
