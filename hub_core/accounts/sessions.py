"""Sign-in sessions: one on each device, kept alive by a family of refresh tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts import refresh
from hub_core.accounts.refresh import RefreshToken, Verdict
from hub_core.accounts.schemas import SignInSession, Tokens, User
from hub_core.accounts.tables import EndOfSession, SignInSessionRow, UserRow
from hub_core.adapters.settings import Keyring
from hub_core.adapters.tokens import AccessClaims, TokenClass
from hub_core.kernel.clock import Clock
from hub_core.kernel.errors import InvalidToken, SessionNotFound, TokenExpired
from hub_core.kernel.ids import Mint, UserId

REMEMBERED: Final = timedelta(days=7)
"""How long a session that is over is kept, so that one can see why it ended."""
MOST_SHOWN: Final = 100


@dataclass(frozen=True)
class Issuer:
    """What it takes to sign somebody in."""

    access: TokenClass[AccessClaims]
    refresh_keys: Keyring
    refresh_lifetime: timedelta
    clock: Clock
    mint_id: Mint
    chance: Callable[[int], bytes]
    """That many bytes that nobody can foretell."""
    user_agent: str | None = None
    """The program that signs in, as it names itself."""

    def tokens(self, user: UserRow, session_id: str, token: RefreshToken) -> Tokens:
        """The pair that the session goes on with."""
        return Tokens(
            user=User.of(user),
            access_token=self.access.mint(AccessClaims(sub=UserId(user.id), sid=session_id)),
            refresh_token=refresh.write(token, self.refresh_keys),
            expires_in=int(self.access.lifetime.total_seconds()),
        )


async def start(db: AsyncSession, user: UserRow, issuer: Issuer) -> Tokens:
    """Sign the account in on one more device, and forget those that were over long ago."""
    over = func.least(SignInSessionRow.expires_at, SignInSessionRow.revoked_at)
    await db.execute(
        delete(SignInSessionRow).where(
            SignInSessionRow.user_id == user.id, over < func.now() - REMEMBERED
        )
    )
    token = refresh.first(
        family=issuer.chance(refresh.FAMILY_BYTES), secret=issuer.chance(refresh.SECRET_BYTES)
    )
    session_id = issuer.mint_id()
    db.add(
        SignInSessionRow(
            id=session_id,
            user_id=user.id,
            family=token.family,
            generation=token.generation,
            cur_hash=token.hash,
            created_at=func.now(),
            rotated_at=func.now(),
            last_used_at=func.now(),
            expires_at=func.now() + issuer.refresh_lifetime,
            user_agent=issuer.user_agent,
        )
    )
    return issuer.tokens(user, session_id, token)


async def rotate(
    db: AsyncSession, text: str, issuer: Issuer, ended: Callable[[Sequence[str]], None]
) -> Tokens:
    """Trade a refresh token for the next pair.

    All that is compared is compared under the lock of the family's row, and with PostgreSQL's
    clock: however many present one token at once, there is one rotation and one successor.
    `ended` is told which session an outdated token has ended, before that is refused.

    Raises:
        InvalidToken: made up, or of a session that has ended; or genuine and outdated, which ends
            the session (RFC 9700 §4.14.2): that is kept.
        TokenExpired: the session was not ended, but its time is over.
    """
    token = refresh.read(text, issuer.refresh_keys)
    if token is None:
        raise InvalidToken
    found = await db.execute(
        select(SignInSessionRow, UserRow, func.clock_timestamp())
        .join(UserRow, UserRow.id == SignInSessionRow.user_id)
        .where(SignInSessionRow.family == token.family)
        .with_for_update(of=SignInSessionRow)
    )
    row = found.one_or_none()
    if row is None:
        raise InvalidToken
    session, user, now = row
    if session.revoked_at is not None:
        raise InvalidToken
    if session.expires_at <= now:
        raise TokenExpired
    successor = refresh.successor(token, text, issuer.refresh_keys)
    match refresh.judge(
        token,
        cur_hash=session.cur_hash,
        prev_hash=session.prev_hash,
        rotated_at=session.rotated_at,
        now=now,
    ):
        case Verdict.ROTATE:
            session.generation = successor.generation
            session.cur_hash, session.prev_hash = successor.hash, token.hash
            session.rotated_at = session.last_used_at = now
        case Verdict.REPEAT:
            pass
        case Verdict.REVOKE:
            session.revoked_at, session.revoked_because = now, EndOfSession.REUSE
            ended([session.id])
            raise InvalidToken(keeps_changes=True)
    return issuer.tokens(user, session.id, successor)


async def check_open(db: AsyncSession, session_id: str) -> None:
    """For routes about the account itself: an access token does not outlive its session there.

    Raises:
        InvalidToken: the session was ended.
    """
    is_open = select(SignInSessionRow.id).where(
        SignInSessionRow.id == session_id, SignInSessionRow.revoked_at.is_(None)
    )
    if await db.scalar(is_open) is None:
        raise InvalidToken


async def show_all(db: AsyncSession, user_id: UserId, *, current_id: str) -> list[SignInSession]:
    """Where the account is signed in, the most recently used first."""
    rows = await db.scalars(
        select(SignInSessionRow)
        .where(
            SignInSessionRow.user_id == user_id,
            SignInSessionRow.revoked_at.is_(None),
            SignInSessionRow.expires_at > func.now(),
        )
        .order_by(SignInSessionRow.last_used_at.desc(), SignInSessionRow.id.desc())
        .limit(MOST_SHOWN)
    )
    return [SignInSession.of(row, current_id=current_id) for row in rows]


async def log_out(
    db: AsyncSession, user_id: UserId, session_id: str, text: str | None, issuer: Issuer
) -> Sequence[str]:
    """End the session that calls, and that of the refresh token, if it is the same account's.

    Answers with the sessions that this ended, as `end` and `end_others` do.
    """
    ended = SignInSessionRow.id == session_id
    if text and (token := refresh.read(text, issuer.refresh_keys)):
        ended |= SignInSessionRow.family == token.family
    return await _end(db, EndOfSession.LOGOUT, SignInSessionRow.user_id == user_id, ended)


async def end(db: AsyncSession, user_id: UserId, session_id: str) -> Sequence[str]:
    """End one of the account's sessions; one that was ended is ended.

    Raises:
        SessionNotFound: the account never had such a one.
    """
    own = (SignInSessionRow.user_id == user_id, SignInSessionRow.id == session_id)
    if await db.scalar(select(SignInSessionRow.id).where(*own)) is None:
        raise SessionNotFound
    return await _end(db, EndOfSession.ENDED_ELSEWHERE, *own)


async def end_others(
    db: AsyncSession, user_id: UserId, *, current_id: str, because: EndOfSession
) -> Sequence[str]:
    """End all sessions of the account but this one."""
    others = SignInSessionRow.id != current_id
    return await _end(db, because, SignInSessionRow.user_id == user_id, others)


async def _end(
    db: AsyncSession, because: EndOfSession, *which: ColumnElement[bool]
) -> Sequence[str]:
    ended = await db.scalars(
        update(SignInSessionRow)
        .where(SignInSessionRow.revoked_at.is_(None), *which)
        .values(revoked_at=func.now(), revoked_because=because)
        .returning(SignInSessionRow.id)
    )
    return ended.all()
