"""What some changes do to the records in PostgreSQL, in the transaction that journals them.

Everything that grants or denies entry is there before it is acknowledged, so that it outlives
Redis. A deed is done when its change is written into the journal, and not when it is found there:
exactly once, however often a drain is repeated.
"""

from collections.abc import Mapping
from typing import Any, Final, LiteralString

import orjson
from pydantic.alias_generators import to_snake

from hub_core.rooms.changes import (
    HostChanged,
    Knocked,
    ParticipantJoined,
    RoomEnded,
    SettingsChanged,
)
from hub_core.rooms.messages import Change, Whisper
from hub_core.rooms.rules.chat import ChatDeleted, PrivateChatDeleted
from hub_core.rooms.rules.lobby import Admitted, Rejected
from hub_core.rooms.rules.moderation import Removed
from hub_core.rooms.rules.roles import RoleChanged

_JOINED: Final = """
UPDATE participants SET admission = 'admitted', decided_at = %(at)s
WHERE id = %(id)s AND generation <= %(generation)s AND admission <> 'admitted'
"""
_KNOCKED: Final = """
UPDATE participants SET admission = 'waiting', decided_at = %(at)s
WHERE id = %(id)s AND admission = 'pending'
"""
_DECIDED: Final = """
UPDATE participants SET admission = %(admission)s::admission, decided_at = %(at)s
WHERE id = %(id)s
"""
_REMOVED: Final = """
UPDATE participants
SET admission = 'removed', decided_at = %(at)s, removed_at = %(at)s, role = 'guest',
    generation = GREATEST(generation, %(generation)s),
    banned_at = CASE WHEN %(ban)s THEN %(at)s ELSE banned_at END,
    banned_by = CASE WHEN %(ban)s THEN %(by)s ELSE banned_by END
WHERE id = %(id)s
"""
_ROLE: Final = """
UPDATE participants SET role = %(role)s::role WHERE id = %(id)s
"""
_HOST: Final = """
WITH chairs AS (
    UPDATE participants
    SET role = CASE WHEN id = %(to)s THEN 'host' ELSE 'cohost' END::role
    WHERE id IN (%(to)s, %(former)s)
)
UPDATE meetings
SET host_id = (SELECT user_id FROM participants WHERE id = %(to)s)
WHERE id = %(meeting_id)s
"""
_ENDED: Final = """
UPDATE meetings SET ended_at = COALESCE(ended_at, %(at)s) WHERE id = %(meeting_id)s
"""
_ERASED: Final = """
UPDATE journal SET payload = (payload - 'text') || '{"deleted": true}'
WHERE id = %(id)s AND meeting_id = %(meeting_id)s AND type = 'chat.message'
"""

_SETTLED: Final = """
UPDATE meetings
SET settings = settings || %(patch)s::jsonb, settings_version = settings_version + 1
WHERE id = %(meeting_id)s
"""

Deed = tuple[LiteralString, Mapping[str, Any]]


def deed(change: Change | Whisper) -> Deed | None:  # noqa: C901, PLR0911 (one line for each kind)
    """The statement that goes with it, and its parameters but for the meeting; None for most."""
    match change:
        case ParticipantJoined(participant=who):
            return _JOINED, {"id": who.id, "generation": who.generation, "at": change.at}
        case Knocked(participant=who):
            return _KNOCKED, {"id": who.id, "at": change.at}
        case Admitted(participant_id=id_):
            return _DECIDED, {"id": id_, "admission": "admitted", "at": change.at}
        case Rejected(participant_id=id_):
            return _DECIDED, {"id": id_, "admission": "rejected", "at": change.at}
        case Removed():
            return _REMOVED, {
                "id": change.participant_id,
                "generation": change.generation,
                "ban": change.ban,
                "by": change.actor,
                "at": change.at,
            }
        case RoleChanged(participant_id=id_, role=role):
            return _ROLE, {"id": id_, "role": role.value}
        case HostChanged(former=former, to=to, reason="transfer"):
            return _HOST, {"former": former, "to": to}
        case RoomEnded():
            return _ENDED, {"at": change.at}
        case SettingsChanged(stored=False, patch=patch):
            snake = {to_snake(key): value for key, value in patch.items()}
            return _SETTLED, {"patch": orjson.dumps(snake).decode()}
        case ChatDeleted(message_id=id_) | PrivateChatDeleted(message_id=id_):
            return _ERASED, {"id": id_}
        case _:
            return None
