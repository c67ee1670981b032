"""`PATCH /v1/me`: another name, another picture."""

from hub_core.accounts import profile
from hub_core.accounts.schemas import Me, ProfileChange
from hub_core.kernel.limits import CHANGE_PROFILE
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db
from hub_core.web.limits import limited

app = api()


@app.patch("/v1/me", dependencies=[limited(CHANGE_PROFILE)])
async def change_profile(what: ProfileChange, caller: CurrentCaller, db: Db) -> Me:
    """Change the name or the picture of the account that calls."""
    return Me(user=await profile.change(db, caller.user_id, what))


handler = lambda_handler(app)
