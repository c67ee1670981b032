"""Accounts of people whom an OpenID provider knows.

Whose account it is, `iss` and `sub` decide, never the address. What happens to an address that has
an account already: docs/decisions/0012-whose-account-an-address-is.md.
"""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts import sessions
from hub_core.accounts.id_tokens import Person
from hub_core.accounts.schemas import Tokens
from hub_core.accounts.sessions import Issuer
from hub_core.accounts.tables import EndOfSession, IdentityRow, UserRow
from hub_core.kernel.errors import UserExists
from hub_core.kernel.ids import UserId


async def sign_in(db: AsyncSession, person: Person, issuer: Issuer) -> Tokens:
    """Sign in; the first time opens an account.

    Raises:
        UserExists: the address has the account of another identity, which has proven it too.
    """
    user = await _account_of(db, person)
    if user is None:
        # One at a time: two tabs that sign in for the first time get one account.
        name = f"{person.issuer} {person.subject}"
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        user = await _account_of(db, person) or await _open(db, person, issuer)
    return await sessions.start(db, user, issuer)


async def _account_of(db: AsyncSession, person: Person) -> UserRow | None:
    return await db.scalar(
        select(UserRow)
        .join(IdentityRow, IdentityRow.user_id == UserRow.id)
        .where(IdentityRow.issuer == person.issuer, IdentityRow.subject == person.subject)
    )


async def _open(db: AsyncSession, person: Person, issuer: Issuer) -> UserRow:
    await _retire_who_never_proved(db, person)
    now = issuer.clock()
    user: UserRow | None = await db.scalar(
        insert(UserRow)
        .values(
            id=issuer.mint_id(),
            email=person.email.written,
            email_canonical=person.email.canonical,
            email_verified_at=now,
            display_name=person.name,
            avatar_url=person.picture,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[UserRow.email_canonical])
        .returning(UserRow)
    )
    if user is None:
        raise UserExists
    db.add(
        IdentityRow(issuer=person.issuer, subject=person.subject, user_id=user.id, created_at=now)
    )
    return user


async def _retire_who_never_proved(db: AsyncSession, person: Person) -> None:
    """Part the address from an account that was opened with it and never showed that it is its own.

    Nobody gets into that account again: not who opened it, who may have been lying in wait
    (Sudhodanan and Paverd, "Pre-hijacked accounts", 2022), nor who proves the address now, to whom
    its meetings never belonged.
    """
    nobodys = func.lower(UserRow.id) + "@retired.invalid"  # RFC 2606: never anybody's
    retired = await db.scalar(
        update(UserRow)
        .where(
            UserRow.email_canonical == person.email.canonical,
            UserRow.email_verified_at.is_(None),
        )
        .values(email=nobodys, email_canonical=nobodys, password_hash=None)
        .returning(UserRow.id)
    )
    if retired is not None:
        await sessions.end_others(
            db, UserId(retired), current_id="", because=EndOfSession.ENDED_ELSEWHERE
        )
