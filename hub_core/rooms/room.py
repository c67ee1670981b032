"""The live room: who is in it and what they see of one another, as one immutable value."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Self

from pydantic import Field

from hub_core.kernel.ids import ConnectionId, Epoch, MeetingId, ParticipantId, SessionId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.settings import MeetingSettings

OnOff = Literal["on", "off"]
Presence = Literal["online", "lost"]
WhyEnded = Literal["ended", "host-lost"]


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
    may_unmute: bool = False
    """Where microphones are turned on by request: whether a host has allowed it."""
    hand_raised_at: Moment | None = None
    presence: Presence = "online"
    lost_at: Moment | None = None
    joined_at: Moment
    join_seq: int
    """The seq of its `participant.joined`: of two, the one with the larger is the polite peer."""
    ticket: str
    """The `jti` of the room token that it came with; good for this one join."""
    generation: int = 0
    """Of its admission. A removal raises it, in PostgreSQL too, and voids older tickets."""
    resumes: int = 0
    """The number of the newest resume token; the one before it is good until this one is used."""
    batch: bool = False
    """Whether its client takes several frames in one."""
    sign_in: str | None = None
    """The sign-in session that it came with, if it has an account: when that ends, so does this."""


NOBODY: Final[Mapping[ParticipantId, Participant]] = MappingProxyType({})


class Position(NamedTuple):
    """A place in a room's log: after the change `seq`, and `step` hidden ones since."""

    seq: int
    step: int

    def __str__(self) -> str:
        """As the log's entries are named."""
        return f"{self.seq}-{self.step}"


class Room(Value):
    """One conference: a room from its opening to its end. `seq` numbers its changes."""

    meeting_id: MeetingId
    epoch: Epoch
    seq: int = 0
    step: int = 1
    """Counts the hidden changes since `seq`; the opening is the first one."""
    last: str = ""
    """The id of the last change. After a failover of Redis, the same place may hold another one."""
    settings: MeetingSettings = MeetingSettings()
    people: Mapping[ParticipantId, Participant] = Field(
        default_factory=lambda: NOBODY, exclude=True
    )
    """Kept apart from the rest, so that a commit writes only the people who changed."""
    lobby: Mapping[ParticipantId, Participant] = Field(default_factory=lambda: NOBODY, exclude=True)
    """Those who knocked and wait. Nobody is here and among the people; kept apart likewise."""
    barred: Mapping[ParticipantId, int] = Field(default_factory=dict)
    """Who was removed → the generation that a ticket must have to be good again."""
    acting_host: ParticipantId | None = None
    """The cohost who stands in for a host who is lost."""
    ended_at: Moment | None = None
    """Over for everyone. Whoever is still in it is being told."""
    ended_by: ParticipantId | None = None
    ended_why: WhyEnded = "ended"

    @property
    def at(self) -> Position:
        """Where its log is."""
        return Position(self.seq, self.step)

    def change(self, participant_id: ParticipantId, **changes: Any) -> Self:
        """The room after something about one participant has changed."""
        participant = self.people[participant_id].model_copy(update=changes)
        return self.with_people({**self.people, participant_id: participant})

    def admit(self, participant: Participant) -> Self:
        """The room with one more person in it, who no longer waits."""
        room = self.with_people({**self.people, participant.id: participant})
        return room.without_waiting(participant.id)

    def without(self, participant_id: ParticipantId) -> Self:
        """The room with one person less."""
        return self.with_people({id_: p for id_, p in self.people.items() if id_ != participant_id})

    def with_people(self, people: dict[ParticipantId, Participant]) -> Self:
        """The room with these people and no others. The dict is the room's from now on."""
        return self.model_copy(update={"people": MappingProxyType(people)})

    def with_waiting(self, participant: Participant) -> Self:
        """The room with this person in its lobby, whether it was there already or not."""
        lobby = {**self.lobby, participant.id: participant}
        return self.model_copy(update={"lobby": MappingProxyType(lobby)})

    def without_waiting(self, participant_id: ParticipantId) -> Self:
        """The room without this person in its lobby."""
        if participant_id not in self.lobby:
            return self
        lobby = {id_: p for id_, p in self.lobby.items() if id_ != participant_id}
        return self.model_copy(update={"lobby": MappingProxyType(lobby)})

    def online(self) -> Iterator[Participant]:
        """Everyone who can be reached now."""
        return (person for person in self.people.values() if person.presence == "online")

    def hosts(self) -> tuple[Participant, ...]:
        """Host and cohosts, who decide about the lobby, in the order in which they came."""
        hosts = (person for person in self.people.values() if person.role is not Role.GUEST)
        return tuple(sorted(hosts, key=lambda person: person.join_seq))

    def waiting(self) -> tuple[Participant, ...]:
        """Everyone in the lobby, in the order in which they knocked."""
        return tuple(sorted(self.lobby.values(), key=lambda person: (person.joined_at, person.id)))

    def grace_is_over(self, participant: Participant, now: datetime, grace_sec: float) -> bool:
        """Whether a lost participant has been away for longer than it may resume."""
        return (
            participant.lost_at is not None
            and (now - participant.lost_at).total_seconds() >= grace_sec
        )
