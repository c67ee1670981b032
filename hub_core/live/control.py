"""The live room as REST reaches it: what was decided and committed there happens in the room, too.

Call it after the transaction is committed. Where no room is open, or the person is not in it,
nothing happens and nothing is wrong: whoever comes later is told by PostgreSQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hub_core.adapters.runtime import kept
from hub_core.kernel.errors import NotJoined
from hub_core.kernel.ids import MeetingId, ParticipantId
from hub_core.live.dispatch import Actor, Dispatch, the_server
from hub_core.live.house import house
from hub_core.rooms.messages import Command
from hub_core.rooms.room import Participant, Room
from hub_core.rooms.rules.moderation import Renamed
from hub_core.rooms.rules.roles import RoleGranted
from hub_core.rooms.rules.running import Ended


@dataclass(frozen=True)
class RoomControl:
    """Every method returns when everyone in the room has been told, and may be called twice.

    Raises:
        Unavailable: the room could not be reached in time. What PostgreSQL says holds all the same.
    """

    dispatch: Callable[[], Dispatch]

    async def end(self, meeting_id: MeetingId) -> None:
        """`meetings.ended_at` is set: everyone hears `room.ended`, and is closed."""
        await self._have(meeting_id, the_server, Ended())
        await self.dispatch().disbanded(meeting_id)

    async def settings_changed(self, meeting_id: MeetingId) -> None:
        """The meeting's settings are others: those in PostgreSQL hold in the room from now on."""
        await self.dispatch().settled(meeting_id)

    async def role_changed(
        self,
        meeting_id: MeetingId,
        participant_id: ParticipantId,
        role: Literal["cohost", "guest"],
    ) -> None:
        """Somebody's role is another one: an invite as cohost was accepted."""
        await self._have(meeting_id, in_the_room(participant_id), RoleGranted(role=role))

    async def renamed(
        self,
        meeting_id: MeetingId,
        participant_id: ParticipantId,
        display_name: str,
        avatar_url: str | None,
    ) -> None:
        """Somebody is called otherwise, or looks otherwise."""
        renamed = Renamed(display_name=display_name, avatar_url=avatar_url)
        await self._have(meeting_id, in_the_room(participant_id), renamed)

    async def _have(self, meeting_id: MeetingId, actor: Actor, command: Command) -> None:
        try:
            await self.dispatch().handle(meeting_id, actor, command)
        except NotJoined:
            return


def in_the_room(participant_id: ParticipantId) -> Actor:
    """The participant, if it is in the room; not in its lobby."""

    def find(room: Room) -> Participant:
        if participant_id not in room.people:
            raise NotJoined
        return room.people[participant_id]

    return find


@kept
def room_control() -> RoomControl:
    """This container's."""
    return RoomControl(lambda: house().dispatch)
