"""An account, as its owner sees it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.schemas import User
from hub_core.accounts.tables import UserRow
from hub_core.kernel.errors import InvalidToken
from hub_core.kernel.ids import UserId


async def show(db: AsyncSession, user_id: UserId) -> User:
    """The account of a caller.

    Raises:
        InvalidToken: the account is gone, its access token is not yet.
    """
    user = await db.scalar(select(UserRow).where(UserRow.id == user_id))
    if user is None:
        raise InvalidToken
    return User.of(user)
