"""`GET /v1/auth/sessions`: where the account is signed in."""

from hub_core.accounts import sessions
from hub_core.accounts.schemas import SignInSessions
from hub_core.web.api import api, lambda_handler
from hub_core.web.current_caller import CurrentCaller
from hub_core.web.db import Db

app = api()


@app.get("/v1/auth/sessions")
async def list_sessions(caller: CurrentCaller, db: Db) -> SignInSessions:
    """List the devices on which the account is signed in."""
    shown = await sessions.show_all(db, caller.user_id, current_id=caller.session_id)
    return SignInSessions(sessions=shown)


handler = lambda_handler(app)
