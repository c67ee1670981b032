"""What was promised, in PostgreSQL before it is acknowledged; and what a room needs to know of it.

One append-only table, `journal`, keyed by (epoch, seq). Statements here may run twice: what is
there already is left as it is. The tables are described in `hub_core.history.tables` and
`hub_core.meetings.tables`, which these floors must not import; a test runs every statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import psycopg

from hub_core.adapters.defects import log_defect
from hub_core.adapters.postgres import Postgres, Run
from hub_core.kernel.ids import Epoch, MeetingId, MessageId, ParticipantId, UserId
from hub_core.kernel.roles import Role
from hub_core.kernel.values import Moment, Value
from hub_core.live.deeds import deed
from hub_core.live.resumption import Resumption
from hub_core.rooms.changes import Tombstone
from hub_core.rooms.messages import Change, Whisper
from hub_core.rooms.policy import Admission, Visitor
from hub_core.rooms.room import Room
from hub_core.rooms.settings import MeetingSettings

LONGEST_STAY: Final = timedelta(hours=12)
"""How long ago somebody may have come in whom a lost room is rebuilt for."""
CHAT_ON_JOIN: Final = 50
"""Messages that come with `room.joined`."""

_NEVER: Final = (psycopg.DataError, psycopg.IntegrityError)
"""What is wrong with the row itself, and not with the database."""

_APPEND: Final = """
WITH conference AS (
    INSERT INTO conferences (id, meeting_id, started_at)
    VALUES (%(epoch)s, %(meeting_id)s, %(started_at)s)
    ON CONFLICT DO NOTHING
)
INSERT INTO journal (id, meeting_id, epoch, seq, at, type, by, payload, visible_to)
SELECT id, %(meeting_id)s, %(epoch)s, seq, at, type, by, payload,
       CASE WHEN seq IS NULL THEN '{}'::text[] END
FROM unnest(%(ids)s::text[], %(seqs)s::bigint[], %(ats)s::timestamptz[], %(types)s::text[],
            %(bys)s::text[], %(payloads)s::jsonb[]) AS entry (id, seq, at, type, by, payload)
ON CONFLICT DO NOTHING
RETURNING id
"""

_STRANGERS: Final = """
SELECT count(*) AS strangers,
       (SELECT max(seq) FROM journal WHERE epoch = %(epoch)s) AS newest
FROM journal
JOIN unnest(%(ids)s::text[], %(seqs)s::bigint[]) AS mine (id, seq)
  ON journal.epoch = %(epoch)s AND journal.seq = mine.seq AND journal.id <> mine.id
"""

_WRITTEN: Final = """
SELECT id FROM journal WHERE id = %(id)s
"""

_SETTINGS: Final = """
SELECT settings, settings_version FROM meetings WHERE id = %(meeting_id)s
"""

_MESSAGE: Final = """
SELECT id, payload ->> 'participantId' AS author, visible_to, payload ? 'deleted' AS erased
FROM journal
WHERE id = %(id)s AND meeting_id = %(meeting_id)s AND type = 'chat.message'
  AND (visible_to IS NULL OR %(reader)s = ANY (visible_to))
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
  AND (visible_to IS NULL OR %(reader)s = ANY (visible_to)) AND NOT payload ? 'deleted'
ORDER BY id DESC LIMIT %(most)s
"""

_CLOSED: Final = """
UPDATE conferences SET ended_at = %(at)s WHERE id = %(epoch)s AND ended_at IS NULL
"""

_STAY: Final = """
SELECT came.payload ->> 'displayName' AS name
FROM journal came
WHERE came.epoch = %(epoch)s AND came.meeting_id = %(meeting_id)s
  AND came.type = 'participant.joined' AND came.seq IS NOT NULL AND came.at > %(since)s
  AND came.payload ->> 'participantId' = %(participant_id)s
  AND came.payload ->> 'sessionId' = %(session_id)s
  AND NOT EXISTS (
    SELECT 1 FROM journal went
    WHERE went.epoch = came.epoch AND went.seq > came.seq AND went.type = 'participant.left'
      AND went.payload ->> 'participantId' = %(participant_id)s
  )
