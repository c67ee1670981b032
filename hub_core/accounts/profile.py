"""An account, as its owner sees and changes it."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts.schemas import ProfileChange, User
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


async def change(db: AsyncSession, user_id: UserId, what: ProfileChange) -> User:
    """Change what is named.

    Raises:
        InvalidToken: the account is gone.
    """
    changed = what.model_dump(exclude_unset=True)
    if not changed:
        return await show(db, user_id)
    user = await db.scalar(
        update(UserRow).where(UserRow.id == user_id).values(**changed).returning(UserRow)
    )
    if user is None:
        raise InvalidToken
    return User.of(user)
