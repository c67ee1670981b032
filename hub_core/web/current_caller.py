"""`CurrentCaller`: an account whose sign-in session has not been ended."""

from typing import Annotated

from fastapi import Depends

from hub_core.accounts import sessions
from hub_core.web.caller import Caller, SignedIn
from hub_core.web.db import Db


async def _current(caller: Caller, db: Db) -> SignedIn:
    await sessions.check_open(db, caller.session_id)
    return caller


CurrentCaller = Annotated[SignedIn, Depends(_current)]
"""As `Caller`, for routes about the account itself: ending a session shuts them at once. Elsewhere
an access token is good until it expires, a quarter of an hour at most."""
