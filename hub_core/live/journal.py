"""What was promised, in PostgreSQL before it is acknowledged; and what a room needs to know of it.

One append-only table, `journal`, keyed by (epoch, seq). Statements here may run twice: what is
there already is left as it is. The tables are described in `hub_core.history.tables` and
`hub_core.meetings.tables`, which these floors must not import; a test runs every statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from hub_core.adapters.postgres import Postgres
from hub_core.kernel.ids import Epoch, MeetingId, ParticipantId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Value
from hub_core.live.store import Entry
from hub_core.rooms.messages import Whisper
from hub_core.rooms.policy import Admission, Visitor
from hub_core.rooms.room import Room
from hub_core.rooms.settings import MeetingSettings

CHAT_ON_JOIN: Final = 50
"""Messages that come with `room.joined`."""

_APPEND: Final = """
WITH conference AS (
    INSERT INTO conferences (id, meeting_id, started_at)
    VALUES (%(epoch)s, %(meeting_id)s, %(started_at)s)
    ON CONFLICT DO NOTHING
)
INSERT INTO journal (id, meeting_id, epoch, seq, at, type, by, payload)
SELECT id, %(meeting_id)s, %(epoch)s, seq, at, frame ->> 'type', by, frame -> 'payload'
FROM unnest(%(ids)s::text[], %(seqs)s::bigint[], %(ats)s::timestamptz[], %(bys)s::text[],
            %(frames)s::jsonb[]) AS entry (id, seq, at, by, frame)
ON CONFLICT DO NOTHING
"""

_WHISPER: Final = """
WITH conference AS (
    INSERT INTO conferences (id, meeting_id, started_at)
    VALUES (%(epoch)s, %(meeting_id)s, %(at)s)
    ON CONFLICT DO NOTHING
)
INSERT INTO journal (id, meeting_id, epoch, seq, at, type, by, payload, visible_to)
VALUES (%(id)s, %(meeting_id)s, %(epoch)s, NULL, %(at)s, %(type)s, %(by)s, %(payload)s::jsonb,
        %(visible_to)s)
ON CONFLICT DO NOTHING
"""

_CHAT: Final = """
SELECT payload, epoch, seq FROM journal
WHERE meeting_id = %(meeting_id)s AND type = 'chat.message'
  AND (visible_to IS NULL OR %(reader)s = ANY (visible_to))
ORDER BY id DESC LIMIT %(most)s
"""

_CLOSED: Final = """
UPDATE conferences SET ended_at = %(at)s WHERE id = %(epoch)s AND ended_at IS NULL
"""

_DOOR: Final = """
SELECT m.id, m.code, m.title, m.host_id, m.scheduled_at, m.ended_at, m.created_at, m.settings,
       m.settings_version, p.role, p.generation, p.admission, p.decided_at, p.invited,
       p.banned_at, p.user_id, u.avatar_url
FROM participants p
JOIN meetings m ON m.id = p.meeting_id
LEFT JOIN users u ON u.id = p.user_id
WHERE p.id = %(participant_id)s AND p.meeting_id = %(meeting_id)s
"""


class MeetingFacts(Value):
    """`Meeting` of the wire contract, as `room.joined` carries it (settings stand beside it)."""

    id: MeetingId
    code: str
    title: str
    host_id: UserId
    scheduled_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Door:
    """What PostgreSQL knows about a participant and the meeting that it wants to enter."""

    meeting: MeetingFacts
    settings: MeetingSettings
    role: Role
    generation: int
    visitor: Visitor
    avatar_url: str | None


@dataclass(frozen=True)
class Journal:
    """Reads and writes of the socket path; each is one statement."""

    postgres: Postgres

    async def append(self, room: Room, entries: Sequence[Entry]) -> None:
        """Write changes down. Those that are there already stay as they are."""
        records = [orjson.loads(entry.record) for entry in entries]
        await self.postgres.run(
            _APPEND,
            {
                "epoch": room.epoch,
                "meeting_id": room.meeting_id,
                "started_at": records[0]["at"],
                "ids": [record["id"] for record in records],
                "seqs": [entry.seq for entry in entries],
                "ats": [record["at"] for record in records],
                "bys": [record["actor"] for record in records],
                "frames": [entry.frame.decode() for entry in entries],
            },
        )

    async def whisper(self, room: Room, whisper: Whisper) -> None:
        """Write down what only some may know of. It has no seq."""
        await self.postgres.run(
            _WHISPER,
            {
                "id": whisper.id,
                "epoch": room.epoch,
                "meeting_id": room.meeting_id,
                "at": whisper.at,
                "type": whisper.type,
                "by": whisper.actor,
                "payload": orjson.dumps(whisper.payload()).decode(),
                "visible_to": list(whisper.to),
            },
        )

    async def chat(self, room: Room, reader: ParticipantId) -> list[dict[str, Any]]:
        """The last messages that the reader may see, oldest first: `chat` of `room.joined`.

        Up to `room.seq`: what came later reaches the reader as a frame.
        """
        rows = await self.postgres.run(
            _CHAT,
            {"meeting_id": room.meeting_id, "reader": reader, "most": CHAT_ON_JOIN},
        )
        return [
            row["payload"]
            for row in reversed(rows)
            if row["epoch"] != room.epoch or row["seq"] is None or row["seq"] <= room.seq
        ]

    async def closed(self, epoch: Epoch, at: datetime) -> None:
        """The conference is over: the last one has left."""
        await self.postgres.run(_CLOSED, {"epoch": epoch, "at": at})

    async def door(self, meeting_id: MeetingId, participant_id: ParticipantId) -> Door | None:
        """What decides about an entry; None if there is no such participant in this meeting."""
        rows = await self.postgres.run(
            _DOOR, {"meeting_id": meeting_id, "participant_id": participant_id}
        )
        if not rows:
            return None
        (row,) = rows
        settings = {**row["settings"], "version": row["settings_version"]}
        return Door(
            meeting=MeetingFacts.model_validate(row),
            settings=MeetingSettings.model_validate(settings),
            role=Role(row["role"]),
            generation=row["generation"],
            visitor=Visitor(
                role=Role(row["role"]),
                has_account=row["user_id"] is not None,
                invited=row["invited"],
                admission=Admission(row["admission"]),
                decided_at=row["decided_at"],
                banned=row["banned_at"] is not None,
            ),
            avatar_url=row["avatar_url"],
        )
