"""Asking people into meetings, and what they answer."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.adapters.mail import Mailer
from hub_core.invites.mail import invitation
from hub_core.invites.schemas import Invite, InviteDraft, InvitedRole, Invites
from hub_core.invites.tables import InviteRow, InviteStatus
from hub_core.kernel.errors import MeetingEnded
from hub_core.kernel.ids import InviteId, MeetingId, Mint, UserId
from hub_core.kernel.paging import Page
from hub_core.kernel.roles import Role
from hub_core.meetings.membership import member


@dataclass(frozen=True)
class Asking:
    """The moment in which somebody is asked, and how they hear of it."""

    at: datetime
    mint: Mint
    mailer: Mailer
    app_url: str
    """Where the link in the mail leads."""
    counted: Callable[[str], AbstractAsyncContextManager[None]]
    """Counts a mail to this canonical address, or refuses it: inside, it is sent."""


async def invite(
    db: AsyncSession, meeting_id: MeetingId, user_id: UserId, draft: InviteDraft, asking: Asking
) -> Invite:
    """Ask an address into a meeting; asking again replaces the earlier invite, answered or not.

    Whether the address has an account makes no difference to anything that happens here. The mail
    is handed over before the commit: an invite that nobody hears of would be worse than a mail
    about an invite that there is not, which says so when it is opened. Only mails count for what
    one address may get: else a stranger's refused tries would keep others from asking it.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: a guest's role is not enough.
        MeetingEnded: there is nothing to come to.
        RateLimited: the address has been asked too often today; nothing was done.
        Unavailable: the mail was not taken; nothing was done.
    """
    who = await member(db, meeting_id, user_id, at_least=Role.COHOST)
    if who.meeting.ended_at is not None:
        raise MeetingEnded
    fresh = {
        "id": asking.mint(),
        "email": draft.email.written,
        "role": Role(draft.role),
        "status": InviteStatus.PENDING,
        "invited_by": user_id,
        "participant_id": None,
        "created_at": asking.at,
        "answered_at": None,
    }
    asked = await db.scalar(
        insert(InviteRow)
        .values(meeting_id=meeting_id, email_canonical=draft.email.canonical, **fresh)
        .on_conflict_do_update(
            index_elements=[InviteRow.meeting_id, InviteRow.email_canonical], set_=fresh
        )
        .returning(InviteRow)
    )
    assert asked is not None
    mail = invitation(asked, who.meeting, who.person.display_name, asking.app_url)
    async with asking.counted(draft.email.canonical):
        await asking.mailer.send(mail)
    return shown(asked)


async def invites(db: AsyncSession, meeting_id: MeetingId, user_id: UserId, page: Page) -> Invites:
    """One page of those who were asked, for host and cohosts.

    Raises:
        MeetingNotFound: there is no such meeting, or it is nothing to this account.
        MeetingForbidden: a guest's role is not enough.
    """
    await member(db, meeting_id, user_id, at_least=Role.COHOST)
    query = (
        select(InviteRow)
        .where(InviteRow.meeting_id == meeting_id)
        .order_by(InviteRow.id.desc())
        .limit(page.to_fetch)
    )
    if page.before:
        query = query.where(InviteRow.id < page.before)
    asked, next_cursor = page.cut((await db.scalars(query)).all(), lambda row: row.id)
    return Invites(invites=[shown(row) for row in asked], next_cursor=next_cursor)


def shown(row: InviteRow) -> Invite:
    """The invite as host and cohosts see it."""
    return Invite(
        id=InviteId(row.id),
        meeting_id=MeetingId(row.meeting_id),
        email=row.email,
        role=cast("InvitedRole", row.role.value),  # a check constraint: never host
        status=row.status,
        created_at=row.created_at,
    )
