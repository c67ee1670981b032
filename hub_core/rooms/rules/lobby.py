"""The lobby: letting people in, turning them away, and giving up waiting."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hub_core.kernel.errors import LobbyAlreadyDecided, MeetingFull, NotJoined
from hub_core.kernel.ids import Addressee, ParticipantId
from hub_core.kernel.roles import Role
from hub_core.rooms.changes import (
    LobbyChanged,
    ParticipantJoined,
    StoppedWaiting,
    lobby_news,
)
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import Command, Farewell, HiddenChange, Optional, Reply, Welcome
from hub_core.rooms.room import Participant, Room

MOST_AT_ONCE = 100


class Admit(Command):
    """Let somebody in who waits."""

    type: ClassVar[str] = "lobby.admit"
    participant_id: Addressee


class AdmitAll(Command):
    """Let these people in: the list that you see, and not whoever has come since."""

    type: ClassVar[str] = "lobby.admitAll"
    participant_ids: Annotated[list[Addressee], Field(max_length=MOST_AT_ONCE)]


class Reject(Command):
    """Turn somebody away who waits. It may knock again after a minute."""

    type: ClassVar[str] = "lobby.reject"
    participant_id: Addressee


class CancelKnock(Command):
    """Wait no longer."""

    type: ClassVar[str] = "lobby.cancel"


class Admitted(HiddenChange):
    """A host has let somebody in: now, and whenever it comes back."""

    type: ClassVar[str] = "lobby.admitted"
    participant_id: ParticipantId

    def apply(self, room: Room) -> Room:
        """It waits no longer."""
        return room.without_waiting(self.participant_id)


class Rejected(HiddenChange):
    """A host has turned somebody away."""

    type: ClassVar[str] = "lobby.rejected"
    participant_id: ParticipantId

    def apply(self, room: Room) -> Room:
        """It waits no longer."""
        return room.without_waiting(self.participant_id)


class LobbyResult(Farewell):
    """A host has decided about you. Admitted, you get your `room.joined` next."""

    type: ClassVar[str] = "lobby.result"
    closes: ClassVar[bool] = False
    admitted: bool
    reason: Optional[Literal["rejected"]] = None


class AdmittedReply(Reply):
    """Who of them was let in; the others had stopped waiting, or were decided about."""

    admitted: list[ParticipantId]


class KnockCancelled(Reply):
    """You wait no longer."""

    type: ClassVar[str] = "room.left"


Letting = Admitted | ParticipantJoined | LobbyResult | Welcome


@decides(by=Role.COHOST)
def admit(
    command: Admit, room: Room, me: Participant, now: Now
) -> Iterator[Admitted | ParticipantJoined | LobbyResult | Welcome | LobbyChanged]:
    """Of two hosts who decide at once, the second is told so."""
    waiting = _waiting(room, command.participant_id)
    if _is_full(room):
        raise MeetingFull
    yield from _let_in(room, waiting, room.seq + 1, now)
    yield from lobby_news(room.without_waiting(waiting.id))


@decides(by=Role.COHOST)
def admit_all(
    command: AdmitAll, room: Room, me: Participant, now: Now
) -> Iterator[Admitted | ParticipantJoined | LobbyResult | Welcome | LobbyChanged | AdmittedReply]:
    """As many of them as still wait and fit in, in the order in which they knocked."""
    meant = set(command.participant_ids)
    chosen = [person for person in room.waiting() if person.id in meant]
    places = room.settings.max_participants - len(room.people)
    if chosen and places <= 0:
        raise MeetingFull
    after, seq = room, room.seq
    for person in chosen[:places]:
        if person.presence == "online":
            seq += 1
        yield from _let_in(room, person, seq, now)
        after = after.without_waiting(person.id)
    if chosen:
        yield from lobby_news(after)
    yield AdmittedReply(admitted=[person.id for person in chosen[:places]])


@decides(by=Role.COHOST)
def reject(
    command: Reject, room: Room, me: Participant
) -> Iterator[Rejected | LobbyResult | LobbyChanged]:
    """Its connection stays open; nothing more comes over it."""
    waiting = _waiting(room, command.participant_id)
    yield Rejected(participant_id=waiting.id)
    yield LobbyResult(connection_id=waiting.connection_id, admitted=False, reason="rejected")
    yield from lobby_news(room.without_waiting(waiting.id))


@decides(in_lobby=True)
def cancel(
    command: CancelKnock, room: Room, me: Participant
) -> Iterator[StoppedWaiting | LobbyChanged | KnockCancelled]:
    """Only whoever waits; to leave a room, `room.leave`."""
    if me.id not in room.lobby:
        raise NotJoined("You are not waiting in a lobby.")
    yield StoppedWaiting(participant_id=me.id, reason="cancelled")
    yield from lobby_news(room.without_waiting(me.id))
    yield KnockCancelled()


def _waiting(room: Room, participant_id: str) -> Participant:
    person = room.lobby.get(ParticipantId(participant_id))
    if person is None:
        raise LobbyAlreadyDecided
    return person


def _is_full(room: Room) -> bool:
    return len(room.people) >= room.settings.max_participants


def _let_in(room: Room, person: Participant, seq: int, now: Now) -> Iterator[Letting]:
    """Somebody who has lost its connection meanwhile comes in when it is back."""
    yield Admitted(participant_id=person.id)
    if person.presence == "lost":
        return
    changes: dict[str, object] = {"joined_at": now.at, "join_seq": seq}
    if room.settings.unmute == "by-request":
        changes["media"] = person.media.model_copy(update={"mic": "off"})
    yield ParticipantJoined(participant=person.model_copy(update=changes))
    yield LobbyResult(connection_id=person.connection_id, admitted=True)
    yield Welcome(participant_id=person.id)
