"""What somebody sends: microphone, camera, screen."""

from collections.abc import Iterator
from typing import ClassVar

from hub_core.kernel.errors import MeetingForbidden, ScreenBusy
from hub_core.kernel.roles import Role
from hub_core.rooms.changes import MediaChanged, MediaPatch
from hub_core.rooms.deciding import decides
from hub_core.rooms.messages import Command, Limit
from hub_core.rooms.room import OnOff, Participant, Room


class UpdateMedia(Command):
    """Say what you send from now on. What is left out stays as it is."""

    type: ClassVar[str] = "media.update"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("media", each_ms=500, at_once=10),)
    mic: OnOff | None = None
    cam: OnOff | None = None
    screen: OnOff | None = None


@decides()
def update(command: UpdateMedia, room: Room, me: Participant) -> Iterator[MediaChanged]:
    """One screen at a time; nobody is unmuted against the meeting's policy."""
    wanted = command.model_dump(exclude_none=True)
    new = {what: state for what, state in wanted.items() if getattr(me.media, what) != state}
    if new.get("mic") == "on":
        _may_speak(room, me)
    if new.get("screen") == "on":
        yield from _take_the_floor(room, me)
    if new:
        yield MediaChanged(participant_id=me.id, patch=MediaPatch(**new))


def _may_speak(room: Room, me: Participant) -> None:
    by_request = room.settings.unmute == "by-request"
    if by_request and not (me.may_unmute or me.role.may_act_as(Role.COHOST)):
        raise MeetingForbidden("Ask the host for leave to turn your microphone on.")


def _take_the_floor(room: Room, me: Participant) -> Iterator[MediaChanged]:
    if room.settings.screen_share == "hosts" and not me.role.may_act_as(Role.COHOST):
        raise MeetingForbidden("Only hosts may share their screen in this meeting.")
    for person in room.people.values():
        if person.media.screen == "on" and person.id != me.id:
            if not me.role.outranks(person.role):
                raise ScreenBusy(f"{person.display_name} is sharing their screen.")
            yield MediaChanged(participant_id=person.id, patch=MediaPatch(screen="off"), by=me.id)
