"""Running the meeting: locking it, settling how it goes, ending it."""

from collections.abc import Iterator
from typing import ClassVar

from hub_core.kernel.roles import Role
from hub_core.rooms.changes import RoomEnded, SettingsChanged
from hub_core.rooms.deciding import decides
from hub_core.rooms.messages import Command
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.settings import MeetingSettings


class LockRoom(Command):
    """Let nobody in who is not in, or has not been."""

    type: ClassVar[str] = "room.lock"


class UnlockRoom(Command):
    """Let people in again, as the settings say."""

    type: ClassVar[str] = "room.unlock"


class EndRoom(Command):
    """End the meeting for everyone."""

    type: ClassVar[str] = "room.end"


class Settled(Command):
    """The meeting's settings are these, says PostgreSQL."""

    type: ClassVar[str] = "(settled)"
    settings: MeetingSettings
    instead_of: int
    """The version of the room's settings that these are known to contain."""


class Ended(Command):
    """The meeting was ended over REST."""

    type: ClassVar[str] = "(ended)"


@decides(by=Role.COHOST)
def lock(command: LockRoom, room: Room, me: Participant) -> Iterator[SettingsChanged]:
    """A locked room stays locked."""
    if not room.settings.locked:
        yield _locked(room, me, locked=True)


@decides(by=Role.COHOST)
def unlock(command: UnlockRoom, room: Room, me: Participant) -> Iterator[SettingsChanged]:
    """An open room stays open."""
    if room.settings.locked:
        yield _locked(room, me, locked=False)


@decides(by=Role.HOST)
def end(command: EndRoom, room: Room, me: Participant) -> Iterator[RoomEnded]:
    """Everyone is told, then every connection is closed."""
    yield RoomEnded(by=me.id)


@decides(wire=False, by_server=True)
def settle(command: Settled, room: Room, me: Participant) -> Iterator[SettingsChanged]:
    """They contain all that the room has changed itself, or else they have to be read anew."""
    if not command.instead_of == room.settings.version < command.settings.version:
        return
    old, new = (one.model_dump(by_alias=True) for one in (room.settings, command.settings))
    patch = {key: new[key] for key in new if key != "version" and new[key] != old[key]}
    yield SettingsChanged(version=command.settings.version, patch=patch, by=None, stored=True)


@decides(wire=False, by_server=True)
def finish(command: Ended, room: Room, me: Participant) -> Iterator[RoomEnded]:
    """By nobody in the room, as far as the room knows."""
    yield RoomEnded(by=None)


def _locked(room: Room, me: Participant, *, locked: bool) -> SettingsChanged:
    version = room.settings.version + 1
    return SettingsChanged(version=version, patch={"locked": locked}, by=me.id)