LIMIT 1
"""

_DOOR: Final = """
SELECT m.id, m.code, m.title, m.host_id, m.scheduled_at, m.ended_at, m.created_at, m.settings,
       m.settings_version, p.role, p.generation, p.admission, p.decided_at, p.invited,
       p.banned_at, p.user_id, u.avatar_url,
       EXISTS (SELECT FROM sign_in_sessions s
               WHERE s.id = %(sign_in)s AND s.revoked_at IS NOT NULL) AS signed_out
FROM participants p
JOIN meetings m ON m.id = p.meeting_id
LEFT JOIN users u ON u.id = p.user_id
WHERE p.id = %(participant_id)s AND p.meeting_id = %(meeting_id)s
"""


_HAS_ENDED: Final = """
SELECT id FROM meetings WHERE id = %(meeting_id)s AND ended_at IS NOT NULL
"""

_SIGNED_OUT: Final = """
SELECT id FROM sign_in_sessions WHERE id = %(sign_in)s AND revoked_at IS NOT NULL
"""


class MeetingFacts(Value):
    """`Meeting` of the wire contract, as `room.joined` carries it (settings stand beside it)."""

    id: MeetingId
    code: str
    title: str
    host_id: UserId
    scheduled_at: Moment | None
    ended_at: Moment | None
    created_at: Moment


@dataclass(frozen=True)
class Door:
    """What PostgreSQL knows about a participant and the meeting that it wants to enter."""

    meeting: MeetingFacts
    settings: MeetingSettings
    role: Role
    generation: int
    visitor: Visitor
    user_id: UserId | None
    avatar_url: str | None
    signed_out: bool
    """Whether the sign-in session that it comes with was ended."""


@dataclass(frozen=True)
class Message:
    """What has to be known of a message to delete it."""

    id: MessageId
    author: ParticipantId
    private_to: tuple[ParticipantId, ...] | None
    erased: bool


class TailLost(Exception):
    """Redis came back without its last changes; `newest` is the last seq that is written down."""

    def __init__(self, newest: int) -> None:
        """It was acknowledged, so it must not be given to another change."""
        super().__init__(f"the room's log was written down up to {newest}")
        self.newest = newest


def tombstone(change: Change) -> Tombstone:
    """What stands for it where it cannot stand itself."""
    place = {name: getattr(change, name) for name in ("id", "seq", "step", "epoch", "at", "actor")}
    return Tombstone.model_validate({**place, "instead_of": change.type})


def _settings(row: Mapping[str, Any]) -> MeetingSettings:
    return MeetingSettings.model_validate({**row["settings"], "version": row["settings_version"]})


@dataclass(frozen=True)
class Journal:
    """Reads and writes of the socket path; each is one statement."""

    postgres: Postgres

    async def append(self, room: Room, changes: Sequence[Change]) -> frozenset[str]:
        """Write changes down, and do what they do to the records. What is there stays as it is.

        Should PostgreSQL never take one of them, however often it is asked, a tombstone is put in
        its place: nothing that comes after it has to wait. Answers with the ids of such.

        Raises:
            TailLost: Redis has forgotten changes that are written down here.
        """
        try:
            await self._append_together(room, changes)
        except _NEVER:
            return await self._append_one_by_one(room, changes)
        return frozenset()

    async def _append_one_by_one(self, room: Room, changes: Sequence[Change]) -> frozenset[str]:
        buried: set[str] = set()
        for change in changes:
            try:
                await self._append_together(room, [change])
            except _NEVER as error:
                log_defect(error, None, room=room.meeting_id, change=change.type)
                await self._append_together(room, [tombstone(change)])
                buried.add(change.id)
        return frozenset(buried)

    async def _append_together(self, room: Room, changes: Sequence[Change]) -> None:
        if any(deed(change) for change in changes):
            await self.postgres.together(lambda run: self._append(run, room, changes))
        else:
            await self._append(self.postgres.run, room, changes)

    async def _append(self, run: Run, room: Room, changes: Sequence[Change]) -> None:
        new = await self._write(run, room, changes)
        if len(new) < len(changes):
            await self._check_for_strangers(run, room, changes)
        for change in changes:
            if change.id in new and (todo := deed(change)):
                statement, parameters = todo
                await run(statement, {"meeting_id": room.meeting_id, **parameters})

    async def _write(self, run: Run, room: Room, changes: Sequence[Change]) -> set[str]:
        rows = await run(
            _APPEND,
            {
                "epoch": room.epoch,
                "meeting_id": room.meeting_id,
                "started_at": changes[0].at,
                "ids": [change.id for change in changes],
                "seqs": [None if change.step else change.seq for change in changes],
                "ats": [change.at for change in changes],
                "types": [change.type for change in changes],
                "bys": [change.actor for change in changes],
                "payloads": [orjson.dumps(change.payload()).decode() for change in changes],
            },
        )
        return {row["id"] for row in rows}

    async def _check_for_strangers(self, run: Run, room: Room, changes: Sequence[Change]) -> None:
        """The same seq under another id: after a failover, Redis numbers anew what was taken."""
        public = [change for change in changes if not change.step]
        ((row),) = await run(
            _STRANGERS,
            {
                "epoch": room.epoch,
                "ids": [change.id for change in public],
                "seqs": [change.seq for change in public],
            },
        )
        if row["strangers"]:
            raise TailLost(row["newest"])

    async def has(self, id_: str) -> bool:
        """Whether this change is written down."""
        return bool(await self.postgres.run(_WRITTEN, {"id": id_}))

    async def settings(self, meeting_id: MeetingId) -> MeetingSettings:
        """As they are now."""
        (row,) = await self.postgres.run(_SETTINGS, {"meeting_id": meeting_id})
        return _settings(row)

    async def message(
        self, meeting_id: MeetingId, id_: str, reader: ParticipantId
    ) -> Message | None:
        """One message of the meeting that the reader may see."""
        rows = await self.postgres.run(
            _MESSAGE, {"meeting_id": meeting_id, "id": id_, "reader": reader}
        )
        if not rows:
            return None
        (row,) = rows
        private = row["visible_to"]
        return Message(
            MessageId(row["id"]),
            ParticipantId(row["author"]),
            tuple(ParticipantId(who) for who in private) if private is not None else None,
            row["erased"],
        )

    async def whisper(self, room: Room, whisper: Whisper) -> None:
        """Write down what only some may know of. It has no seq."""
        if todo := deed(whisper):
            statement, parameters = todo
            await self.postgres.run(statement, {"meeting_id": room.meeting_id, **parameters})
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

    async def stay(self, token: Resumption, epoch: str, now: datetime) -> str | None:
        """What somebody was called in a stay that has not ended, as far as is written down."""
        rows = await self.postgres.run(
            _STAY,
            {
                "epoch": epoch,
                "meeting_id": token.meeting_id,
                "participant_id": token.participant_id,
                "session_id": token.session_id,
                "since": now - LONGEST_STAY,
            },
        )
        return str(rows[0]["name"]) if rows else None

    async def closed(self, epoch: Epoch, at: datetime) -> None:
        """The conference is over: the last one has left."""
        await self.postgres.run(_CLOSED, {"epoch": epoch, "at": at})

    async def ended(self, meeting_id: MeetingId) -> bool:
        """Whether the meeting has been ended."""
        return bool(await self.postgres.run(_HAS_ENDED, {"meeting_id": meeting_id}))

    async def signed_out(self, sign_in: str) -> bool:
        """Whether this sign-in session was ended."""
        return bool(await self.postgres.run(_SIGNED_OUT, {"sign_in": sign_in}))

    async def door(
        self, meeting_id: MeetingId, participant_id: ParticipantId, sign_in: str | None = None
    ) -> Door | None:
        """What decides about an entry; None if there is no such participant in this meeting."""
        asked = {"meeting_id": meeting_id, "participant_id": participant_id, "sign_in": sign_in}
        rows = await self.postgres.run(_DOOR, asked)
        if not rows:
            return None
        (row,) = rows
        return Door(
            meeting=MeetingFacts.model_validate(row),
            settings=_settings(row),
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
            user_id=UserId(row["user_id"]) if row["user_id"] else None,
            avatar_url=row["avatar_url"],
            signed_out=row["signed_out"],
        )
