"""Keeping order: muting, asking to speak, and putting somebody out."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from hub_core.kernel.errors import MeetingForbidden, PeerGone
from hub_core.kernel.ids import Addressee, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Text
from hub_core.rooms.changes import MediaChanged, MediaPatch, ParticipantLeft
from hub_core.rooms.deciding import decides
from hub_core.rooms.messages import Change, Command, Farewell, HiddenChange, Limit, Notice
from hub_core.rooms.room import Participant, Room

MODERATION: Final = Limit("moderation", each_ms=200, at_once=20)


class Mute(Command):
    """Turn somebody's microphone off. Only its owner turns it on again."""

    type: ClassVar[str] = "moderation.mute"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)
    participant_id: Addressee


class MuteAll(Command):
    """Turn off the microphones of all whom you outrank."""

    type: ClassVar[str] = "moderation.muteAll"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)


class AskUnmute(Command):
    """Ask somebody to turn their microphone on."""

    type: ClassVar[str] = "moderation.askUnmute"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)
    participant_id: Addressee


class AllowUnmute(Command):
    """Let somebody turn their microphone on, where that needs leave."""

    type: ClassVar[str] = "moderation.allowUnmute"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)
    participant_id: Addressee


class RequestUnmute(Command):
    """Ask the hosts for leave to turn your microphone on."""

    type: ClassVar[str] = "media.requestUnmute"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)


class Remove(Command):
    """Put somebody out. With `ban`, it gets no ticket any more; without, it may knock."""

    type: ClassVar[str] = "moderation.remove"
    limits: ClassVar[tuple[Limit, ...]] = (MODERATION,)
    participant_id: Addressee
    ban: bool = False
    reason: Text | None = Field(None, max_length=200)


class Muted(Notice):
    """A host has turned your microphone off."""

    type: ClassVar[str] = "moderation.muted"
    by: ParticipantId


class UnmuteAsked(Notice):
    """A host asks you to turn your microphone on."""

    type: ClassVar[str] = "moderation.unmuteAsked"
    by: ParticipantId


class UnmuteRequested(Notice):
    """Somebody would like to speak. For hosts."""

    type: ClassVar[str] = "media.unmuteRequested"
    participant_id: ParticipantId


class ParticipantUpdated(Change):
    """Something else about somebody has changed."""

    type: ClassVar[str] = "participant.updated"
    participant_id: ParticipantId
    patch: Mapping[str, Any]

    def apply(self, room: Room) -> Room:
        """`mayUnmute`, `displayName` and `avatarUrl` are what may change."""
        names = {
            "mayUnmute": "may_unmute",
            "displayName": "display_name",
            "avatarUrl": "avatar_url",
        }
        changes = {names[key]: value for key, value in self.patch.items() if key in names}
        return room.change(self.participant_id, **changes)


class Renamed(Command):
    """Somebody has changed its profile."""

    type: ClassVar[str] = "(renamed)"
    display_name: str
    avatar_url: str | None


class Removed(HiddenChange):
    """Somebody was put out: its ticket and its resume token are void from now on."""

    type: ClassVar[str] = "moderation.removed"
    participant_id: ParticipantId
    generation: int
    """What its next ticket will have."""
    ban: bool
    reason: str | None

    def apply(self, room: Room) -> Room:
        """Remembered for those who come with an older ticket."""
        barred = {**room.barred, self.participant_id: self.generation}
        return room.model_copy(update={"barred": barred})


class Kicked(Farewell):
    """You were put out."""

    type: ClassVar[str] = "room.kicked"
    why: ClassVar[str] = "removed"
    by: ParticipantId
    reason: str | None


@decides(by=Role.COHOST)
def mute(
    command: Mute, room: Room, me: Participant
) -> Iterator[MediaChanged | ParticipantUpdated | Muted]:
    """Nothing happens to a microphone that is off."""
    person = _outranked(room, me, command.participant_id)
    yield from _mute(person, me)


@decides(by=Role.COHOST)
def mute_all(
    command: MuteAll, room: Room, me: Participant
) -> Iterator[MediaChanged | ParticipantUpdated | Muted]:
    """Those of equal rank keep theirs."""
    for person in sorted(room.people.values(), key=lambda one: one.join_seq):
        if me.role.outranks(person.role):
            yield from _mute(person, me)


@decides(by=Role.COHOST)
def ask_unmute(command: AskUnmute, room: Room, me: Participant) -> Iterator[UnmuteAsked]:
    """A question, no more; but nobody is urged by those whom they outrank."""
    person = _outranked(room, me, command.participant_id)
    yield UnmuteAsked(to=(person.id,), by=me.id)


@decides(by=Role.COHOST)
def allow_unmute(
    command: AllowUnmute, room: Room, me: Participant
) -> Iterator[ParticipantUpdated | UnmuteAsked]:
    """Until a host mutes it again. Hosts need no leave."""
    person = _outranked(room, me, command.participant_id)
    if not person.may_unmute:
        yield ParticipantUpdated(participant_id=person.id, patch={"mayUnmute": True})
        yield UnmuteAsked(to=(person.id,), by=me.id)


@decides()
def request_unmute(
    command: RequestUnmute, room: Room, me: Participant
) -> Iterator[UnmuteRequested]:
    """The hosts who are there hear of it."""
    if hosts := tuple(host.id for host in room.hosts() if host.id != me.id):
        yield UnmuteRequested(to=hosts, participant_id=me.id)


@decides(by=Role.COHOST)
def remove(
    command: Remove, room: Room, me: Participant
) -> Iterator[Removed | ParticipantLeft | Kicked]:
    """Out at once, and nothing that it sends from now on counts."""
    person = _outranked(room, me, command.participant_id)
    yield Removed(
        participant_id=person.id,
        generation=person.generation + 1,
        ban=command.ban,
        reason=command.reason,
    )
    yield ParticipantLeft(participant_id=person.id, reason="removed")
    yield Kicked(connection_id=person.connection_id, reason=command.reason, by=me.id)


@decides(wire=False, by_server=True)
def rename(command: Renamed, room: Room, me: Participant) -> Iterator[ParticipantUpdated]:
    """Only what differs."""
    patch: dict[str, Any] = {}
    if command.display_name != me.display_name:
        patch["displayName"] = command.display_name
    if command.avatar_url != me.avatar_url:
        patch["avatarUrl"] = command.avatar_url
    if patch:
        yield ParticipantUpdated(participant_id=me.id, patch=patch)


def _mute(
    person: Participant, me: Participant
) -> Iterator[MediaChanged | ParticipantUpdated | Muted]:
    """A microphone turned off by a host stays off until a host allows it again."""
    if person.media.mic == "on":
        yield MediaChanged(participant_id=person.id, patch=MediaPatch(mic="off"), by=me.id)
        if person.may_unmute:
            yield ParticipantUpdated(participant_id=person.id, patch={"mayUnmute": False})
        yield Muted(to=(person.id,), by=me.id)


def _outranked(room: Room, me: Participant, participant_id: str) -> Participant:
    person = room.people.get(ParticipantId(participant_id))
    if person is None:
        raise PeerGone
    if not me.role.outranks(person.role):
        raise MeetingForbidden
    return person
