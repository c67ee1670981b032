"""What was said in a meeting, for those who belong to it."""

from sqlalchemy import any_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.history.schemas import Messages
from hub_core.history.tables import JournalRow
from hub_core.kernel.ids import MeetingId, UserId
from hub_core.kernel.paging import Page
from hub_core.meetings.membership import member
from hub_core.rooms.rules.chat import ChatMessage, ChatSent


async def messages(
    db: AsyncSession, meeting_id: MeetingId, user_id: UserId, page: Page
) -> Messages:
    """One page, over all conferences of the meeting. Private messages are for the two alone.

    A deleted message is none any more (its `text` is gone from the journal, too).

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
    """
    reader = (await member(db, meeting_id, user_id)).person
    query = (
        select(JournalRow.id, JournalRow.payload)
        .where(
            JournalRow.meeting_id == meeting_id,
            JournalRow.type == ChatSent.type,
            or_(
                JournalRow.visible_to.is_(None),
                literal(reader.id) == any_(JournalRow.visible_to),
            ),
            ~JournalRow.payload.has_key("deleted"),
        )
        .order_by(JournalRow.id.desc())
        .limit(page.to_fetch)
    )
    if page.before:
        query = query.where(JournalRow.id < page.before)
    said, next_cursor = page.cut((await db.execute(query)).all(), lambda row: row.id)
    return Messages(
        messages=[ChatMessage.model_validate(row.payload) for row in said],
        next_cursor=next_cursor,
    )
