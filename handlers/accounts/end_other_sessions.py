"""`DELETE /v1/auth/sessions`: signed in here alone."""

from hub_core.accounts import sessions
from hub_core.accounts.tables import EndOfSession
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db
from hub_core.web.hanging_up import hang_up

app = api()


@app.delete("/v1/auth/sessions", status_code=204)
async def end_other_sessions(caller: CurrentCaller, db: Db) -> None:
    """End all sign-in sessions of the account but this one."""
    ended = await sessions.end_others(
        db,
        caller.user_id,
        current_id=caller.session_id,
        because=EndOfSession.ENDED_ELSEWHERE,
    )
    hang_up(db, ended)


handler = lambda_handler(app)
