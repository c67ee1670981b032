"""Opening an account, signing in with its password, changing it."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts import sessions
from hub_core.accounts.drafts import Credentials, PasswordChange, Registration
from hub_core.accounts.passwords import Hashing, UnfitPassword, check_new, normalized
from hub_core.accounts.schemas import Tokens
from hub_core.accounts.sessions import Issuer
from hub_core.accounts.tables import EndOfSession, UserRow
from hub_core.kernel.errors import Fault, Invalid, InvalidCredentials, UserExists
from hub_core.kernel.ids import UserId


async def register(
    db: AsyncSession,
    draft: Registration,
    *,
    hashing: Hashing,
    issuer: Issuer,
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
    return await sessions.start(db, opened, issuer)


async def log_in(
    db: AsyncSession,
    credentials: Credentials,
    *,
    hashing: Hashing,
    issuer: Issuer,
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
    better = hashing.hash(secret) if hashing.is_outdated(kept) else kept
    # The password may have been changed while it was being hashed, and all other sessions ended.
    still = await db.scalar(
        update(UserRow)
        .where(UserRow.id == user.id, UserRow.password_hash == kept)
        .values(password_hash=better)
        .returning(UserRow.id)
    )
    if still is None:
        raise InvalidCredentials
    return await sessions.start(db, user, issuer)


async def change_password(
    db: AsyncSession,
    change: PasswordChange,
    *,
    user_id: UserId,
    session_id: str,
    hashing: Hashing,
) -> Sequence[str]:
    """Choose another password; ends all other sessions of the account, and answers with them.

    Raises:
        InvalidCredentials: the current password is another, or the account has none.
        Invalid: the new one is the person's own name or address.
        Unavailable: too many passwords are being hashed.
    """
    # FOR NO KEY UPDATE, for hashing takes a while: whoever refers to the row need not wait for it.
    own = select(UserRow).where(UserRow.id == user_id).with_for_update(key_share=True)
    user = await db.scalar(own)
    try:
        secret = normalized(change.current_password.get_secret_value())
    except UnfitPassword:
        raise InvalidCredentials from None
    if not hashing.matches(user.password_hash if user else None, secret) or user is None:
        raise InvalidCredentials
    personal = (user.display_name, user.email, user.email.partition("@")[0])
    try:
        chosen = check_new(change.new_password.get_secret_value(), personal=personal)
    except UnfitPassword as unfit:
        raise Invalid(errors=[Fault(pointer="/newPassword", detail=str(unfit))]) from None
    user.password_hash = hashing.hash(chosen)
    return await sessions.end_others(
        db, user_id, current_id=session_id, because=EndOfSession.PASSWORD_CHANGED
    )
