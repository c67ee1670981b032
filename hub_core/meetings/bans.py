"""Who may not come back to a meeting, and letting them come back."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.kernel.errors import ParticipantNotFound
from hub_core.kernel.ids import MeetingId, ParticipantId, UserId
from hub_core.kernel.paging import Page
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import member
from hub_core.meetings.schemas import Ban, Bans
from hub_core.meetings.tables import ParticipantRow


async def bans(db: AsyncSession, meeting_id: MeetingId, user_id: UserId, page: Page) -> Bans:
    """One page of them, for host and cohosts.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: a guest's role is not enough.
    """
    await member(db, meeting_id, user_id, at_least=Role.COHOST)
    query = (
        select(ParticipantRow)
        .where(ParticipantRow.meeting_id == meeting_id, ParticipantRow.banned_at.is_not(None))
        .order_by(ParticipantRow.id.desc())
        .limit(page.to_fetch)
    )
    if page.before:
        query = query.where(ParticipantRow.id < page.before)
    banned, next_cursor = page.cut((await db.scalars(query)).all(), lambda person: person.id)
    return Bans(bans=[_shown(person) for person in banned], next_cursor=next_cursor)


async def lift(
    db: AsyncSession, meeting_id: MeetingId, user_id: UserId, participant_id: ParticipantId
) -> None:
    """Let somebody knock again; lifting what is lifted changes nothing.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: a guest's role is not enough.
        ParticipantNotFound: nobody of that id has been here.
    """
    await member(db, meeting_id, user_id, at_least=Role.COHOST)
    found = await db.scalar(
        update(ParticipantRow)
        .where(ParticipantRow.id == participant_id, ParticipantRow.meeting_id == meeting_id)
        .values(banned_at=None, banned_by=None)
        .returning(ParticipantRow.id)
    )
    if found is None:
        raise ParticipantNotFound


def _shown(person: ParticipantRow) -> Ban:
    assert person.banned_at is not None
    return Ban(
        participant_id=ParticipantId(person.id),
        display_name=person.display_name,
        banned_at=person.banned_at,
        by=ParticipantId(person.banned_by) if person.banned_by else None,
    )
