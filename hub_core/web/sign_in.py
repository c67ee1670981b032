"""`TokenIssuer`: what a route asks for that signs people in."""

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import Depends

from hub_core.accounts.sessions import Issuer
from hub_core.adapters.settings import settings
from hub_core.adapters.tokens import access_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import new_id
from hub_core.web.caller import UserAgent


async def _issuer(agent: UserAgent) -> Issuer:
    read = settings()
    return Issuer(
        access=access_tokens(read, utc_now, new_id),
        refresh_keys=read.jwt_refresh_secret,
        refresh_lifetime=timedelta(seconds=read.refresh_ttl_sec),
        clock=utc_now,
        mint_id=new_id,
        chance=secrets.token_bytes,
        user_agent=agent,
    )


TokenIssuer = Annotated[Issuer, Depends(_issuer)]
"""Makes access and refresh tokens with the keys and lifetimes of the settings."""
