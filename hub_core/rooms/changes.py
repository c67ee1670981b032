"""What may happen to a room for more than one reason: changes that several rules tell of."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from hub_core.kernel.ids import ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Value
from hub_core.rooms.messages import Change, HiddenChange, LeftReason, Notice, Optional, Shape
from hub_core.rooms.room import OnOff, Participant, Room, WhyEnded
from hub_core.rooms.settings import MeetingSettings
from hub_core.rooms.view import ParticipantView, WaitingView, first_waiting


class ParticipantJoined(Change):
    """Somebody came in. The payload is the participant."""

    type: ClassVar[str] = "participant.joined"
    shape: ClassVar[Shape | None] = ParticipantView
    participant: Participant

    def payload(self) -> dict[str, Any]:
        """The participant as everyone sees it, spread out in the payload."""
        return ParticipantView.of(self.participant).model_dump(mode="json", by_alias=True)

    def apply(self, room: Room) -> Room:
        """One more person."""
        return room.admit(self.participant)


class ParticipantLeft(Change):
    """Somebody's stay is over. Every `joined` is followed by exactly one of these."""

    type: ClassVar[str] = "participant.left"
    participant_id: ParticipantId
    reason: LeftReason

    def apply(self, room: Room) -> Room:
        """One person less. Whoever stands in for the host and comes in anew still does."""
        acting = room.acting_host
        if acting == self.participant_id and self.reason != "replaced":
            acting = None
        return room.without(self.participant_id).model_copy(update={"acting_host": acting})


class Knocked(HiddenChange):
    """Somebody waits in the lobby: came, came back, or lost the connection."""

    type: ClassVar[str] = "lobby.knocked"
    participant: Participant

    def payload(self) -> dict[str, Any]:
        """What the journal keeps: as hosts see it."""
        return WaitingView.of(self.participant).model_dump(mode="json", by_alias=True)

    def apply(self, room: Room) -> Room:
        """In the lobby, in its place."""
        return room.with_waiting(self.participant)


class StoppedWaiting(HiddenChange):
    """Somebody waits no longer, and nobody has decided about it."""

    type: ClassVar[str] = "lobby.left"
    participant_id: ParticipantId
    reason: Literal["cancelled", "lost"]

    def apply(self, room: Room) -> Room:
        """One less in the lobby."""
        return room.without_waiting(self.participant_id)


class HostChanged(Change):
    """Somebody else is host: handed over, standing in for a lost one, or back."""

    type: ClassVar[str] = "host.changed"
    former: ParticipantId = Field(alias="from")
    to: ParticipantId
    reason: Literal["transfer", "host-lost", "host-left", "host-returned"]

    def apply(self, room: Room) -> Room:
        """One host at a time."""
        if self.former in room.people:
            room = room.change(self.former, role=Role.COHOST)
        stands_in = self.reason in {"host-lost", "host-left"}
        return room.change(self.to, role=Role.HOST).model_copy(
            update={"acting_host": self.to if stands_in else None}
        )


class SettingsChanged(Change):
    """The meeting's settings are others. `patch` holds what changed."""

    type: ClassVar[str] = "settings.changed"
    version: int
    patch: Mapping[str, Any]
    """In camelCase, as on the wire."""
    by: ParticipantId | None
    stored: bool = False
    """Whether PostgreSQL has them already: they were changed over REST."""
    hidden: ClassVar[frozenset[str]] = Change.hidden | {"stored"}

    def apply(self, room: Room) -> Room:
        """The new settings hold from here on."""
        now = {**room.settings.model_dump(by_alias=True), **self.patch, "version": self.version}
        return room.model_copy(update={"settings": MeetingSettings.model_validate(now)})


class RoomEnded(Change):
    """The meeting is over for everyone. It ends every stay that has not ended yet."""

    type: ClassVar[str] = "room.ended"
    by: ParticipantId | None
    reason: WhyEnded = "ended"

    def apply(self, room: Room) -> Room:
        """Nothing more happens; those in it are told, and the room is closed."""
        end = {"ended_at": self.at, "ended_by": self.by, "ended_why": self.reason}
        return room.model_copy(update=end)


class Tombstone(Change):
    """What the journal keeps in the place of a change that it will never take, or nobody can read.

    It never stands in a room's log.
    """

    type: ClassVar[str] = "tombstone"
    told: ClassVar[bool] = False
    instead_of: str

    def apply(self, room: Room) -> Room:
        """What it stands for is not known any more."""
        return room


class MediaPatch(Value):
    """What is on or off now; what stays as it is, is left out."""

    mic: Optional[OnOff] = None
    cam: Optional[OnOff] = None
    screen: Optional[OnOff] = None


class MediaChanged(Change):
    """Somebody sends something else. `by` is there if it was not their own doing."""

    type: ClassVar[str] = "media.changed"
    participant_id: ParticipantId
    patch: MediaPatch
    by: Optional[ParticipantId] = None

    def apply(self, room: Room) -> Room:
        """What the patch does not name stays as it is."""
        media = room.people[self.participant_id].media
        media = media.model_copy(update=self.patch.model_dump(exclude_none=True))
        return room.change(self.participant_id, media=media)


class LobbyChanged(Notice):
    """Who waits in the lobby now, in the order in which they knocked. For hosts."""

    type: ClassVar[str] = "lobby.changed"
    waiting: tuple[WaitingView, ...]
    count: int


class StillWaiting(Notice):
    """How you wait: `waitingFor` a host who is not there yet, or for approval by one who is."""

    type: ClassVar[str] = "lobby.waiting"
    in_lobby: ClassVar[bool] = True
    participant_id: ParticipantId
    position: int
    waiting_for: Literal["host", "approval"]


def lobby_news(after: Room) -> Iterator[LobbyChanged]:
    """What hosts are told when the lobby has become this one."""
    if hosts := tuple(host.id for host in after.hosts()):
        yield LobbyChanged(to=hosts, waiting=first_waiting(after), count=len(after.lobby))


def host_loss(
    after: Room, gone: Participant, *, lost: bool
) -> Iterator[HostChanged | SettingsChanged | RoomEnded]:
    """What follows when the host is not in the room any more, as it is `after` that."""
    if gone.role is not Role.HOST:
        return
    if cohosts := after.hosts():
        reason: Literal["host-lost", "host-left"] = "host-lost" if lost else "host-left"
        yield HostChanged(former=gone.id, to=cohosts[0].id, reason=reason)
        return
    if not lost:
        return
    match after.settings.on_host_loss:
        case "continue":
            return
        case "lock":
            version = after.settings.version + 1
            yield SettingsChanged(version=version, patch={"locked": True}, by=None)
        case "end":
            yield RoomEnded(by=None, reason="host-lost")
