"""Asking for the floor."""

from collections.abc import Iterator
from typing import ClassVar

from hub_core.kernel.errors import MeetingForbidden, PeerGone
from hub_core.kernel.ids import Addressee, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import Change, Command, Limit, Optional
from hub_core.rooms.room import Participant, Room


class RaiseHand(Command):
    """Ask for the floor."""

    type: ClassVar[str] = "hand.raise"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("hands", each_ms=500, at_once=10),)


class LowerHand(Command):
    """Ask no longer; as a host, with `participantId`, for somebody else."""

    type: ClassVar[str] = "hand.lower"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("hands", each_ms=500, at_once=10),)
    participant_id: Addressee | None = None


class HandChanged(Change):
    """Somebody asks for the floor, as the `position`-th in the row, or no longer does."""

    type: ClassVar[str] = "hand.changed"
    participant_id: ParticipantId
    raised: bool
    raised_at: Optional[Moment] = None
    position: Optional[int] = None
    by: Optional[ParticipantId] = None

    def apply(self, room: Room) -> Room:
        """In the order in which hands went up."""
        return room.change(self.participant_id, hand_raised_at=self.raised_at)


@decides()
def raise_hand(command: RaiseHand, room: Room, me: Participant, now: Now) -> Iterator[HandChanged]:
    """Once is enough."""
    if me.hand_raised_at is None:
        up = sum(person.hand_raised_at is not None for person in room.people.values())
        yield HandChanged(participant_id=me.id, raised=True, raised_at=now.at, position=up + 1)


@decides()
def lower_hand(command: LowerHand, room: Room, me: Participant) -> Iterator[HandChanged]:
    """One's own, or as a host anybody's whom one outranks."""
    person = room.people.get(ParticipantId(command.participant_id or me.id))
    if person is None:
        raise PeerGone
    others = person.id != me.id
    if others and not (me.role.may_act_as(Role.COHOST) and me.role.outranks(person.role)):
        raise MeetingForbidden
    if person.hand_raised_at is not None:
        yield HandChanged(participant_id=person.id, raised=False, by=me.id if others else None)
