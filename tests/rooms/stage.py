"""Rooms and people for stories about rules; whatever a story does not mention is plain."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hub_core.kernel.ids import ConnectionId, Epoch, MeetingId, ParticipantId, SessionId, UserId
from hub_core.kernel.roles import Role
from hub_core.rooms.deciding import Now, Outcome, decide
from hub_core.rooms.messages import Command
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.settings import MeetingSettings

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
GRACE_SEC = 30.0


def mint() -> Callable[[], str]:
    """Ids that can be told apart: 26 characters, as ULIDs have."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):026}"


def now(after_sec: float = 0) -> Now:
    """The moment, so many seconds after noon."""
    return Now(NOON + timedelta(seconds=after_sec), mint(), GRACE_SEC)


def someone(name: str, role: Role = Role.GUEST, **about: Any) -> Participant:
    """Somebody called `name`, whose other names are made of it."""
    plain: dict[str, Any] = {
        "id": ParticipantId(name),
        "session_id": SessionId(f"session of {name}"),
        "connection_id": ConnectionId(f"connection of {name}"),
        "user_id": UserId(f"account of {name}"),
        "display_name": name.title(),
        "role": role,
        "joined_at": NOON - timedelta(minutes=1),
        "join_seq": 0,
        "ticket": f"ticket of {name}",
    }
    return Participant(**{**plain, **about})


def a_room(*people: Participant, waiting: tuple[Participant, ...] = (), **settings: Any) -> Room:
    """A room with these people in it, who came in that order."""
    room = Room(
        meeting_id=MeetingId("meeting"),
        epoch=Epoch("epoch"),
        seq=len(people),
        step=0,
        settings=MeetingSettings(**settings),
    )
    present = {
        person.id: person.model_copy(update={"join_seq": person.join_seq or number})
        for number, person in enumerate(people, start=1)
    }
    room = room.with_people(present)
    for person in waiting:
        room = room.with_waiting(person)
    return room


def ask(room: Room, who: Participant, command: Command, after_sec: float = 0) -> Outcome:
    """What comes of it when somebody asks for this."""
    me = room.people.get(who.id) or room.lobby.get(who.id) or who
    return decide(command, room, me, now(after_sec))


def told(outcome: Outcome) -> list[str]:
    """The types of everything that anybody hears of it, changes first."""
    return [
        *(event.type for event in outcome.changes),
        *(event.type for event in outcome.notices),
        *(event.type for event in outcome.farewells),
        *(event.type for event in outcome.tallies),
    ]
