"""Who decides: cohosts made and unmade, and the host's chair handed over."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from hub_core.kernel.errors import MeetingForbidden, PeerGone
from hub_core.kernel.ids import Addressee, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.rooms.changes import HostChanged, LobbyChanged, lobby_news
from hub_core.rooms.deciding import decides
from hub_core.rooms.messages import Change, Command
from hub_core.rooms.room import Participant, Room


class SetRole(Command):
    """Make somebody a cohost, or a guest again."""

    type: ClassVar[str] = "moderation.setRole"
    participant_id: Addressee
    role: Literal["cohost", "guest"]


class TransferHost(Command):
    """Hand the meeting over: the other is its host from now on, and you are a cohost."""

    type: ClassVar[str] = "host.transfer"
    participant_id: Addressee


class RoleGranted(Command):
    """Somebody's role was changed outside the room: an invite was accepted."""

    type: ClassVar[str] = "(role-granted)"
    role: Literal["cohost", "guest"]


class RoleChanged(Change):
    """Somebody may do more, or less, from now on."""

    type: ClassVar[str] = "role.changed"
    participant_id: ParticipantId
    role: Role
    by: ParticipantId | None

    def apply(self, room: Room) -> Room:
        """The role counts for the very next command."""
        return room.change(self.participant_id, role=self.role)


@decides(by=Role.HOST)
def set_role(command: SetRole, room: Room, me: Participant) -> Iterator[RoleChanged | LobbyChanged]:
    """Of anyone but the host. A new cohost is shown who waits."""
    person = _other(room, me, command.participant_id)
    if person.role is not Role(command.role):
        changed = RoleChanged(participant_id=person.id, role=Role(command.role), by=me.id)
        yield changed
        if room.lobby:
            yield from lobby_news(changed.apply(room))


@decides(by=Role.HOST)
def transfer(
    command: TransferHost, room: Room, me: Participant
) -> Iterator[HostChanged | LobbyChanged]:
    """Not by someone who only stands in, and not to someone without an account.

    A new host is shown who waits.
    """
    if room.acting_host == me.id:
        raise MeetingForbidden("You stand in for the host; the meeting is not yours to give away.")
    person = _other(room, me, command.participant_id)
    if person.user_id is None:
        raise MeetingForbidden("Only somebody with an account can be host.")
    changed = HostChanged(former=me.id, to=person.id, reason="transfer")
    yield changed
    if room.lobby:
        yield from lobby_news(changed.apply(room))


@decides(wire=False, by_server=True)
def grant(
    command: RoleGranted, room: Room, me: Participant
) -> Iterator[RoleChanged | LobbyChanged]:
    """The host stays host. A new cohost is shown who waits."""
    if me.role is not Role.HOST and me.role is not Role(command.role):
        changed = RoleChanged(participant_id=me.id, role=Role(command.role), by=None)
        yield changed
        if room.lobby:
            yield from lobby_news(changed.apply(room))


def _other(room: Room, me: Participant, participant_id: str) -> Participant:
    person = room.people.get(ParticipantId(participant_id))
    if person is None:
        raise PeerGone
    if not me.role.outranks(person.role):
        raise MeetingForbidden
    return person
