"""`GET /v1/auth/me`: the account that calls."""

from hub_core.accounts import profile
from hub_core.accounts.schemas import Me
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db

app = api()


@app.get("/v1/auth/me")
async def me(caller: CurrentCaller, db: Db) -> Me:
    """Show the account that the access token is for."""
    return Me(user=await profile.show(db, caller.user_id))


handler = lambda_handler(app)
