"""The room as its participants see it."""

from typing import Final

from hub_core.kernel.ids import ParticipantId, SessionId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.rooms.room import MediaState, Participant, Presence, Room


class ParticipantView(Value):
    """`Participant` of the wire contract: what everyone in the room knows of one another."""

    participant_id: ParticipantId
    session_id: SessionId
    display_name: str
    avatar_url: str | None
    role: Role
    media_state: MediaState
    hand_raised: bool
    hand_raised_at: Moment | None
    connection: Presence
    joined_at: Moment
    join_seq: int
    may_unmute: bool
    """Where microphones are turned on by request: whether a host has allowed it."""

    @classmethod
    def of(cls, person: Participant) -> "ParticipantView":
        """What may be seen of a participant."""
        return cls(
            participant_id=person.id,
            session_id=person.session_id,
            display_name=person.display_name,
            avatar_url=person.avatar_url,
            role=person.role,
            media_state=person.media,
            hand_raised=person.hand_raised_at is not None,
            hand_raised_at=person.hand_raised_at,
            connection=person.presence,
            joined_at=person.joined_at,
            join_seq=person.join_seq,
            may_unmute=person.may_unmute,
        )


class WaitingView(Value):
    """What hosts see of somebody in the lobby."""

    participant_id: ParticipantId
    display_name: str
    avatar_url: str | None
    has_account: bool
    connection: Presence
    knocked_at: Moment

    @classmethod
    def of(cls, person: Participant) -> "WaitingView":
        """What a host needs to decide."""
        return cls(
            participant_id=person.id,
            display_name=person.display_name,
            avatar_url=person.avatar_url,
            has_account=person.user_id is not None,
            connection=person.presence,
            knocked_at=person.joined_at,
        )


MOST_WAITING: Final = 50
"""Of the lobby, in one frame; `count` tells how many there are."""
MOST_FOR_WAITING: Final = 24 * 1024
"""Bytes that they may take up there: the URL of a picture alone may have two thousand."""


def first_waiting(room: Room, space: int = MOST_FOR_WAITING) -> tuple[WaitingView, ...]:
    """Those who knocked first, as many as a frame has space for (in bytes)."""
    shown: list[WaitingView] = []
    for person in room.waiting()[:MOST_WAITING]:
        view = WaitingView.of(person)
        space -= len(view.model_dump_json(by_alias=True).encode()) + 1
        if space < 0:
            break
        shown.append(view)
    return tuple(shown)


def peers(room: Room, but: ParticipantId | None = None) -> list[ParticipantView]:
    """Everyone in the room (`but` one), in the order in which they came."""
    present = sorted(room.people.values(), key=lambda person: person.join_seq)
    return [ParticipantView.of(person) for person in present if person.id != but]
