"""Sign-in sessions: one on each device, kept alive by a family of refresh tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from hub_core.accounts import refresh
from hub_core.accounts.schemas import Tokens, User
from hub_core.accounts.tables import SignInSessionRow, UserRow
from hub_core.adapters.settings import Keyring
from hub_core.adapters.tokens import AccessClaims, TokenClass
from hub_core.kernel.clock import Clock
from hub_core.kernel.ids import Mint, UserId


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

    def tokens(self, user: UserRow, session_id: str, token: refresh.RefreshToken) -> Tokens:
        """The pair that the session goes on with."""
        return Tokens(
            user=User.of(user),
            access_token=self.access.mint(AccessClaims(sub=UserId(user.id), sid=session_id)),
            refresh_token=refresh.write(token, self.refresh_keys),
            expires_in=int(self.access.lifetime.total_seconds()),
        )


async def start(
    db: AsyncSession, user: UserRow, issuer: Issuer, *, user_agent: str | None
) -> Tokens:
    """Sign the account in on one more device."""
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
            user_agent=user_agent,
        )
    )
    return issuer.tokens(user, session_id, token)
