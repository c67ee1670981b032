"""The live room: who is in it and what they see of one another, as one immutable value."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, Self

from pydantic import Field

from hub_core.kernel.ids import ConnectionId, Epoch, MeetingId, ParticipantId, SessionId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.settings import MeetingSettings

OnOff = Literal["on", "off"]
Presence = Literal["online", "lost"]


class MediaState(Value):
    """What somebody sends at present."""

    mic: OnOff = "off"
    cam: OnOff = "off"
    screen: OnOff = "off"


class Participant(Value):
    """Somebody in the room. One stay is one session; it may see several connections."""

    id: ParticipantId
    session_id: SessionId
    connection_id: ConnectionId
    """Where frames for this person go. Never shown to others."""
    user_id: UserId | None
    display_name: str
    avatar_url: str | None = None
    role: Role
    media: MediaState = MediaState()
    hand_raised_at: Moment | None = None
    presence: Presence = "online"
    lost_at: Moment | None = None
    joined_at: Moment
    join_seq: int
    """The seq of its `participant.joined`: of two, the one with the larger is the polite peer."""
    ticket: str
    """The `jti` of the room token that it came with; good for this one join."""


NOBODY: Final[Mapping[ParticipantId, Participant]] = MappingProxyType({})


class Room(Value):
    """One conference: a room from its opening to its end. `seq` numbers its changes."""

    meeting_id: MeetingId
    epoch: Epoch
    seq: int = 0
    settings: MeetingSettings = MeetingSettings()
    people: Mapping[ParticipantId, Participant] = Field(
        default_factory=lambda: NOBODY, exclude=True
    )
    """Kept apart from the rest, so that a commit writes only the people who changed."""

    def change(self, participant_id: ParticipantId, **changes: Any) -> Self:
        """The room after something about one participant has changed."""
        participant = self.people[participant_id].model_copy(update=changes)
        return self.with_people({**self.people, participant_id: participant})

    def admit(self, participant: Participant) -> Self:
        """The room with one more person in it."""
        return self.with_people({**self.people, participant.id: participant})

    def without(self, participant_id: ParticipantId) -> Self:
        """The room with one person less."""
        return self.with_people({id_: p for id_, p in self.people.items() if id_ != participant_id})

    def with_people(self, people: dict[ParticipantId, Participant]) -> Self:
        """The room with these people and no others. The dict is the room's from now on."""
        return self.model_copy(update={"people": MappingProxyType(people)})

    def online(self) -> Iterator[Participant]:
        """Everyone who can be reached now."""
        return (person for person in self.people.values() if person.presence == "online")

    def grace_is_over(self, participant: Participant, now: datetime, grace_sec: float) -> bool:
        """Whether a lost participant has been away for longer than it may resume."""
        return (
            participant.lost_at is not None
            and (now - participant.lost_at).total_seconds() >= grace_sec
        )
