"""Meetings as records: creating them, showing them, finding them by their code."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.tables import UserRow
from hub_core.kernel.errors import InvalidToken, MeetingNotFound
from hub_core.kernel.ids import MeetingId, Mint, ParticipantId, UserId
from hub_core.kernel.paging import Page
from hub_core.kernel.roles import Role
from hub_core.meetings.codes import Choose, new_code, read_code
from hub_core.meetings.membership import belongs, member
from hub_core.meetings.schemas import (
    Host,
    Meeting,
    MeetingDraft,
    MeetingParticipant,
    Meetings,
    MeetingWithPeople,
)
from hub_core.meetings.tables import MeetingRow, ParticipantRow
from hub_core.rooms.policy import Admission
from hub_core.rooms.settings import MeetingSettings, SettingsPatch

TRIES: Final = 8
"""With ten million meetings, one code in fourteen million is taken: a second try is rare."""
MOST_SHOWN: Final = 1000
"""Participants of one meeting; as many as a room holds."""


@dataclass(frozen=True)
class Making:
    """The moment in which something is made: the time, fresh ids, and chance."""

    at: datetime
    mint: Mint
    choose: Choose


async def schedule(
    db: AsyncSession, host_id: UserId, draft: MeetingDraft, making: Making
) -> Meeting:
    """Create a meeting; its host is its first participant.

    Raises:
        InvalidToken: the account is gone.
    """
    host = await db.scalar(
        select(UserRow).where(UserRow.id == host_id).with_for_update(read=True, key_share=True)
    )
    if host is None:
        raise InvalidToken
    meeting = await _insert(db, host_id, draft, making)
    await db.execute(
        insert(ParticipantRow).values(
            id=making.mint(),
            meeting_id=meeting.id,
            user_id=host_id,
            display_name=host.display_name,
            role=Role.HOST,
            admission=Admission.ADMITTED,
            decided_at=making.at,
            created_at=making.at,
        )
    )
    return shown(meeting)


async def _insert(
    db: AsyncSession, host_id: UserId, draft: MeetingDraft, making: Making
) -> MeetingRow:
    for _ in range(TRIES):
        code = new_code(making.choose)
        meeting: MeetingRow | None = await db.scalar(
            insert(MeetingRow)
            .values(
                id=making.mint(),
                code=code,
                title=draft.title or default_title(code),
                host_id=host_id,
                scheduled_at=draft.scheduled_at,
                created_at=making.at,
                settings=stored(patched(MeetingSettings(), draft.settings)),
                settings_version=1,
            )
            .on_conflict_do_nothing(index_elements=[MeetingRow.code])
            .returning(MeetingRow)
        )
        if meeting is not None:
            return meeting
    raise RuntimeError(f"{TRIES} fresh codes were all taken: chance is broken")


async def show(db: AsyncSession, meeting_id: MeetingId, user_id: UserId) -> MeetingWithPeople:
    """A meeting with its people, for one of them.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
    """
    meeting = (await member(db, meeting_id, user_id)).meeting
    host = await db.get_one(UserRow, meeting.host_id)
    people = await db.execute(
        select(ParticipantRow, UserRow.avatar_url)
        .outerjoin(UserRow, UserRow.id == ParticipantRow.user_id)
        .where(ParticipantRow.meeting_id == meeting_id, belongs())
        .order_by(ParticipantRow.id)
        .limit(MOST_SHOWN)
    )
    return MeetingWithPeople(
        **_fields(meeting),
        host=Host(id=UserId(host.id), display_name=host.display_name, avatar_url=host.avatar_url),
        participants=[seen(person, avatar_url) for person, avatar_url in people],
    )


async def mine(
    db: AsyncSession, user_id: UserId, page: Page, *, now: datetime, upcoming: bool
) -> Meetings:
    """One page of the meetings that an account belongs to, newest first.

    Upcoming are those that have not ended and lie ahead, or have no time.
    """
    query = (
        select(MeetingRow)
        .join(ParticipantRow, ParticipantRow.meeting_id == MeetingRow.id)
        .where(ParticipantRow.user_id == user_id, belongs())
        # The participants', not the meetings': an index has them by account in this order.
        .order_by(ParticipantRow.meeting_id.desc())
        .limit(page.to_fetch)
    )
    if page.before:
        query = query.where(ParticipantRow.meeting_id < page.before)
    if upcoming:
        ahead = or_(MeetingRow.scheduled_at.is_(None), MeetingRow.scheduled_at > now)
        query = query.where(MeetingRow.ended_at.is_(None), ahead)
    found, next_cursor = page.cut((await db.scalars(query)).all(), lambda meeting: meeting.id)
    return Meetings(meetings=[shown(meeting) for meeting in found], next_cursor=next_cursor)


async def resolve(db: AsyncSession, typed: str) -> MeetingId:
    """Which meeting a code is of.

    What cannot be a code is looked up all the same: the time it takes tells nothing.

    Raises:
        MeetingNotFound: it is no meeting's, or that of one that has ended: the same answer.
    """
    found = await db.scalar(
        select(MeetingRow.id).where(
            MeetingRow.code == (read_code(typed) or ""), MeetingRow.ended_at.is_(None)
        )
    )
    if found is None:
        raise MeetingNotFound
    return MeetingId(found)


def default_title(code: str) -> str:
    """What a meeting is called that nobody named."""
    return f"Meeting {code}"


def settings_of(meeting: MeetingRow) -> MeetingSettings:
    """The settings, with their version."""
    return MeetingSettings.model_validate({**meeting.settings, "version": meeting.settings_version})


def stored(settings: MeetingSettings) -> dict[str, Any]:
    """The settings as `meetings.settings` keeps them."""
    return settings.model_dump(exclude={"version"})


def patched(settings: MeetingSettings, patch: SettingsPatch) -> MeetingSettings:
    """The settings with what the patch names; the version is the caller's affair."""
    return settings.model_copy(update=patch.model_dump(exclude_none=True))


def shown(meeting: MeetingRow) -> Meeting:
    """The meeting as clients see it."""
    return Meeting(**_fields(meeting))


def seen(person: ParticipantRow, avatar_url: str | None) -> MeetingParticipant:
    """A participant as other members see it."""
    return MeetingParticipant(
        participant_id=ParticipantId(person.id),
        user_id=UserId(person.user_id) if person.user_id else None,
        display_name=person.display_name,
        avatar_url=avatar_url,
        role=person.role,
    )


def _fields(meeting: MeetingRow) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "code": meeting.code,
        "title": meeting.title,
        "host_id": meeting.host_id,
        "scheduled_at": meeting.scheduled_at,
        "ended_at": meeting.ended_at,
        "created_at": meeting.created_at,
        "settings": settings_of(meeting),
    }
