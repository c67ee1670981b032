"""Opening an account, and signing in with its password."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts import sessions
from hub_core.accounts.drafts import Credentials, Registration
from hub_core.accounts.passwords import Hashing, UnfitPassword, normalized
from hub_core.accounts.schemas import Tokens
from hub_core.accounts.sessions import Issuer
from hub_core.accounts.tables import UserRow
from hub_core.kernel.errors import InvalidCredentials, UserExists


async def register(
    db: AsyncSession,
    draft: Registration,
    *,
    hashing: Hashing,
    issuer: Issuer,
    user_agent: str | None = None,
) -> Tokens:
    """Open an account and sign in.

    Raises:
        UserExists: the address has an account, however it is spelt.
        Unavailable: too many passwords are being hashed.
    """
    # Hashed before anything is asked, so that a taken address takes as long as a free one.
    password_hash = hashing.hash(normalized(draft.password.get_secret_value()))
    opened = await db.scalar(
        insert(UserRow)
        .values(
            id=issuer.mint_id(),
            email=draft.email.written,
            email_canonical=draft.email.canonical,
            display_name=draft.display_name,
            password_hash=password_hash,
            created_at=issuer.clock(),
        )
        .on_conflict_do_nothing(index_elements=[UserRow.email_canonical])
        .returning(UserRow)
    )
    if opened is None:
        raise UserExists
    return await sessions.start(db, opened, issuer, user_agent=user_agent)


async def log_in(
    db: AsyncSession,
    credentials: Credentials,
    *,
    hashing: Hashing,
    issuer: Issuer,
    user_agent: str | None = None,
) -> Tokens:
    """Sign in. An address without an account costs as much as a wrong password.

    Raises:
        InvalidCredentials: no such account, no password, or another one.
        Unavailable: too many passwords are being hashed.
    """
    user = await db.scalar(
        select(UserRow).where(UserRow.email_canonical == credentials.email.canonical)
    )
    try:
        secret = normalized(credentials.password.get_secret_value())
    except UnfitPassword:  # nobody has such a one
        raise InvalidCredentials from None
    kept = user.password_hash if user else None
    if not hashing.matches(kept, secret) or user is None or kept is None:
        raise InvalidCredentials
    if hashing.is_outdated(kept):
        user.password_hash = hashing.hash(secret)
    return await sessions.start(db, user, issuer, user_agent=user_agent)
