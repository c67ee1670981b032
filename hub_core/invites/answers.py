"""An invite in the hands of the one whom it is for, and nobody else."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.tables import UserRow
from hub_core.invites.tables import InviteRow, InviteStatus
from hub_core.kernel.errors import InviteAlreadyProcessed, InviteNotFound
from hub_core.kernel.ids import InviteId, UserId


async def addressed(
    db: AsyncSession, invite_id: InviteId, user_id: UserId
) -> tuple[InviteRow, UserRow]:
    """The invite, if it is for the caller's own address; it is the caller's until the commit.

    Raises:
        InviteNotFound: there is no such invite, or it is for another address: the same.
    """
    found = await db.execute(
        select(InviteRow, UserRow)
        .join(UserRow, UserRow.email_canonical == InviteRow.email_canonical)
        .where(InviteRow.id == invite_id, UserRow.id == user_id)
        .with_for_update(of=InviteRow)
    )
    row = found.one_or_none()
    if row is None:
        raise InviteNotFound
    invite, user = row
    return invite, user


async def decline(db: AsyncSession, invite_id: InviteId, user_id: UserId, *, now: datetime) -> None:
    """Not come. Again, it is the same answer.

    Raises:
        InviteNotFound: there is no such invite, or it is for another address: the same.
        InviteAlreadyProcessed: it was accepted.
    """
    invite, _ = await addressed(db, invite_id, user_id)
    match invite.status:
        case InviteStatus.ACCEPTED:
            raise InviteAlreadyProcessed
        case InviteStatus.PENDING:
            invite.status, invite.answered_at = InviteStatus.DECLINED, now
        case InviteStatus.DECLINED:
            pass
