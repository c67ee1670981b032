"""Rooms that are full at once, for a benchmark: nobody had to come in one by one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.room.surroundings import Sink
from hub_core.adapters import runtime
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import ConnectionId, Epoch, ParticipantId, SessionId, new_id
from hub_core.live.answers import Committed, Request
from hub_core.live.connections import Seat
from hub_core.live.house import house
from hub_core.rooms.deciding import Outcome
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.settings import MeetingSettings
from tests.container import Container
from tests.gateway_events import message_event
from tests.live.stage import Person, a_meeting

TEXT: Final = "The quick brown fox jumps over the lazy dog, and everybody hears of it."


@dataclass(frozen=True)
class Site:
    """What all rooms stand on."""

    container: Container
    sink: Sink
    valkey: Any
    database_url: str


@dataclass(frozen=True)
class Stage:
    """A room that is full, and somebody in it who speaks."""

    container: Container
    sink: Sink
    valkey: Any
    people: Sequence[Participant]

    @property
    def connections(self) -> list[ConnectionId]:
        """Where frames go."""
        return [person.connection_id for person in self.people]

    def say(self) -> None:
        """One message of the first one there, from the event to the function's end."""
        frame = {"type": "chat.send", "requestId": new_id(), "payload": {"text": TEXT}}
        event = message_event(self.people[0].connection_id, frame)
        assert self.container.call("handlers.socket.message", event) == {"statusCode": 200}

    def cpu(self) -> float:
        """Seconds that the container's thread has computed."""
        return self.container.do(time.thread_time)


def fill(site: Site, size: int, *, batch: bool) -> Stage:
    """A room with so many people, who did not have to come in one by one."""
    meeting = a_meeting(site.database_url, max_participants=1000)
    speaker = meeting.person(name="Person 0")
    people = [_participant(None if n else speaker, n, batch=batch) for n in range(size)]

    async def write() -> None:
        rooms = house().dispatch.rooms
        await rooms.open(
            Room(
                meeting_id=meeting.id,
                epoch=Epoch(new_id()),
                settings=MeetingSettings(access_type="open", max_participants=1000),
            )
        )
        room = await rooms.load(meeting.id)
        assert room
        full = room.with_people({one.id: one for one in people})
        committed = await rooms.commit(Outcome(room, full), Request(), new_id())
        assert isinstance(committed, Committed)
        seat = Seat(meeting.id, people[0].id, people[0].session_id)
        await house().dispatch.connections.seated(people[0].connection_id, seat)

    site.container.do(lambda: runtime.run(write()))
    return Stage(site.container, site.sink, site.valkey, people)


def _participant(person: Person | None, number: int, *, batch: bool) -> Participant:
    id_ = person.participant_id if person else ParticipantId(new_id())
    return Participant(
        id=id_,
        session_id=SessionId(new_id()),
        connection_id=ConnectionId(f"{new_id()[-14:]}="),
        user_id=person.user_id if person else None,
        display_name=f"Person {number}",
        role="guest",
        joined_at=utc_now(),
        join_seq=0,
        ticket=new_id(),
        batch=batch,
    )
