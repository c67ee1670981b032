"""A heart, a laugh, applause: gone as soon as it is seen."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, StringConstraints

from hub_core.kernel.errors import MeetingForbidden
from hub_core.kernel.ids import ParticipantId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, printable
from hub_core.rooms.deciding import Now, decides
from hub_core.rooms.messages import Command, Limit, Notice, Tally
from hub_core.rooms.room import Participant, Room

COUNTED_ABOVE: Final = 20
"""People in a room above which reactions are counted together."""

Kind = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(printable)]


class React(Command):
    """Show what you feel: the name of a reaction, or an emoji."""

    type: ClassVar[str] = "reaction.send"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("reactions", each_ms=500, at_once=5),)
    expendable: ClassVar[bool] = True
    kind: Kind = Field(alias="type")


class ReactionAdded(Notice):
    """Somebody reacts. Nothing remembers it."""

    type: ClassVar[str] = "reaction.added"
    expendable: ClassVar[bool] = True
    participant_id: ParticipantId
    kind: str = Field(alias="type")
    ts: Moment


class ReactionCounted(Tally):
    """How often which reaction came, since the last of these: `{counts: {kind: n}}`."""

    type: ClassVar[str] = "reaction.batch"


@decides()
def react(
    command: React, room: Room, me: Participant, now: Now
) -> Iterator[ReactionAdded | ReactionCounted]:
    """To everyone; in a big room at most twice a second, in numbers."""
    if room.settings.reactions == "hosts" and not me.role.may_act_as(Role.COHOST):
        raise MeetingForbidden("Only hosts may react in this meeting.")
    if len(room.people) > COUNTED_ABOVE:
        yield ReactionCounted(kind=command.kind)
    else:
        yield ReactionAdded(
            to=tuple(room.people), participant_id=me.id, kind=command.kind, ts=now.at
        )
